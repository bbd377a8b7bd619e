//! Redirect URIs: compared as text (RFC 9700, section 2.1); what is not registered never gets a
//! redirect (RFC 6749, section 4.1.2.1).

use serde_json::json;

use super::told::{assert_code, assert_told, change_client, form_action, settled, to_the_end};
use crate::support::browser::Browser;
use crate::support::flow::{CALLBACK, CUSTOMER, Code, Request};
use crate::support::server::TestServer;

/// A request of the public client.
fn of_spa(redirect_uri: &str) -> Request {
    Request::new("openid")
        .with("client_id", "booking-spa")
        .with("redirect_uri", redirect_uri)
}

#[tokio::test]
async fn an_unregistered_or_altered_uri_never_gets_a_redirect() {
    let server = TestServer::start().await;
    // Signed in and consented: nothing but the address stands between the request and a code.
    let browser = settled(&server, "openid", CUSTOMER).await;
    for uri in [
        "https://evil.example/callback",
        "http://localhost:3002/callback/",
        "http://localhost:3002/callback?x=1",
        "http://localhost:3002/callback#x",
        "http://localhost:3002/Callback",
        "http://LOCALHOST:3002/callback",
        "http://localhost:3002/%63allback",
        "http://localhost:3002/a/../callback",
        "http://localhost:3002//callback",
        "http://localhost:3003/callback",
        "http://localhost/callback",
        "https://localhost:3002/callback",
        "http://127.0.0.1:3002/callback",
        "http://user@localhost:3002/callback",
        "http://localhost:3002@evil.example/callback",
        "http://localhost:3002/callback\\@evil.example",
        "http://localhost:3002/callback\r\nSet-Cookie: x=y",
        " http://localhost:3002/callback",
        "javascript:alert(1)",
        "//localhost:3002/callback",
        "/callback",
    ] {
        for prompt in ["none", "login"] {
            let request = Request::new("openid")
                .with("redirect_uri", uri)
                .with("prompt", prompt);
            let page = browser.get_with("/authorize", &request.pairs()).await;
            assert_told(&page, 400, "invalid_request");
            assert!(!page.body.contains("://evil.example"), "no link to {uri}");
        }
    }
}

#[tokio::test]
async fn other_errors_do_not_make_a_bad_uri_good() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let bad = Request::new("openid").with("redirect_uri", "https://evil.example/");
    for request in [
        bad.clone().without("response_type"),
        bad.clone().with("response_mode", "form_post"),
        bad.clone().with("prompt", "none login"),
        bad.clone().without("scope"),
        bad.with("request", "x.y.z"),
    ] {
        assert_told(&request.send(&browser).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_missing_uri_means_the_only_one_registered() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").without("redirect_uri");
    let page = to_the_end(&browser, request.send(&browser).await, CUSTOMER).await;
    let code = assert_code(&server, &page);
    assert!(page.location().unwrap().as_str().starts_with(CALLBACK));
    // RFC 6749, section 4.1.3: it was not sent there, so it need not be sent here.
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", request.verifier.as_str()),
    ];
    let (status, tokens) = server
        .post_as(("booking-app", "booking-app-secret"), "/token", &form)
        .await;
    assert_eq!(status, 200, "{tokens}");
}

#[tokio::test]
async fn a_missing_uri_among_several_is_told_to_the_person() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for request in [of_spa("").without("redirect_uri"), of_spa("")] {
        assert_told(&request.send(&browser).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_native_app_may_use_any_port_of_its_loopback_address() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for uri in [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:49152/callback",
        "http://127.0.0.1:1/callback",
    ] {
        let request = of_spa(uri);
        let page = to_the_end(&browser, request.send(&browser).await, CUSTOMER).await;
        let code = Code {
            code: assert_code(&server, &page),
            verifier: request.verifier.clone(),
            redirect_uri: uri.to_owned(),
        };
        let to = page.location().unwrap();
        assert!(to.as_str().starts_with(&format!("{uri}?")), "{to}");
        let mut form = code.form();
        form.push(("client_id", "booking-spa"));
        let (status, tokens) = server.post("/token", &form).await;
        assert_eq!(status, 200, "{tokens}");
    }
}

#[tokio::test]
async fn only_the_port_of_a_loopback_address_is_free() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for uri in [
        "http://127.0.0.1:49152/other",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:49152@evil.example/callback",
        "http://127.0.0.2:49152/callback",
        "http://[::1]:49152/callback",
        "https://127.0.0.1:49152/callback",
        // `localhost` may resolve elsewhere (RFC 8252, section 8.3): registered to the letter.
        "http://localhost:49152/callback",
    ] {
        let page = of_spa(uri).send(&browser).await;
        assert_told(&page, 400, "invalid_request");
    }
}

#[tokio::test]
async fn a_registered_query_is_kept() {
    let server = TestServer::start().await;
    let uri = "http://localhost:3002/callback?tenant=a%20b&x";
    let change = json!({ "redirect_uris": [CALLBACK, uri] });
    change_client(&server, "booking-app", change).await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("redirect_uri", uri);
    let page = to_the_end(&browser, request.send(&browser).await, CUSTOMER).await;
    let to = page.location().unwrap();
    assert!(to.as_str().starts_with(&format!("{uri}&code=")), "{to}");
    assert_eq!(page.answer("iss"), Some(server.issuer.clone()));
    let refused = request.with("prompt", "none login").send(&browser).await;
    let to = refused.location().unwrap();
    assert!(to.as_str().starts_with(&format!("{uri}&error=")), "{to}");
}

#[tokio::test]
async fn a_repeated_client_or_uri_is_told_to_the_person() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for repeated in [
        &[("client_id", "booking-app")][..],
        &[("client_id", "booking-spa")],
        &[("redirect_uri", CALLBACK)],
        &[("redirect_uri", "https://evil.example/")],
        // Whatever else is repeated before them.
        &[("state", "x"), ("client_id", "booking-app")],
        &[
            ("acr_values", "a"),
            ("acr_values", "b"),
            ("redirect_uri", CALLBACK),
        ],
    ] {
        let request = Request::new("openid");
        for first in [false, true] {
            let mut params = request.pairs();
            if first {
                params.splice(0..0, repeated.iter().copied());
            } else {
                params.extend(repeated);
            }
            let page = browser.get_with("/authorize", &params).await;
            assert_told(&page, 400, "invalid_request");
        }
    }
}

#[tokio::test]
async fn an_unknown_client_is_told_to_the_person() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for client_id in ["nobody", "booking-app ", "BOOKING-APP", "", "é", "a\u{1}b"] {
        let page = Request::new("openid")
            .with("client_id", client_id)
            .send(&browser)
            .await;
        assert_told(&page, 400, "invalid_request");
    }
    let page = Request::new("openid")
        .without("client_id")
        .send(&browser)
        .await;
    assert_told(&page, 400, "invalid_request");
    // A client without any address to go to.
    let page = Request::new("openid")
        .with("client_id", "booking-batch")
        .send(&browser)
        .await;
    assert_told(&page, 400, "invalid_request");
}

#[tokio::test]
async fn a_native_app_may_have_a_scheme_of_its_own() {
    let server = TestServer::start().await;
    let uri = "com.example.app:/callback";
    let change = json!({ "redirect_uris": [uri], "application_type": "native" });
    change_client(&server, "booking-app", change).await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("redirect_uri", uri);
    let page = request.send(&browser).await;
    assert_eq!(form_action(&page), "'self' com.example.app:");
    let page = to_the_end(&browser, page, CUSTOMER).await;
    assert_code(&server, &page);
    let to = page.location().unwrap();
    assert!(to.as_str().starts_with(&format!("{uri}?code=")), "{to}");
    let other = request.with("redirect_uri", "com.example.app:/other");
    assert_told(&other.send(&browser).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_native_app_gets_no_code_without_the_person() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = of_spa("http://127.0.0.1:49152/callback");
    let page = to_the_end(&browser, request.send(&browser).await, CUSTOMER).await;
    assert_code(&server, &page);
    // Allowed before; but any program of the machine could be listening there (RFC 8252, 8.6).
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    let silent = request.with("prompt", "none").send(&browser).await;
    assert_eq!(silent.answer("error").as_deref(), Some("consent_required"));
    // A page of the web on https or, in development, on localhost is known by its address.
    let request = of_spa("http://localhost:3005/callback");
    assert_code(&server, &request.send(&browser).await);
}
