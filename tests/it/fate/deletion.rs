//! Deletion: at once it is as if the account were gone, and everything can be undone.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use auth_api::config::Config;
use serde_json::{Value, json};

use super::{DAY, GRACE, count, letter, link, round_after, sub_of, token_of};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, refresh, text};
use crate::support::mailbox::letters;
use crate::support::server::TestServer;

const LETTER: &str = "mail-account-deleted";

/// Tokens that outlive the browser's session.
async fn offline_tokens(server: &TestServer, browser: &Browser) -> Value {
    let code = Request::new("openid email offline_access")
        .code(browser, CUSTOMER)
        .await;
    let (status, tokens) = code.redeem(server).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

async fn restore_link(server: &TestServer) -> String {
    link(&letter(server, LETTER, CUSTOMER).await, "/restore-account?")
}

#[tokio::test]
async fn everything_dies_at_once_and_the_link_brings_the_account_back() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let tokens = offline_tokens(&server, &browser).await;
    let access = text(&tokens, "access_token");
    assert_eq!(server.userinfo(access).await.0, 200);
    let api = Api::signed_in(&server, CUSTOMER).await;
    let refresh_by_api = Api::new(&server).login(CUSTOMER, PASSWORD).await.ok(200);
    let refresh_by_api = refresh_by_api.text("refresh_token").to_owned();

    let deleted = api.delete("/me").await.ok(200);
    let purge_at = server.app.clock.now() + DAY * 30;
    let told = deleted.text("purge_at").to_owned();
    assert_eq!(told[..10], purge_at.date().to_string());

    // The token of the call itself, a session's, one that outlives sessions; the browser.
    api.get("/me/logins").await.problem(401, "invalid_token");
    assert_eq!(server.userinfo(access).await.0, 401);
    let form = [("token", access)];
    let (status, answer) = server.post_as(BOOKING_APP, "/introspect", &form).await;
    assert_eq!((status, answer), (200, json!({"active": false})));
    let (status, answer) = refresh(&server, text(&tokens, "refresh_token")).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    let body = json!({ "refresh_token": refresh_by_api });
    let anyone = Api::new(&server);
    anyone
        .post("/refresh", body)
        .await
        .problem(400, "invalid_grant");
    assert_eq!(browser.visit("/account").await.url.path(), "/login");
    assert_eq!(
        count(&server, "session WHERE ended_at IS NULL").await,
        0,
        "not only hidden"
    );
    assert_eq!(
        count(&server, "oauth_grant WHERE revoked_at IS NULL").await,
        0
    );

    // Only who knows the password learns why.
    anyone
        .login(CUSTOMER, PASSWORD)
        .await
        .problem(403, "account_deleted");
    anyone
        .login(CUSTOMER, "a wrong password")
        .await
        .problem(401, "invalid_credentials");
    // The address stays taken.
    let body = json!({"email": CUSTOMER, "password": "another good pass phrase 7"});
    let before = count(&server, "users").await;
    assert!(anyone.post("/register", body).await.status < 300);
    assert_eq!(count(&server, "users").await, before);

    let link = restore_link(&server).await;
    let stranger = Browser::new(&server);
    for _ in 0..2 {
        let head = server.http.head(server.url(&link)).send().await.unwrap();
        assert_eq!(head.status(), 200);
        assert_eq!(stranger.get(&link).await.status, 200);
    }
    let deleted = "user_account WHERE deleted_at IS NOT NULL";
    assert_eq!(count(&server, deleted).await, 1, "looked at, not used");
    let page = stranger.get(&link).await;
    assert!(page.body.contains(CUSTOMER), "{}", page.body);
    let next = stranger.submit(&page, &[]).await;
    let done = stranger.follow(next).await;
    assert_eq!(done.url.path(), "/account/restored");
    anyone.login(CUSTOMER, PASSWORD).await.ok(200);
    letter(&server, "mail-account-restored", CUSTOMER).await;

    // What died stays dead; a link is used once.
    assert_eq!(server.userinfo(access).await.0, 401);
    api.get("/me/logins").await.problem(401, "invalid_token");
    let used = stranger.get(&link).await;
    assert_eq!(used.status, 410, "{}", used.body);
    let body = json!({ "token": token_of(&link) });
    let used = anyone
        .post("/restore", body)
        .await
        .problem(400, "invalid_link");
    assert_eq!(used.body["reason"], "used");
    round_after(&server, GRACE).await;
    anyone.login(CUSTOMER, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn the_page_asks_twice_and_only_its_own_form_deletes() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.visit("/account/delete").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/account/delete");
    assert!(page.body.contains("href=\"/account/delete?sure=1\""));
    assert!(!page.body.contains("action=\"/account/delete\""));
    let sure = browser.visit("/account/delete?sure=1").await;
    assert!(sure.body.contains(CUSTOMER));

    let sub = sub_of(&server, CUSTOMER).await.to_string();
    let nobody = uuid::Uuid::nil().to_string();
    let (_, hidden) = sure.form();
    let csrf = &hidden.iter().find(|(name, _)| name == "csrf").unwrap().1;
    for (csrf, whose) in [("wrong", sub.as_str()), (csrf, nobody.as_str()), (csrf, "")] {
        let form = [("csrf", csrf), ("whose", whose)];
        let refused = browser.post("/account/delete", &form).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.text("delete-yes").is_some(), "no dead end");
    }
    assert_eq!(
        count(&server, "user_account WHERE deleted_at IS NOT NULL").await,
        0
    );

    let next = browser.submit(&sure, &[]).await;
    assert_eq!(next.status, 303);
    let done = browser.follow(next).await;
    assert_eq!(done.url.path(), "/account/deleted");
    let until = server.app.clock.now() + DAY * 30;
    assert!(
        done.body.contains(&until.year().to_string()),
        "{}",
        done.body
    );
    // Reloaded, or sent again: nothing else happens.
    assert_eq!(browser.visit(done.url.as_str()).await.status, 200);
    let again = browser.submit(&sure, &[]).await;
    assert_eq!(again.location().unwrap().path(), "/login");
    assert_eq!(
        count(&server, "audit_event WHERE kind = 'account_deleted'").await,
        1
    );
    for odd in ["", "?until=rubbish", "?until=9999999-01-01"] {
        let page = browser.get(&format!("/account/deleted{odd}")).await;
        assert_eq!(page.status, 200, "{odd}");
    }
}

#[tokio::test]
async fn a_recent_sign_in_is_needed() {
    // Shorter than the life of an access token.
    let confirmation_ttl = Duration::from_mins(5);
    let change = |config: &mut Config| config.account.confirmation_ttl = confirmation_ttl;
    let server = TestServer::with(change).await;
    let browser = Browser::new(&server);
    let page = browser.visit("/account/delete?sure=1").await;
    let sure = browser.sign_in(&page, CUSTOMER).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    server.app.clock.advance(Duration::from_secs(301));
    let old = api.delete("/me").await;
    let old = old.problem(401, "insufficient_user_authentication");
    assert_eq!(old.body["max_age"], 300);
    api.get("/me/export")
        .await
        .problem(401, "insufficient_user_authentication");

    let next = browser.submit(&sure, &[]).await;
    let login = browser.follow(next).await;
    assert_eq!(login.url.path(), "/login");
    assert_eq!(
        count(&server, "user_account WHERE deleted_at IS NOT NULL").await,
        0
    );
    let question = browser.sign_in(&login, CUSTOMER).await;
    let place = format!("{}?{}", question.url.path(), question.url.query().unwrap());
    assert_eq!(place, "/account/delete?sure=1", "back to the question");
    let next = browser.submit(&question, &[]).await;
    assert_eq!(browser.follow(next).await.url.path(), "/account/deleted");
}

#[tokio::test]
async fn of_two_deletions_at_once_one_counts() {
    let server = TestServer::start().await;
    let first = Api::signed_in(&server, CUSTOMER).await;
    let second = Api::signed_in(&server, CUSTOMER).await;
    let (one, two) = tokio::join!(first.delete("/me"), second.delete("/me"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert!(
        statuses == [200, 200] || statuses == [200, 401],
        "{statuses:?}"
    );
    let noted = "audit_event WHERE kind = 'account_deleted'";
    assert_eq!(count(&server, noted).await, 1);
    let mails = format!("mail WHERE template = '{LETTER}'");
    assert_eq!(count(&server, &mails).await, 1);
}

#[tokio::test]
async fn when_the_grace_is_over_nothing_brings_it_back() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.delete("/me").await.ok(200);
    let link = restore_link(&server).await;
    // The jobs are late: the time is over all the same.
    server.app.clock.advance(GRACE);
    let browser = Browser::new(&server);
    assert_eq!(browser.get(&link).await.status, 410);
    let body = json!({ "token": token_of(&link) });
    let late = api.post("/restore", body.clone()).await;
    let late = late.problem(400, "invalid_link");
    assert_eq!(late.body["reason"], "expired");
    round_after(&server, Duration::ZERO).await;
    let gone = api
        .post("/restore", body)
        .await
        .problem(400, "invalid_link");
    assert_eq!(gone.body["reason"], "unknown");
    Api::new(&server)
        .login(CUSTOMER, PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    // The address is free again.
    let taken = format!("users WHERE email = '{CUSTOMER}'");
    assert_eq!(count(&server, &taken).await, 0);
}

#[tokio::test]
async fn whom_an_administrator_closed_out_cannot_come_back_by_a_link() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.delete("/me").await.ok(200);
    let link = restore_link(&server).await;
    super::execute(
        &server,
        "UPDATE user_account SET disabled_at = now() WHERE deleted_at IS NOT NULL",
    )
    .await;
    let body = json!({ "token": token_of(&link) });
    let refused = api
        .post("/restore", body)
        .await
        .problem(400, "invalid_link");
    assert_eq!(refused.body["reason"], "withdrawn");
    assert_eq!(
        count(&server, "user_account WHERE deleted_at IS NULL").await,
        2
    );
}

#[tokio::test]
async fn whoever_knows_the_password_does_not_fill_the_mailbox() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.delete("/me").await.ok(200);
    let anyone = Api::new(&server);
    for _ in 0..8 {
        let told = anyone.login(CUSTOMER, PASSWORD).await;
        told.problem(403, "account_deleted");
    }
    let mails = letters(&server, CUSTOMER).await;
    let mails = mails.iter().filter(|mail| mail.template == LETTER).count();
    // The deletion's own, and as many as anybody may cause.
    assert_eq!(mails, 1 + 3);
}

#[tokio::test]
async fn the_link_that_is_sent_again_tells_of_the_deletion_and_not_of_who_asked() {
    let server = TestServer::start().await;
    super::execute(&server, "UPDATE user_account SET locale = 'en'").await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.delete("/me").await.ok(200);
    server.app.clock.advance(DAY);
    let told = Api::new(&server).login(CUSTOMER, PASSWORD).await;
    told.problem(403, "account_deleted");
    let mails = letters(&server, CUSTOMER).await;
    let mails = mails.iter().filter(|mail| mail.template == LETTER);
    let mut texts: Vec<&str> = mails.map(|mail| mail.content.text.as_str()).collect();
    let (first, again) = (texts.pop().unwrap(), texts.pop().unwrap());
    let when = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("When:"));
        line.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    assert_eq!(when(again), when(first));
    assert!(first.contains("From the address:"), "{first}");
    assert!(!again.contains("From the address:"), "{again}");
}
