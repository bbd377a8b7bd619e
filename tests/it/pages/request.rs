//! The authorization request's parameters (OpenID Connect Core 1.0, section 3.1.2.1).

use serde_json::json;

use super::told::{
    assert_code, assert_refused, assert_told, change_client, raw, set_cookies, settled, to_the_end,
};
use crate::support::browser::Browser;
use crate::support::flow::{CALLBACK, CUSTOMER, Request};
use crate::support::server::TestServer;

#[tokio::test]
async fn get_and_post_mean_the_same() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    browser.get("/").await;
    let request = Request::new("openid");
    let page = browser.post("/authorize", &request.pairs()).await;
    let page = browser.follow(page).await;
    assert_eq!(page.url.path(), "/login");
    let page = to_the_end(&browser, page, CUSTOMER).await;
    assert_code(&server, &page);
    // With the session, by both methods, without another page.
    let by_get = browser.get_with("/authorize", &request.pairs()).await;
    assert_code(&server, &by_get);
    let by_post = browser.post("/authorize", &request.pairs()).await;
    assert_code(&server, &by_post);
}

/// A browser keeps `SameSite=Lax` cookies back when another site posts a form: the post leads to a
/// GET, with which they are sent, and does not replace the cookie that was kept back.
#[tokio::test]
async fn a_post_from_another_site_finds_the_session() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = Request::new("openid")
        .with("prompt", "none")
        .with("state", "a b&c=é");
    let form = server.http.post(server.url("/authorize"));
    let page = raw(form.form(&request.pairs())).await;
    assert_eq!(page.status, 303);
    assert_eq!(set_cookies(&page), Vec::<&str>::new());
    let page = browser.get(page.location().unwrap().as_str()).await;
    assert!(page.answer("code").is_some(), "{:?}", page.location());
    assert_eq!(page.answer("state").as_deref(), Some("a b&c=é"));
}

#[tokio::test]
async fn a_post_must_be_a_form() {
    let server = TestServer::start().await;
    let url = server.url("/authorize");
    let page = raw(server.http.post(&url).json(&json!({ "client_id": "x" }))).await;
    assert_told(&page, 415, "invalid_request");
    let large = format!("state={}", "x".repeat(70_000));
    let form = "application/x-www-form-urlencoded";
    let page = raw(server
        .http
        .post(&url)
        .header("content-type", form)
        .body(large))
    .await;
    assert_told(&page, 413, "invalid_request");
}

#[tokio::test]
async fn unknown_parameters_are_ignored() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid")
        .with("foo", "bar")
        .with("display", "hologram")
        .with("claims_locales", "tlh x-y")
        .with("ui_locales", "tlh \u{e9} *")
        .with("acr_values", "urn:nothing")
        .with("login_hint", "tel:+33 1")
        .with("é", "ü")
        .send(&browser)
        .await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for name in [
        "scope",
        "nonce",
        "prompt",
        "code_challenge",
        "response_type",
        "state",
        "foo",
    ] {
        let request = Request::new("openid")
            .with("prompt", "none")
            .with("foo", "1");
        let mut params = request.pairs();
        params.push((name, "the-state"));
        let page = browser.get_with("/authorize", &params).await;
        assert_refused(&server, &page, "invalid_request");
    }
}

#[tokio::test]
async fn an_empty_parameter_is_as_if_omitted() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let mut request = Request::new("openid");
    for name in [
        "prompt",
        "max_age",
        "claims",
        "response_mode",
        "id_token_hint",
        "request",
    ] {
        request = request.with(name, "");
    }
    assert_code(&server, &request.send(&browser).await);
}

#[tokio::test]
async fn response_type_must_be_code() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let missing = Request::new("openid").without("response_type");
    assert_refused(&server, &missing.send(&browser).await, "invalid_request");
    for other in [
        "token",
        "id_token",
        "code id_token",
        "code token",
        "none",
        "CODE",
        "code code",
    ] {
        let page = Request::new("openid")
            .with("response_type", other)
            .send(&browser)
            .await;
        assert_refused(&server, &page, "unsupported_response_type");
    }
}

#[tokio::test]
async fn scope_values_that_are_unknown_are_ignored() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid something:else").send(&browser).await;
    assert_code(&server, &page);
    for bad in ["something:else", "a\"b", "openid \u{e9}"] {
        let page = Request::new(bad).send(&browser).await;
        assert_refused(&server, &page, "invalid_scope");
    }
    let page = Request::new("").send(&browser).await;
    assert_refused(&server, &page, "invalid_scope");
}

#[tokio::test]
async fn what_is_not_supported_is_said() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        let page = Request::new("openid").with(name, "x").send(&browser).await;
        assert_refused(&server, &page, error);
    }
    let page = Request::new("openid")
        .with("response_mode", "query.jwt")
        .send(&browser)
        .await;
    assert_refused(&server, &page, "invalid_request");
    let page = Request::new("openid")
        .with("resource", "https://unknown.example")
        .send(&browser)
        .await;
    assert_refused(&server, &page, "invalid_target");
}

#[tokio::test]
async fn a_client_without_the_grant_is_told_so() {
    let server = TestServer::start().await;
    let change = json!({ "redirect_uris": [CALLBACK] });
    change_client(&server, "booking-batch", change).await;
    let page = Request::new("artists:read")
        .with("client_id", "booking-batch")
        .send(&Browser::new(&server))
        .await;
    assert_refused(&server, &page, "unauthorized_client");
}

#[tokio::test]
async fn broken_encodings_are_told_to_the_person() {
    let server = TestServer::start().await;
    for query in [
        "client_id=%",
        "client_id=%ff",
        "client_id=booking-app&state=%00",
        "%zz=1",
    ] {
        let page = raw(server.http.get(server.url(&format!("/authorize?{query}")))).await;
        assert_told(&page, 400, "invalid_request");
    }
    let many = "a=1&".repeat(200);
    let page = raw(server.http.get(server.url(&format!("/authorize?{many}")))).await;
    assert_told(&page, 400, "invalid_request");
}

#[tokio::test]
async fn an_opaque_parameter_has_a_limit() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid")
        .with("nonce", &"n".repeat(3000))
        .send(&browser)
        .await;
    assert_refused(&server, &page, "invalid_request");
    let page = Request::new("openid")
        .with("state", &"s".repeat(3000))
        .send(&browser)
        .await;
    assert_eq!(page.answer("error").as_deref(), Some("invalid_request"));
    assert_eq!(page.answer("state"), None, "not repeated, and never cut");
}
