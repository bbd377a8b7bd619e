//! `/login/factor`.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;

use super::enter;
use crate::pages::told::{SESSION, english};
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request, payload};
use crate::support::server::TestServer;

/// The page of the second step, after the right password.
async fn asked(browser: &Browser, request: &Request) -> Page {
    let page = request.send(browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/login/factor", "{}", page.body);
    page
}

#[tokio::test]
async fn the_password_alone_signs_nobody_in_who_has_a_second_factor() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = english(&server).await;
    let page = asked(&browser, &Request::new("openid")).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Enter the code of your app"));
    // Stable, for people's scripts and for those who test us.
    for id in ["id=\"totp-code\"", "id=\"factor-submit\""] {
        assert!(page.body.contains(id), "{id}");
    }
    // Nothing leads around it.
    let continuation = page
        .url
        .query_pairs()
        .find(|(name, _)| name == "continuation");
    let continuation = continuation.unwrap().1.into_owned();
    let around = browser
        .visit(&format!("/continue?continuation={continuation}"))
        .await;
    assert_eq!(around.url.path(), "/login");
    let home = browser.visit("/account").await;
    assert_eq!(home.url.path(), "/login");
    assert!(
        browser
            .get("/login")
            .await
            .headers
            .get("set-cookie")
            .is_none()
    );

    let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    assert!(
        next.headers
            .get_all("set-cookie")
            .iter()
            .any(|cookie| { cookie.to_str().unwrap().starts_with(SESSION) })
    );
    let consent = browser.follow(next).await;
    assert_eq!(consent.url.path(), "/consent", "{}", consent.body);
    let next = browser.submit(&consent, &[("decision", "allow")]).await;
    assert!(browser.follow(next).await.answer("code").is_some());
}

#[tokio::test]
async fn tokens_say_what_was_proved() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let request = Request::new("openid");
    let page = asked(&browser, &request).await;
    let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    browser.follow(next).await;
    let (status, tokens) = request.code(&browser, CUSTOMER).await.redeem(&server).await;
    assert_eq!(status, 200, "{tokens}");
    for token in ["id_token", "access_token"] {
        let claims = payload(tokens[token].as_str().unwrap());
        assert_eq!(claims["acr"], "mfa");
        assert_eq!(claims["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    }
}

#[tokio::test]
async fn a_wrong_code_is_told_and_the_page_stays() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = english(&server).await;
    let page = asked(&browser, &Request::new("openid")).await;
    let wrong = enter(&browser, &page, "totp", "000000").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("used already"), "{}", wrong.body);
    let empty = enter(&browser, &page, "totp", "").await;
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("Enter the code"));
    let stale = browser
        .post(
            page.url.as_str(),
            &[("csrf", "x"), ("method", "totp"), ("code", "1")],
        )
        .await;
    assert_eq!(stale.status, 422);
    // A code with spaces, as apps show it.
    let code = app.next_code(&server);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let next = enter(&browser, &page, "totp", &spaced).await;
    assert_eq!(next.status, 303, "{}", next.body);
}

#[tokio::test]
async fn a_code_is_not_accepted_twice() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let code = app.next_code(&server);
    for accepted in [true, false] {
        let browser = Browser::new(&server);
        let page = asked(&browser, &Request::new("openid")).await;
        let next = enter(&browser, &page, "totp", &code).await;
        assert_eq!(next.status == 303, accepted, "{}", next.body);
    }
}

#[tokio::test]
async fn an_attempt_is_its_browsers_and_ends() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = english(&server).await;
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    // The address alone is worth nothing elsewhere.
    let other = english(&server).await;
    let elsewhere = other.visit(page.url.as_str()).await;
    assert_eq!(elsewhere.url.path(), "/login");
    assert!(elsewhere.body.contains("The second step took too long"));

    server.app.clock.advance(Duration::from_mins(11));
    let late = enter(&browser, &page, "totp", &app.code(&server)).await;
    let late = browser.follow(late).await;
    assert_eq!(late.url.path(), "/login");
    assert!(late.body.contains("Sign in again"));
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_ends_the_attempt() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    server.app.clock.advance(Duration::from_secs(1));
    sqlx::query("UPDATE user_account SET password_changed_at = $1")
        .bind(server.app.clock.now())
        .execute(&server.app.pool)
        .await
        .unwrap();
    let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    assert_eq!(browser.follow(next).await.url.path(), "/login");
}

#[tokio::test]
async fn two_tabs_and_the_back_button_come_to_no_dead_end() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let (first, second) = (Request::new("openid"), Request::new("openid"));
    let tab_1 = asked(&browser, &first).await;
    let tab_2 = asked(&browser, &second).await;
    let done = enter(&browser, &tab_2, "totp", &app.next_code(&server)).await;
    let done = browser.follow(done).await;
    assert_eq!(done.url.path(), "/consent");
    // The first tab's question is still open; so is its answer.
    let next = enter(&browser, &tab_1, "totp", &app.next_code(&server)).await;
    assert_eq!(browser.follow(next).await.url.path(), "/consent");
    // Back, reload: the attempt is over, and the person is led on, not around.
    let back = browser.visit(tab_1.url.as_str()).await;
    assert_eq!(back.url.path(), "/consent");
}

#[tokio::test]
async fn a_disabled_person_does_not_get_through_the_second_step() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let fields = [("username", CUSTOMER), ("password", PASSWORD)];
    let page = browser.submit(&page, &fields).await;
    let page = browser.follow(page).await;
    sqlx::query("UPDATE user_account SET disabled_at = now()")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    assert_eq!(browser.follow(next).await.url.path(), "/login");
}
