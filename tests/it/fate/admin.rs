//! The whole trail by filter: for administrators alone.

use serde_json::Value;

use super::{execute, sub_of};
use crate::support::api::Api;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::server::TestServer;

fn kinds(body: &Value) -> Vec<&str> {
    let events = body["events"].as_array().unwrap().iter();
    events
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn only_a_role_with_the_permission_reads_the_trail() {
    let server = TestServer::start().await;
    Api::new(&server)
        .get("/events")
        .await
        .problem(401, "invalid_token");
    let customer = Api::signed_in(&server, CUSTOMER).await.speaking("fr");
    let refused = customer.get("/events").await;
    let refused = refused.problem(403, "insufficient_permission");
    assert_eq!(refused.body["permission"], "audit:read");
    let admin = Api::signed_in(&server, ADMIN).await;
    assert_eq!(kinds(&admin.get("/events").await.ok(200).body).len(), 2);
    // Taken away, it is gone at once, whatever the token was given with.
    execute(
        &server,
        "UPDATE role SET permissions = '[]' WHERE name = 'admin'",
    )
    .await;
    admin
        .get("/events")
        .await
        .problem(403, "insufficient_permission");
}

#[tokio::test]
async fn filters_are_and_ed_and_pages_follow() {
    let server = TestServer::start().await;
    let admin = Api::signed_in(&server, ADMIN).await;
    let sub = sub_of(&server, CUSTOMER).await;
    execute(&server, "DELETE FROM audit_event").await;
    execute(
        &server,
        &format!(
            "INSERT INTO audit_event (at, kind, subject, actor, ip) VALUES
             ('2026-01-01T00:00Z', 'user_disabled', '{sub}', 'operator', NULL),
             ('2026-01-02T00:00Z', 'user_enabled', '{sub}', 'operator', NULL),
             ('2026-01-03T00:00Z', 'signed_in', '{sub}', 'self', '192.0.2.1'),
             ('2026-01-04T00:00Z', 'signed_in', NULL, 'self', '192.0.2.1'),
             ('2026-01-05T00:00Z', 'sign_in_refused', '{sub}', 'stranger', '192.0.2.2')"
        ),
    )
    .await;
    let find = async |query: &str| {
        let answer = admin.get(&format!("/events?{query}")).await.ok(200);
        kinds(&answer.body).join(" ")
    };
    let all = "sign_in_refused signed_in signed_in user_enabled user_disabled";
    for (query, found) in [
        (String::new(), all),
        (format!("subject={sub}&kind=signed_in"), "signed_in"),
        ("kind=signed_in".to_owned(), "signed_in signed_in"),
        ("actor=operator".to_owned(), "user_enabled user_disabled"),
        ("actor=operator&kind=signed_in".to_owned(), ""),
        (
            "from=2026-01-02T00:00:00Z&to=2026-01-04T00:00:00Z".to_owned(),
            "signed_in user_enabled",
        ),
        (
            "from=2026-01-05T01:00:00%2B01:00".to_owned(),
            "sign_in_refused",
        ),
    ] {
        assert_eq!(find(&query).await, found, "{query}");
    }
    let (mut cursor, mut walked) = (String::new(), Vec::new());
    loop {
        let query = format!("/events?limit=2&subject={sub}{cursor}");
        let page = admin.get(&query).await.ok(200).body;
        walked.extend(kinds(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let expected = [
        "sign_in_refused",
        "signed_in",
        "user_enabled",
        "user_disabled",
    ];
    assert_eq!(walked, expected);

    let wrong = "subject=x&kind=x&actor=x&from=x&to=2026-01-01&cursor=x&limit=0";
    let wrong = admin.get(&format!("/events?{wrong}")).await;
    let wrong = wrong.problem(422, "invalid_input");
    let fields: Vec<String> = wrong.errors().into_iter().map(|(field, _)| field).collect();
    let all = ["actor", "cursor", "from", "kind", "limit", "subject", "to"];
    assert_eq!(fields, all);
}
