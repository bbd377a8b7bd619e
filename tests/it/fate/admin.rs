//! The whole trail by filter: for administrators alone.

use serde_json::Value;

use super::{execute, sub_of};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
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
async fn the_page_filters_as_the_call_does() {
    let server = TestServer::start().await;
    let customer = Browser::new(&server);
    let page = customer.visit("/account/audit").await;
    let refused = customer.sign_in(&page, CUSTOMER).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let own = customer.visit("/account/history").await;
    assert!(own.text("everybody").is_none());

    execute(&server, "UPDATE user_account SET locale = 'en'").await;
    let browser = Browser::new(&server);
    let page = browser.visit("/account/history").await;
    let page = browser.sign_in(&page, ADMIN).await;
    assert!(page.text("everybody").is_some());
    let all = browser.visit("/account/audit").await;
    let count = |page: &Page| page.body.matches("<time ").count();
    assert_eq!(count(&all), 2);
    assert!(all.body.contains(CUSTOMER) && all.body.contains(ADMIN));
    let sub = sub_of(&server, CUSTOMER).await.to_string();
    for (field, value, found) in [
        ("who", CUSTOMER, 1),
        ("who", sub.as_str(), 1),
        ("kind", "signed_in", 2),
        ("kind", "signed_out", 0),
        ("actor", "self", 2),
        ("actor", "job", 0),
        ("from", "2020-01-01", 2),
        ("to", "2020-01-01", 0),
    ] {
        let page = browser.get_with("/account/audit", &[(field, value)]).await;
        assert_eq!((page.status, count(&page)), (200, found), "{field}={value}");
        assert!(page.body.contains(&format!("\"{value}\"")), "kept: {value}");
    }
    for (field, value) in [
        ("who", "nobody@booking.test"),
        ("kind", "x"),
        ("actor", "x"),
        ("from", "x"),
        ("before", "x"),
    ] {
        let page = browser.get_with("/account/audit", &[(field, value)]).await;
        assert_eq!(page.status, 422, "{field}={value}");
    }
    execute(
        &server,
        "INSERT INTO audit_event (at, kind) SELECT now(), 'signed_out' FROM generate_series(1, 30)",
    )
    .await;
    let query = [("kind", "signed_out")];
    let page = browser.get_with("/account/audit", &query).await;
    assert_eq!(count(&page), 25);
    let older = page.body.split("id=\"older\" href=\"").nth(1).unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&");
    assert_eq!(count(&browser.get(&older).await), 5);
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
        ("to=2026-01-02".to_owned(), "user_disabled"),
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

    let wrong = "subject=x&kind=x&actor=x&from=x&to=2026-13-01&cursor=x&limit=0";
    let wrong = admin.get(&format!("/events?{wrong}")).await;
    let wrong = wrong.problem(422, "invalid_input");
    let fields: Vec<String> = wrong.errors().into_iter().map(|(field, _)| field).collect();
    let all = ["actor", "cursor", "from", "kind", "limit", "subject", "to"];
    assert_eq!(fields, all);
}
