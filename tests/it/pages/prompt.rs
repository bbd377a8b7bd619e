//! `prompt` (OpenID Connect Core 1.0, section 3.1.2.1).

use super::told::{
    allow, assert_code, assert_refused, csrf, header, redeemed, settled, to_the_end, tokens_in,
};
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, CUSTOMER, Code, Request, payload, text};
use crate::support::server::TestServer;
use std::time::Duration;

fn prompt(value: &str) -> Request {
    Request::new("openid").with("prompt", value)
}

#[tokio::test]
async fn none_without_a_session_is_login_required() {
    let server = TestServer::start().await;
    let page = prompt("none").send(&Browser::new(&server)).await;
    assert_refused(&server, &page, "login_required");
}

#[tokio::test]
async fn none_without_consent_is_consent_required() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("none")
        .with("scope", "openid email")
        .send(&browser)
        .await;
    assert_refused(&server, &page, "consent_required");
    let page = prompt("none")
        .with("scope", "openid offline_access")
        .send(&browser)
        .await;
    assert_refused(&server, &page, "consent_required");
}

#[tokio::test]
async fn none_with_session_and_consent_is_silent() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = prompt("none");
    let page = browser.get_with("/authorize", &request.pairs()).await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn none_stands_alone() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for value in [
        "none login",
        "consent none",
        "none select_account",
        "login none consent",
    ] {
        let page = prompt(value).send(&browser).await;
        assert_refused(&server, &page, "invalid_request");
    }
}

#[tokio::test]
async fn an_unknown_value_is_refused() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for value in ["register", "login,consent", "LOGIN"] {
        let page = prompt(value).send(&browser).await;
        assert_refused(&server, &page, "invalid_request");
    }
}

#[tokio::test]
async fn login_asks_again_and_auth_time_is_new() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let first = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    server.app.clock.advance(Duration::from_secs(5));
    let page = prompt("login").send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    assert!(
        page.body.contains(CUSTOMER),
        "the person need not type the address again"
    );
    let second = tokens_in(&server, &browser, &prompt("login"), CUSTOMER).await;
    let (first, second) = (
        payload(text(&first, "id_token")),
        payload(text(&second, "id_token")),
    );
    assert!(second["auth_time"].as_i64() > first["auth_time"].as_i64());
    assert_eq!(first["sid"], second["sid"], "the same session goes on");
}

#[tokio::test]
async fn consent_asks_again() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("consent").send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    assert_code(&server, &allow(&browser, &page).await);
}

#[tokio::test]
async fn login_and_consent_ask_both() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for value in ["login consent", "consent login"] {
        let page = prompt(value).send(&browser).await;
        assert_eq!(page.url.path(), "/login");
        let page = browser.sign_in(&page, CUSTOMER).await;
        assert_eq!(page.url.path(), "/consent");
        assert_code(&server, &allow(&browser, &page).await);
    }
}

#[tokio::test]
async fn select_account_goes_on_with_the_account() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("select_account").send(&browser).await;
    assert_eq!(page.url.path(), "/select-account");
    assert!(page.body.contains(CUSTOMER));
    let next = browser.submit(&page, &[("choice", "continue")]).await;
    assert_code(&server, &browser.follow(next).await);
}

#[tokio::test]
async fn select_account_leads_to_another_account() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let first = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let request = prompt("select_account");
    let page = request.send(&browser).await;
    let next = browser.submit(&page, &[("choice", "other")]).await;
    let page = browser.follow(next).await;
    assert_eq!(page.url.path(), "/login");
    assert!(
        !page.body.contains(CUSTOMER),
        "the account that is left is not prefilled"
    );
    let page = to_the_end(&browser, page, ADMIN).await;
    let code = Code {
        code: assert_code(&server, &page),
        verifier: request.verifier.clone(),
        redirect_uri: crate::support::flow::CALLBACK.into(),
    };
    let second = payload(text(&redeemed(&server, &code).await, "id_token"));
    let first = payload(text(&first, "id_token"));
    assert_ne!(first["sub"], second["sub"]);
    assert_ne!(first["sid"], second["sid"]);
}

#[tokio::test]
async fn the_choice_of_another_account_can_be_taken_back() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let choice = prompt("select_account").send(&browser).await;
    let next = browser.submit(&choice, &[("choice", "other")]).await;
    assert_eq!(browser.follow(next).await.url.path(), "/login");
    // The back button, then the other choice.
    let choice = browser.get(choice.url.as_str()).await;
    let next = browser.submit(&choice, &[("choice", "continue")]).await;
    assert_code(&server, &browser.follow(next).await);
}

#[tokio::test]
async fn select_account_without_a_choice_asks_again() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("select_account").send(&browser).await;
    let next = browser.submit(&page, &[]).await;
    assert_eq!(browser.follow(next).await.url.path(), "/select-account");
}

#[tokio::test]
async fn select_account_without_a_session_is_a_sign_in() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = prompt("select_account").send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(
        page.url.path(),
        "/consent",
        "who has just signed in has chosen"
    );
}

#[tokio::test]
async fn select_account_and_login_ask_who_once() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("login select_account").send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    assert_code(&server, &browser.sign_in(&page, CUSTOMER).await);
}

#[tokio::test]
async fn select_account_and_consent_ask_both() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("select_account consent").send(&browser).await;
    let next = browser.submit(&page, &[("choice", "continue")]).await;
    let page = browser.follow(next).await;
    assert_eq!(page.url.path(), "/consent");
    assert_code(&server, &allow(&browser, &page).await);
}

#[tokio::test]
async fn a_page_cannot_be_stepped_over() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = prompt("login consent").send(&browser).await;
    let continuation = page.url.query().unwrap().to_owned();
    // Consent before the sign-in that is due does not count.
    let form = [("csrf", csrf(&page)), ("decision", "allow".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let next = browser
        .post(&format!("/consent?{continuation}"), &form)
        .await;
    assert_eq!(browser.follow(next).await.url.path(), "/login");
    for path in ["/continue", "/consent"] {
        let page = browser.visit(&format!("{path}?{continuation}")).await;
        assert_eq!(page.url.path(), "/login", "from {path}");
        assert_eq!(header(&page, "cache-control"), Some("no-store"));
    }
}
