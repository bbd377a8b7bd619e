//! Changing the password by the old one.

use std::sync::Arc;
use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;
use tokio::task::JoinSet;

use super::entry::{GOOD, OTHER, column, signs_in};
use crate::pages::told::{SESSION, assert_safe, cookie, english};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, refresh, text, tokens};
use crate::support::mailbox::{kinds, letters, link};
use crate::support::server::TestServer;

const PATH: &str = "/account/password";

async fn change(browser: &Browser, old: &str, new: &str) -> Page {
    let page = browser.get(PATH).await;
    assert_eq!(page.status, 200, "{:?}", page.location());
    let fields = [("old_password", old), ("new_password", new)];
    browser.submit(&page, &fields).await
}

async fn signed_in(server: &TestServer) -> Browser {
    let browser = english(server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    browser
}

#[tokio::test]
async fn it_ends_everything_else_and_keeps_this_session_with_a_new_cookie() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let here = Request::new("openid offline_access");
    let here = here.code(&browser, CUSTOMER).await.redeem(&server).await.1;
    let elsewhere = signed_in(&server).await;
    let there = tokens(&server, "openid offline_access", CUSTOMER).await;
    let mobile = Api::signed_in(&server, CUSTOMER).await;
    sqlx::query("UPDATE user_account SET password_from_mail = true")
        .execute(&server.database.pool)
        .await
        .unwrap();

    // A link that somebody else may have come by.
    let page = elsewhere.get("/forgot-password").await;
    elsewhere.submit(&page, &[("email", CUSTOMER)]).await;
    let reset = link(&server, CUSTOMER, "/reset-password").await;
    assert_eq!(elsewhere.get(&reset).await.status, 200);

    let page = browser.get(PATH).await;
    assert!(
        page.body.contains("autocomplete=\"username\""),
        "for password managers"
    );
    let done = change(&browser, PASSWORD, GOOD).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(cookie(&done, SESSION).is_some_and(|value| value.len() > 20));
    let page = browser.follow(done).await;
    assert_eq!(page.status, 200);
    assert!(page.text("done").is_some());
    assert_safe(&page);

    assert_eq!(elsewhere.get("/account").await.status, 303, "signed out");
    assert_eq!(elsewhere.get(&reset).await.status, 410);
    assert_eq!(refresh(&server, text(&there, "refresh_token")).await.0, 400);
    assert_eq!(server.userinfo(text(&there, "access_token")).await.0, 401);
    let form = [("token", text(&there, "access_token"))];
    let (_, told) = server.post_as(BOOKING_APP, "/introspect", &form).await;
    assert_eq!(told["active"], false);
    mobile.get("/me").await.problem(401, "invalid_token");
    assert_eq!(
        refresh(&server, text(&here, "refresh_token")).await.0,
        200,
        "this session's"
    );

    assert_eq!(kinds(&server, CUSTOMER).await[0], "mail-password-changed");
    assert_eq!(
        column(&server, CUSTOMER, "a.password_from_mail").await,
        ["false"]
    );
    assert!(!signs_in(&Browser::new(&server), CUSTOMER, PASSWORD).await);
    assert!(signs_in(&Browser::new(&server), CUSTOMER, GOOD).await);
}

#[tokio::test]
async fn the_cookie_from_before_opens_nothing() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let login = browser.get("/login").await;
    let fields = [("username", CUSTOMER), ("password", PASSWORD)];
    let entered = browser.submit(&login, &fields).await;
    let old = cookie(&entered, SESSION).unwrap().to_owned();
    let with = |value: String| {
        let request = server.http.get(server.url("/account"));
        let header = format!("{SESSION}={value}");
        async move {
            request
                .header("cookie", header)
                .send()
                .await
                .unwrap()
                .status()
        }
    };
    assert_eq!(with(old.clone()).await, 200);
    let done = change(&browser, PASSWORD, GOOD).await;
    let new = cookie(&done, SESSION).unwrap().to_owned();
    assert_eq!(with(old).await, 303);
    assert_eq!(with(new).await, 200);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_and_no_password_is_shown_again() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    for (old, new, field) in [
        ("", GOOD, "old_password"),
        ("not it, not it", GOOD, "old_password"),
        (PASSWORD, "", "new_password"),
        (PASSWORD, "password1", "new_password"),
        (PASSWORD, "camille-durand", "new_password"),
        (PASSWORD, PASSWORD, "new_password"),
    ] {
        let page = change(&browser, old, new).await;
        assert_eq!(page.status, 422, "{old} {new}");
        assert!(
            page.body.contains(&format!("<a href=\"#{field}\">")),
            "{old} {new}"
        );
        for secret in [old, new].into_iter().filter(|secret| !secret.is_empty()) {
            assert!(!page.body.contains(secret), "{secret}");
        }
        assert_safe(&page);
    }
    assert!(letters(&server, CUSTOMER).await.is_empty());
    assert_eq!(browser.get("/account").await.status, 200);
}

#[tokio::test]
async fn json_changes_it_by_the_same_rules() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let other = Api::signed_in(&server, CUSTOMER).await;
    let body = |old: &str, new: &str| json!({ "old_password": old, "new_password": new });
    let told = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    let path = "/password/change";
    let problem = api
        .post(path, body("not it", GOOD))
        .await
        .problem(422, "invalid_input");
    assert_eq!(problem.errors(), told("old_password", "wrong_password"));
    let problem = api
        .post(path, body(PASSWORD, "1234567"))
        .await
        .problem(422, "invalid_input");
    assert_eq!(problem.errors()[0].0, "new_password");
    let problem = api
        .post(path, body(PASSWORD, PASSWORD))
        .await
        .problem(422, "invalid_input");
    assert_eq!(problem.errors(), told("new_password", "unchanged"));
    let problem = api.post(path, json!({ "old_password": PASSWORD })).await;
    assert_eq!(
        problem.problem(422, "invalid_input").errors(),
        told("new_password", "missing")
    );
    Api::new(&server)
        .post(path, body(PASSWORD, GOOD))
        .await
        .problem(401, "invalid_token");
    api.post(path, body(PASSWORD, GOOD)).await.ok(204);
    api.get("/me").await.ok(200);
    other.get("/me").await.problem(401, "invalid_token");
    assert_eq!(kinds(&server, CUSTOMER).await, ["mail-password-changed"]);
}

#[tokio::test]
async fn guesses_are_held_up_by_all_replicas_together() {
    let server = TestServer::start().await;
    let other = server.replica().await;
    let browser = signed_in(&server).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let elsewhere = Api::new(&other).with_token(api.access_token.as_deref().unwrap());
    let wrong = json!({ "old_password": "a wrong one", "new_password": GOOD });
    for _ in 0..5 {
        let problem = elsewhere.post("/password/change", wrong.clone()).await;
        problem.problem(422, "invalid_input");
    }
    let problem = elsewhere.post("/password/change", wrong).await;
    problem.problem(429, "too_many_requests");
    // Even the right one has to wait, on the page of another process too.
    let page = change(&browser, PASSWORD, GOOD).await;
    assert_eq!(page.status, 429);
    assert!(page.headers.contains_key("retry-after"));
    assert_eq!(page.location(), None);
    server.app.clock.advance(Duration::from_mins(1));
    assert_eq!(change(&browser, PASSWORD, GOOD).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_changes_at_once_one_counts() {
    let server = Arc::new(TestServer::start().await);
    let other = Arc::new(server.replica().await);
    let mut changes = JoinSet::new();
    // Both are signed in before either changes anything.
    let mut signed_in = Vec::new();
    for (server, new) in [(&server, GOOD), (&other, OTHER)] {
        let token = Api::signed_in(server, CUSTOMER).await.access_token.unwrap();
        signed_in.push((Arc::clone(server), token, new));
    }
    for (server, token, new) in signed_in {
        changes.spawn(async move {
            let api = Api::new(&server).with_token(&token);
            let body = json!({ "old_password": PASSWORD, "new_password": new });
            (new, api.post("/password/change", body).await.status)
        });
    }
    let answers = changes.join_all().await;
    let done: Vec<_> = answers
        .iter()
        .filter(|(_, status)| *status == 204)
        .collect();
    assert_eq!(done.len(), 1, "{answers:?}");
    assert!(signs_in(&Browser::new(&server), CUSTOMER, done[0].0).await);
    assert_eq!(kinds(&server, CUSTOMER).await.len(), 1);
}

#[tokio::test]
async fn a_session_that_ended_leads_to_the_form_again() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.get(PATH).await;
    sqlx::query("UPDATE session SET ended_at = now()")
        .execute(&server.database.pool)
        .await
        .unwrap();
    let fields = [("old_password", PASSWORD), ("new_password", GOOD)];
    let next = browser.submit(&page, &fields).await;
    let login = browser.follow(next).await;
    assert_eq!(login.url.path(), "/login");
    let back = browser.sign_in(&login, CUSTOMER).await;
    assert_eq!((back.status, back.url.path()), (200, PATH));
}

/// As some keyboards and password managers send accents: as characters of their own.
#[tokio::test]
async fn the_longest_password_is_the_same_however_its_accents_are_sent() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let begin = "quiet lanterns over gravel ";
    let rest = 256 - begin.len();
    let composed = format!("{begin}{}", "ộ".repeat(rest));
    let in_parts = format!("{begin}{}", "o\u{323}\u{302}".repeat(rest));
    assert!(in_parts.len() > 1024);
    let longer = change(&browser, PASSWORD, &format!("{in_parts}o")).await;
    assert_eq!(longer.status, 422);
    let done = change(&browser, PASSWORD, &in_parts).await;
    assert_eq!(done.status, 303, "{}", done.body);
    for password in [&in_parts, &composed] {
        assert!(signs_in(&Browser::new(&server), CUSTOMER, password).await);
        let api = Api::new(&server);
        api.login(CUSTOMER, password).await.ok(200);
    }
    let other = format!("{}o", &composed[..composed.len() - "ộ".len()]);
    assert!(!signs_in(&Browser::new(&server), CUSTOMER, &other).await);
}
