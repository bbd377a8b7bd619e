//! What a person is told of what happened to their account.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::{Value, json};

use super::{count, execute, sub_of};
use crate::factors::enrol_app;
use crate::sign_in::enter;
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

/// Event, outcome, reason and app of every attempt, the newest first.
async fn attempts(api: &Api<'_>) -> Vec<String> {
    let logins = api.get("/me/logins?limit=200").await.ok(200);
    let events = logins.body["events"].as_array().unwrap();
    let told = |event: &Value| {
        let members = ["event", "outcome", "reason", "client_id"];
        let members = members.iter().filter_map(|name| event[name].as_str());
        members.collect::<Vec<_>>().join(" ")
    };
    events.iter().map(told).collect()
}

/// Somebody has the password: the owner sees it, whatever stood in the way of the sign-in.
#[tokio::test]
async fn a_right_password_is_told_whatever_came_of_it() {
    let server = proxied().await;
    execute(&server, ENGLISH).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    browser.sign_in(&page, CUSTOMER).await;
    let thief = Browser::behind_proxy(&server, FIREFOX, PROXIED);
    let login = thief.get("/login").await;
    let hindered = [
        (
            "UPDATE user_account SET unverified_since = now()",
            "UPDATE user_account SET unverified_since = NULL",
        ),
        (
            "UPDATE user_account SET deleted_at = now(), purge_at = now() + interval '9 days'",
            "UPDATE user_account SET deleted_at = NULL, purge_at = NULL",
        ),
        (
            "UPDATE user_account SET disabled_at = now()",
            "UPDATE user_account SET disabled_at = NULL",
        ),
    ];
    for (hinder, undo) in hindered {
        execute(&server, hinder).await;
        thief.sign_in(&login, CUSTOMER).await;
        execute(&server, undo).await;
    }
    let demand = "INSERT INTO role_policy (id_role, second_factor_required)
                  SELECT id_role, true FROM role WHERE name = 'customer'";
    execute(&server, demand).await;
    let told = Api::new(&server).login(CUSTOMER, PASSWORD).await;
    told.problem(403, "factor_enrolment_required");
    execute(&server, "DELETE FROM role_policy").await;

    let (app, _) = enrol_app(&server, &browser).await;
    let asked = thief.sign_in(&login, CUSTOMER).await;
    assert_eq!(asked.url.path(), "/login/factor");
    let told = Api::new(&server).login(CUSTOMER, PASSWORD).await;
    told.problem(403, "mfa_required");
    let expected = [
        "second_factor_asked asked booking-mobile",
        "second_factor_asked asked",
        "sign_in_refused refused factor_enrolment_required booking-mobile",
        "sign_in_refused refused account_disabled",
        "sign_in_refused refused account_deleted",
        "sign_in_refused refused email_unverified",
        "signed_in succeeded",
        "signed_in succeeded booking-mobile",
    ];
    assert_eq!(attempts(&api).await, expected);

    // Guesses at the second step: a flood of delays is one event a minute.
    let mut delayed = 0;
    for _ in 0..30 {
        let answer = enter(&thief, &asked, "totp", "000000").await;
        delayed += i32::from(answer.status == 429);
    }
    assert!(delayed > 3, "{delayed}");
    let told = attempts(&api).await;
    assert_eq!(told[0], "second_factor_delayed delayed");
    let of = |kind: &str| told.iter().filter(|it| it.starts_with(kind)).count();
    assert_eq!(of("second_factor_delayed"), 1, "{told:?}");
    assert!(of("second_factor_refused") > 1);

    // Who answers is told of both steps; the page says them in words.
    server.app.clock.advance(Duration::from_hours(1));
    let page = thief.sign_in(&login, CUSTOMER).await;
    let home = enter(&thief, &page, "totp", &app.code(&server)).await;
    assert_eq!(home.status, 303);
    let of = async |words: &str| {
        let page = thief.visit("/account/history?show=sign-ins").await;
        page.body.matches(words).count()
    };
    assert_eq!(of("Right password; second step asked for").await, 3);
    assert_eq!(of("Second step not tried").await, 1);
    assert_eq!(of("but the account is deleted").await, 1);
    assert_eq!(of("but your role demands a second factor").await, 1);
    execute(&server, "UPDATE user_account SET locale = 'fr'").await;
    assert_eq!(of("seconde étape demandée").await, 3);
    assert_eq!(of("mais le compte est supprimé").await, 1);
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
