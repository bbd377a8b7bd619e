//! PKCE (RFC 7636; RFC 9700, section 2.1.1) as the authorization endpoint asks for it.

use super::told::{assert_code, assert_refused, settled, sql};
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_challenge_is_required() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = Request::new("openid").without("code_challenge");
    for request in [request.clone(), request.without("code_challenge_method")] {
        let page = request.send(&browser).await;
        assert_refused(&server, &page, "invalid_request");
    }
    let page = Request::new("openid")
        .with("client_id", "booking-spa")
        .with("redirect_uri", "http://127.0.0.1:5000/callback")
        .without("code_challenge")
        .without("code_challenge_method")
        .send(&browser)
        .await;
    assert_eq!(page.answer("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn only_s256_is_taken() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = Request::new("openid");
    for method in ["plain", "s256", "S512"] {
        let page = request
            .clone()
            .with("code_challenge_method", method)
            .send(&browser)
            .await;
        assert_refused(&server, &page, "invalid_request");
    }
    // Without a method it would be plain (section 4.3).
    let page = request
        .without("code_challenge_method")
        .send(&browser)
        .await;
    assert_refused(&server, &page, "invalid_request");
}

#[tokio::test]
async fn a_malformed_challenge_is_refused() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let good = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let page = Request::new("openid")
        .with("code_challenge", good)
        .send(&browser)
        .await;
    assert_code(&server, &page);
    for bad in [
        &good[1..],
        &format!("{good}="),
        &format!("{good}A"),
        &good.replace('-', "+"),
    ] {
        let page = Request::new("openid")
            .with("code_challenge", bad)
            .send(&browser)
            .await;
        assert_refused(&server, &page, "invalid_request");
    }
}

#[tokio::test]
async fn a_confidential_client_may_be_registered_without() {
    let server = TestServer::start().await;
    sql(
        &server,
        "UPDATE client SET require_pkce = false WHERE client_id = 'booking-app'",
    )
    .await;
    server.app.clients.invalidate(BOOKING_APP.0);
    let browser = Browser::new(&server);
    let request = Request::new("openid")
        .without("code_challenge")
        .without("code_challenge_method");
    let code = request.code(&browser, CUSTOMER).await;
    // RFC 9700, section 4.8.2: a verifier without a challenge is a downgrade.
    let (status, error) = code.redeem(&server).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    let code = request.code(&browser, CUSTOMER).await;
    let mut form = code.form();
    form.retain(|(name, _)| *name != "code_verifier");
    let (status, tokens) = server.post_as(BOOKING_APP, "/token", &form).await;
    assert_eq!(status, 200, "{tokens}");
    // Never plain.
    let page = Request::new("openid")
        .with("code_challenge_method", "plain")
        .send(&browser)
        .await;
    assert_refused(&server, &page, "invalid_request");
}
