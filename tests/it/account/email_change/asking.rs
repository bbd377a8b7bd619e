//! Asking for another address, and proving the one that there is.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::{NEW, PATH, ask, signed_in, verified};
use crate::account::entry::press;
use crate::pages::told::assert_safe;
use crate::support::api::Api;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::mailbox::{kinds, letters, link, links};
use crate::support::server::TestServer;

#[tokio::test]
async fn whether_another_account_has_the_address_is_not_told() {
    let server = TestServer::start().await;
    let mut pages = Vec::new();
    for email in [NEW, ADMIN] {
        let browser = signed_in(&server).await;
        let asked = ask(&browser, email).await;
        assert_eq!(asked.status, 303);
        let page = browser.follow(asked).await;
        pages.push(page.text("pending").unwrap().replace(email, "EMAIL"));
        assert_eq!(kinds(&server, CUSTOMER).await[0], "mail-email-change-asked");
    }
    assert_eq!(pages[0], pages[1]);
    let told = kinds(&server, CUSTOMER).await;
    let told = told
        .iter()
        .filter(|kind| *kind == "mail-email-change-asked");
    assert_eq!(told.count(), 2);
    assert_eq!(kinds(&server, NEW).await, ["mail-confirm-email-change"]);
    assert_eq!(kinds(&server, ADMIN).await, ["mail-already-registered"]);
    let api = Api::signed_in(&server, CUSTOMER).await;
    let taken = api
        .post("/email/change", json!({ "email": "manager@booking.test" }))
        .await;
    let free = api
        .post("/email/change", json!({ "email": "free@booking.test" }))
        .await;
    assert_eq!((taken.status, taken.body), (202, free.body));
}

#[tokio::test]
async fn asking_again_withdraws_the_earlier_link_and_each_has_its_time() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    ask(&browser, NEW).await;
    let first = link(&server, NEW, "/confirm-email").await;
    ask(&browser, "other@booking.test").await;
    let second = link(&server, "other@booking.test", "/confirm-email").await;
    assert_eq!(browser.get(&first).await.status, 410);
    // For another purpose it is worth nothing.
    let elsewhere = second.replace("/confirm-email", "/undo-email-change");
    assert_eq!(browser.get(&elsewhere).await.status, 400);
    server.app.clock.advance(Duration::from_mins(61));
    let page = browser.get(&second).await;
    assert_eq!(page.status, 410);
    assert!(
        page.body.contains("/login?then=/account/email"),
        "what to do: {}",
        page.body
    );
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);
}

#[tokio::test]
async fn it_needs_a_recent_sign_in_and_keeps_what_was_entered() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.get(PATH).await;
    server.app.clock.advance(Duration::from_mins(11));
    let kept = browser.submit(&page, &[("email", NEW)]).await;
    assert_eq!(kept.status, 401);
    assert!(
        kept.form()
            .1
            .iter()
            .any(|(name, value)| (name.as_str(), value.as_str()) == ("email", NEW))
    );
    assert!(letters(&server, NEW).await.is_empty());
    let login = browser.visit("/login?then=/account&confirm=1").await;
    assert_eq!(login.url.path(), "/login");
    let back = browser.sign_in(&login, CUSTOMER).await;
    assert_eq!(back.url.path(), "/account");
    assert_eq!(browser.submit(&kept, &[]).await.status, 303);
    assert_eq!(kinds(&server, NEW).await, ["mail-confirm-email-change"]);
    // By GET it leads there at once, and back.
    server.app.clock.advance(Duration::from_mins(11));
    let login = browser.visit(PATH).await;
    assert_eq!(login.url.path(), "/login");
    assert_eq!(browser.sign_in(&login, CUSTOMER).await.url.path(), PATH);
    let api = Api::new(&server);
    let tokens = api.login(CUSTOMER, PASSWORD).await.ok(200);
    server.app.clock.advance(Duration::from_mins(11));
    // A new access token is no new sign-in.
    let body = json!({ "refresh_token": tokens.text("refresh_token") });
    let tokens = api.post("/refresh", body).await.ok(200);
    let api = api.with_token(tokens.text("access_token"));
    let problem = api.post("/email/change", json!({ "email": NEW })).await;
    let problem = problem.problem(401, "insufficient_user_authentication");
    assert_eq!(problem.body["max_age"], 600);
}

#[tokio::test]
async fn what_is_no_address_is_told_and_mail_is_rationed() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    for wrong in ["", "new", "new@", CUSTOMER] {
        let page = ask(&browser, wrong).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.body.contains("<a href=\"#email\">"), "{wrong}");
    }
    let api = Api::signed_in(&server, CUSTOMER).await;
    for (body, code) in [
        (json!({ "email": "new@" }), "invalid_email"),
        (json!({ "email": CUSTOMER }), "unchanged"),
        (json!({}), "missing"),
        (json!({ "email": NEW, "other": 1 }), "unknown"),
    ] {
        let problem = api
            .post("/email/change", body)
            .await
            .problem(422, "invalid_input");
        assert_eq!(problem.errors()[0].1, code);
    }
    let mut last = 0;
    for _ in 0..8 {
        last = ask(&browser, NEW).await.status;
    }
    assert_eq!(last, 429);
    assert!(letters(&server, NEW).await.len() < 5);
}

/// When a mailbox may be written to again depends on what its owner does, if there is one: nobody who
/// has an account of their own reads it off their answers.
#[tokio::test]
async fn whether_the_new_mailbox_is_flooded_is_not_told() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.get("/forgot-password").await;
    for _ in 0..4 {
        browser.submit(&page, &[("email", NEW)]).await;
    }
    for _ in 0..2 {
        let asked = ask(&browser, NEW).await;
        assert_eq!(asked.status, 303);
        let page = browser.get(PATH).await;
        assert!(page.body.contains(NEW), "it waits to be confirmed");
    }
    assert!(letters(&server, NEW).await.is_empty());
    let told = kinds(&server, CUSTOMER).await;
    assert_eq!(told, ["mail-email-change-asked", "mail-email-change-asked"]);
    server.app.clock.advance(Duration::from_hours(1));
    ask(&signed_in(&server).await, NEW).await;
    assert_eq!(links(&server, NEW, "/confirm-email").await.len(), 1);
}

#[tokio::test]
async fn an_address_that_nobody_proved_is_proved_by_a_link() {
    let server = TestServer::start().await;
    sqlx::query("UPDATE user_account SET email_verified = false")
        .execute(&server.database.pool)
        .await
        .unwrap();
    let browser = signed_in(&server).await;
    let page = browser.get(PATH).await;
    assert_safe(&page);
    let sent = browser.submit(&page, &[("do", "verify")]).await;
    let page = browser.follow(sent).await;
    assert!(page.text("done").is_some());
    let verify = link(&server, CUSTOMER, "/verify-email").await;
    press(&browser, &verify).await;
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);
    assert!(!browser.get(PATH).await.body.contains("id=\"verify\""));
}
