//! `acr_values`, the `acr` claim, roles that demand a second factor, `prompt=create`.

use super::enter;
use crate::pages::told::{assert_code, assert_refused, settled};
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, payload};
use crate::support::server::TestServer;

#[tokio::test]
async fn who_asks_for_a_second_factor_gets_one() {
    let server = TestServer::start().await;
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("acr_values", "mfa");
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    let consent = browser.follow(next).await;
    let next = browser.submit(&consent, &[("decision", "allow")]).await;
    assert_code(&server, &browser.follow(next).await);
    // The session has it, so the next request is silent.
    let silent = request.with("prompt", "none");
    let code = silent.code(&browser, CUSTOMER).await;
    let (_, tokens) = code.redeem(&server).await;
    let claims = payload(tokens["id_token"].as_str().unwrap());
    assert_eq!(claims["acr"], "mfa");
}

#[tokio::test]
async fn who_has_none_is_led_to_enrol_one_or_the_client_gets_an_error() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["mfa"]}}}"#;
    for request in [
        Request::new("openid").with("acr_values", "mfa"),
        Request::new("openid").with("claims", claims),
    ] {
        let silent = request.clone().with("prompt", "none");
        let page = silent.send(&browser).await;
        assert_refused(&server, &page, "interaction_required");
        // A sign-in by password does not do, and there is nothing else to ask for.
        let page = request.send(&browser).await;
        assert_eq!(page.url.path(), "/account/factors", "{}", page.body);
        let continuation = page.url.query().unwrap().to_owned();
        let (_, hidden) = page.form();
        let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
        let cancel = format!("/login/cancel?{continuation}");
        let back = browser.post(&cancel, &[("csrf", &csrf.1)]).await;
        assert_refused(&server, &back, "unmet_authentication_requirements");
    }
}

#[tokio::test]
async fn an_unknown_class_is_voluntary_unless_it_is_essential() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid")
        .with("acr_values", "gold")
        .send(&browser)
        .await;
    assert_code(&server, &page);
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["gold"]}}}"#;
    let page = Request::new("openid")
        .with("claims", claims)
        .send(&browser)
        .await;
    assert_refused(&server, &page, "unmet_authentication_requirements");
}

#[tokio::test]
async fn a_role_that_demands_a_second_factor_leads_through_enrolment() {
    let server = TestServer::start().await;
    sqlx::query(
        "INSERT INTO role_policy (id_role, second_factor_required)
         SELECT id_role, true FROM role WHERE name = 'customer'",
    )
    .execute(&server.app.pool)
    .await
    .unwrap();
    let browser = Browser::new(&server);
    let request = Request::new("openid");
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/account/factors", "{}", page.body);
    // Until then there is no way to anything else.
    for path in ["/account", "/account/profile", "/account/sessions"] {
        assert_eq!(browser.visit(path).await.url.path(), "/account/factors");
    }
    let silent = request.with("prompt", "none").send(&browser).await;
    assert_refused(&server, &silent, "interaction_required");
}

#[tokio::test]
async fn an_account_can_be_made_on_the_way() {
    let server = TestServer::start().await;
    let request = Request::new("openid").with("prompt", "create");
    let browser = Browser::new(&server);
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/create-account");
    assert!(page.body.contains("Booking App") || page.body.contains("Appli de réservation"));
    // Whoever has an account already signs in and goes on.
    let sign_in = page.url.as_str().replace("/create-account", "/login");
    let page = browser.visit(&sign_in).await;
    assert_eq!(page.url.path(), "/login");
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
}
