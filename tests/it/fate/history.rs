//! What a person is told of what happened to their account.

use std::time::Duration;

use serde_json::{Value, json};

use super::{count, execute, sub_of};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, BOOKING_APP, CUSTOMER, Request};
use crate::support::server::TestServer;

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PROXIED: &str = "203.0.113.9";

const ENGLISH: &str = "UPDATE user_account SET locale = 'en'";

async fn proxied() -> TestServer {
    TestServer::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

#[tokio::test]
async fn every_attempt_is_told_with_when_where_how_and_its_outcome() {
    let server = proxied().await;
    execute(&server, ENGLISH).await;
    // The first sign-in of all is no news.
    let api = Api::signed_in(&server, CUSTOMER).await;
    let browser = Browser::behind_proxy(&server, FIREFOX, PROXIED);
    let page = browser.get("/login").await;
    let wrong = [("username", CUSTOMER), ("password", "not this one")];
    let page = browser.submit(&page, &wrong).await;
    server.app.clock.advance(Duration::from_mins(5));
    browser.sign_in(&page, CUSTOMER).await;
    Api::signed_in(&server, ADMIN).await;

    let logins = api.get("/me/logins").await.ok(200);
    let events = logins.body["events"].as_array().unwrap();
    assert_eq!(events.len(), 3, "{:#}", logins.body);
    assert!(logins.body["next"].is_null());
    let [signed_in, refused, first] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert!(first["new_device"].is_null());
    assert_eq!(first["client_id"], "booking-mobile");
    assert_eq!(refused["event"], "sign_in_refused");
    assert_eq!(refused["outcome"], "refused");
    assert_eq!(signed_in["event"], "signed_in");
    assert_eq!(signed_in["outcome"], "succeeded");
    assert_eq!(signed_in["methods"], json!(["pwd"]));
    assert_eq!(signed_in["new_device"], true);
    for event in [signed_in, refused] {
        assert_eq!(event["ip"], PROXIED);
        assert_eq!(event["device"], "Firefox on Linux");
        assert_eq!(event["user_agent"], FIREFOX);
    }
    let time = |event: &Value| event["time"].as_str().unwrap().to_owned();
    assert!(time(signed_in) > time(refused));

    let page = browser.visit("/account/history").await;
    assert_eq!(page.status, 200);
    for words in [
        "Firefox on Linux",
        PROXIED,
        "Sign-in refused",
        "With password",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains(ADMIN));
    execute(&server, "UPDATE user_account SET locale = 'fr'").await;
    let told = api.get("/me/logins").await.ok(200);
    assert_eq!(told.body["events"][0]["text"], "Connexion");
    assert_eq!(told.body["events"][0]["device"], "Firefox sur Linux");
    let page = browser.visit("/account/history").await;
    assert!(page.body.contains("Connexion refusée"), "{}", page.body);
}

#[tokio::test]
async fn all_else_is_told_too_in_words() {
    let server = TestServer::start().await;
    execute(&server, ENGLISH).await;
    let browser = Browser::new(&server);
    let request = Request::new("openid email offline_access");
    request.code(&browser, CUSTOMER).await;
    let sub = sub_of(&server, CUSTOMER).await;
    execute(
        &server,
        &format!(
            "INSERT INTO audit_event (at, kind, subject, actor, detail) VALUES
             (now(), 'role_changed', '{sub}', 'operator', '{{\"role\": \"manager\"}}'),
             (now(), 'kind_of_the_future', '{sub}', 'self', '{{}}')"
        ),
    )
    .await;
    let page = browser.visit("/account/history").await;
    for words in [
        "You allowed Booking App to use your account",
        "Role changed to manager",
        "by whoever runs this service",
        "Something else happened",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let only = browser.visit("/account/history?show=sign-ins").await;
    assert!(!only.body.contains("Role changed") && only.body.contains("Signed in"));

    let api = Api::signed_in(&server, CUSTOMER).await;
    let all = api.get("/me/events").await.ok(200);
    let events = all.body["events"].as_array().unwrap();
    let of = |kind: &str| events.iter().find(|event| event["event"] == kind).unwrap();
    assert_eq!(of("consent_given")["client_id"], BOOKING_APP.0);
    assert_eq!(of("consent_given")["client_name"], "Booking App");
    assert_eq!(of("role_changed")["by_administrator"], true);
    assert!(of("signed_in")["by_administrator"].is_null());
}

/// Goes through all pages; events that are added meanwhile neither repeat nor hide one.
#[tokio::test]
async fn pages_follow_one_another_whatever_is_added() {
    let server = TestServer::start().await;
    let (mine, other) = (
        sub_of(&server, CUSTOMER).await,
        sub_of(&server, ADMIN).await,
    );
    let add = async |n: i32| {
        let add = "INSERT INTO audit_event (at, kind, subject, request_id)
                   SELECT now(), k, s, i FROM generate_series(1, $1) i,
                     unnest(ARRAY['signed_in', 'profile_changed']) k,
                     unnest(ARRAY[$2, $3]) s";
        sqlx::query(add)
            .bind(n)
            .bind(mine)
            .bind(other)
            .execute(&server.database.pool)
            .await
            .unwrap();
    };
    add(30).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    for (path, limit, kinds) in [
        ("/me/events", "", "kind <> ''"),
        ("/me/events", "&limit=7", "kind <> ''"),
        ("/me/logins", "&limit=10", "kind = 'signed_in'"),
        ("/me/logins", "&limit=200", "kind = 'signed_in'"),
    ] {
        let there = format!("audit_event WHERE subject = '{mine}' AND {kinds}");
        let there = count(&server, &there).await;
        let (mut seen, mut cursor) = (0, String::new());
        loop {
            let page = api.get(&format!("{path}?{cursor}{limit}")).await.ok(200);
            seen += i64::try_from(page.body["events"].as_array().unwrap().len()).unwrap();
            add(1).await;
            match page.body["next"].as_str() {
                Some(next) => cursor = format!("cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, there, "{path}{limit}");
    }
}

#[tokio::test]
async fn what_is_no_cursor_is_refused() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.visit("/account/history").await;
    browser.sign_in(&page, CUSTOMER).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    for query in [
        "cursor=x",
        "cursor=-1",
        "cursor=%27",
        "limit=0",
        "limit=201",
        "limit=x",
    ] {
        let answer = api.get(&format!("/me/logins?{query}")).await;
        let answer = answer.problem(422, "invalid_input");
        let field = query.split('=').next().unwrap();
        assert_eq!(answer.errors()[0].0, field);
    }
    assert_eq!(browser.get("/account/history?before=x").await.status, 400);
    let anyone = Api::new(&server);
    anyone.get("/me/logins").await.problem(401, "invalid_token");
}
