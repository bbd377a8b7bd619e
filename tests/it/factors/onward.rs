//! An app or a role that asks for a second factor leads through enrolment and on.

use std::time::Duration;

use super::{codes, enrol_passkey, options, signed_in};
use crate::pages::told::assert_refused;
use crate::sign_in::enter;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request, payload};
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// Goes on to the app, and redeems the code.
async fn arrive(server: &TestServer, browser: &Browser, request: &Request, onward: &str) -> String {
    let mut page = browser.visit(onward).await;
    if page.url.path() == "/consent" {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        page = browser.follow(next).await;
    }
    let code = crate::support::flow::Code {
        code: page
            .answer("code")
            .unwrap_or_else(|| panic!("{} {}", page.url, page.body)),
        verifier: request.verifier.clone(),
        redirect_uri: crate::support::flow::CALLBACK.to_owned(),
    };
    let (status, tokens) = code.redeem(server).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = payload(tokens["id_token"].as_str().unwrap());
    claims["acr"].as_str().unwrap().to_owned()
}

/// Where the page with the recovery codes leads.
async fn onward(browser: &Browser, enrolled: Page) -> String {
    let page = browser.follow(enrolled).await;
    assert_eq!(codes(&page).len(), 10);
    let next = browser.submit(&page, &[]).await;
    next.location().unwrap().to_string()
}

async fn led(server: &TestServer, request: &Request) -> (Browser, Page) {
    let browser = Browser::new(server);
    browser.get("/language?to=en").await;
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    (browser, page)
}

#[tokio::test]
async fn a_role_leads_through_an_app_to_the_client() {
    let server = TestServer::start().await;
    sqlx::query("INSERT INTO role_policy SELECT id_role, true FROM role")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let request = Request::new("openid");
    let (browser, page) = led(&server, &request).await;
    assert_eq!(page.url.path(), "/account/factors", "{}", page.body);
    assert!(
        page.body.contains("Booking App asks for a second factor"),
        "{}",
        page.body
    );
    let add = page.body.split("id=\"add-totp\" href=\"").nth(1).unwrap();
    let add = add[..add.find('"').unwrap()].to_owned();
    assert!(add.contains("continuation="), "{add}");
    let page = browser.visit(&add).await;
    let app = AuthenticatorApp::with_key(&page.text("key").unwrap());
    let done = browser.submit(&page, &[("code", &app.code(&server))]).await;
    assert_eq!(
        arrive(&server, &browser, &request, &onward(&browser, done).await).await,
        "mfa"
    );
}

#[tokio::test]
async fn a_client_that_asks_for_a_passkey_gets_one() {
    let server = TestServer::start().await;
    let request = Request::new("openid").with("acr_values", "phr");
    let (browser, page) = led(&server, &request).await;
    assert_eq!(
        page.url.path(),
        "/account/factors/passkeys",
        "{}",
        page.body
    );
    let mut key = Key::new(&server);
    let credential = key.create(&options(&page)).to_string();
    let done = super::answer(&browser, &page, &credential, &[("name", "Key")]).await;
    assert_eq!(
        arrive(&server, &browser, &request, &onward(&browser, done).await).await,
        "phr"
    );
}

#[tokio::test]
async fn whoever_is_signed_in_enrols_at_once_and_arrives() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let request = Request::new("openid").with("acr_values", "mfa");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/account/factors", "{}", page.body);
    // Nothing but a factor leads on.
    let query = page.url.query().unwrap();
    let around = browser.visit(&format!("/continue?{query}")).await;
    assert_eq!(around.url.path(), "/account/factors");
    let around = browser.visit(&format!("/consent?{query}")).await;
    assert_eq!(around.url.path(), "/account/factors");
    let page = browser
        .visit(&format!("/account/factors/totp?{query}"))
        .await;
    let app = AuthenticatorApp::with_key(&page.text("key").unwrap());
    let done = browser.submit(&page, &[("code", &app.code(&server))]).await;
    assert_eq!(
        arrive(&server, &browser, &request, &onward(&browser, done).await).await,
        "mfa"
    );
    // By then there is a factor, but not the one that another app asks for.
    let request = Request::new("openid").with("acr_values", "phr");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/account/factors/passkeys");
    let credential = Key::new(&server).create(&options(&page)).to_string();
    let done = super::answer(&browser, &page, &credential, &[("name", "Key")]).await;
    let next = done.location().unwrap().to_string();
    assert_eq!(arrive(&server, &browser, &request, &next).await, "phr");
}

#[tokio::test]
async fn an_older_sign_in_is_confirmed_once_and_then_enrols() {
    let server = TestServer::start().await;
    let ttl = server.app.config.account.confirmation_ttl;
    for (value, path) in [
        ("mfa", "/account/factors"),
        ("phr", "/account/factors/passkeys"),
    ] {
        let browser = signed_in(&server).await;
        server.app.clock.advance(ttl + Duration::from_secs(1));
        let request = Request::new("openid").with("acr_values", value);
        let silent = request.clone().with("prompt", "none").send(&browser).await;
        assert_refused(&server, &silent, "login_required");
        let page = request.send(&browser).await;
        assert_eq!(page.url.path(), "/login", "{value}");
        let page = browser.sign_in(&page, CUSTOMER).await;
        assert_eq!(page.url.path(), path);
        let query = page.url.query().unwrap();
        let totp = browser
            .visit(&format!("/account/factors/totp?{query}"))
            .await;
        assert_eq!(totp.url.path(), "/account/factors/totp", "no third time");
    }
}

#[tokio::test]
async fn who_has_a_factor_is_asked_for_it_and_never_enrols_around_it() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    for (value, path) in [("mfa", "/consent"), ("phr", "/account/factors/passkeys")] {
        let browser = if value == "mfa" {
            Browser::new(&server)
        } else {
            // However short ago the password was.
            let page = Request::new("openid").with("acr_values", value);
            let page = page.send(&browser).await;
            assert_eq!(page.url.path(), "/login", "{value}");
            Browser::new(&server)
        };
        let request = Request::new("openid").with("acr_values", value);
        let page = request.send(&browser).await;
        let page = browser.sign_in(&page, CUSTOMER).await;
        assert_eq!(page.url.path(), "/login/factor", "{value}");
        let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
        assert_eq!(browser.follow(next).await.url.path(), path);
    }
    for value in ["mfa", "phr"] {
        let page = Request::new("openid").with("acr_values", value);
        let page = page.send(&browser).await;
        assert_eq!(page.url.path(), "/login", "{value}");
    }
}

#[tokio::test]
async fn an_app_that_asks_for_a_passkey_is_offered_no_code() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let request = Request::new("openid").with("acr_values", "phr");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/account/factors/passkeys");
    let query = page.url.query().unwrap().to_owned();
    let list = browser.visit(&format!("/account/factors?{query}")).await;
    for page in [&page, &list] {
        assert!(
            page.body.contains("Booking App asks for a sign-in that"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("uthenticator app"), "{}", page.body);
        assert!(!page.body.contains("id=\"add-totp\""));
        assert!(!page.body.contains("id=\"add-email\""));
        assert!(page.body.contains("id=\"cancel\""));
    }
    assert!(list.body.contains("id=\"add-passkey\""));
    // Without scripts, or in a browser that cannot, the page says so and leads back.
    assert!(page.body.contains("go back to it without a passkey"));
    let (_, hidden) = page.form();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let cancel = format!("/login/cancel?{query}");
    assert!(page.body.contains(&format!("action=\"{cancel}\"")));
    let back = browser.post(&cancel, &[("csrf", &csrf.1)]).await;
    assert_refused(&server, &back, "unmet_authentication_requirements");
    // Somebody who looks after the account has the choice.
    let page = browser.visit("/account/factors/passkeys").await;
    assert!(page.body.contains("add an authenticator app"));
    assert!(!page.body.contains("id=\"cancel\""));
}

#[tokio::test]
async fn a_request_that_is_over_does_not_undo_the_enrolment() {
    let server = TestServer::start().await;
    let request = Request::new("openid").with("acr_values", "phr");
    let (browser, page) = led(&server, &request).await;
    sqlx::query("DELETE FROM continuation")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let mut key = Key::new(&server);
    let credential = key.create(&options(&page)).to_string();
    let done = super::answer(&browser, &page, &credential, &[("name", "Key")]).await;
    let next = onward(&browser, done).await;
    assert_eq!(next, server.url("/account/factors"));
    enrol_passkey(&browser, &mut Key::new(&server), "Second").await;
}
