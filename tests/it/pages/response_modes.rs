//! How the answer travels: query, fragment, form post; always with `iss` (RFC 9207) and the `state`
//! to the letter.

use serde_json::json;

use super::told::{
    allow, assert_refused, assert_safe, change_client, form_action, header, settled, to_the_end,
};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CALLBACK, CUSTOMER, Request};
use crate::support::server::TestServer;

/// More than 128 characters, of every kind that encodings trip over.
fn long_state() -> String {
    format!(
        "{}+ %2B&=#'\"<>\\/?é\u{1f600}\u{202e}{{}}[]~end",
        "0123456789".repeat(20)
    )
}

/// The hidden fields of a form post.
fn field(page: &Page, name: &str) -> Option<String> {
    let (_, hidden) = page.form();
    hidden
        .into_iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value)
}

#[tokio::test]
async fn state_and_iss_arrive_intact_in_every_mode() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let state = long_state();
    for (mode, separator) in [(None, "?"), (Some("query"), "?"), (Some("fragment"), "#")] {
        for (prompt, expected) in [("none", "code"), ("none login", "error")] {
            let mut request = Request::new("openid")
                .with("state", &state)
                .with("prompt", prompt);
            if let Some(mode) = mode {
                request = request.with("response_mode", mode);
            }
            let page = request.send(&browser).await;
            let to = page.location().unwrap();
            let start = format!("{CALLBACK}{separator}{expected}=");
            assert!(to.as_str().starts_with(&start), "{to}");
            assert_eq!(page.answer("state"), Some(state.clone()));
            assert_eq!(page.answer("iss"), Some(server.issuer.clone()));
        }
    }
}

#[tokio::test]
async fn state_survives_sign_in_and_consent() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("state", &long_state());
    let page = to_the_end(&browser, request.send(&browser).await, CUSTOMER).await;
    assert!(page.answer("code").is_some());
    assert_eq!(page.answer("state"), Some(long_state()));
    assert_eq!(page.answer("iss"), Some(server.issuer.clone()));
}

#[tokio::test]
async fn without_a_state_none_is_sent() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid").without("state").send(&browser).await;
    assert!(page.answer("code").is_some() && page.answer("iss").is_some());
    assert_eq!(page.answer("state"), None);
}

#[tokio::test]
async fn a_redirect_is_neither_kept_nor_told_to_others() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid").send(&browser).await;
    // 303: the browser turns to GET, so that no form is sent on (RFC 9700, section 4.12).
    assert_eq!(page.status, 303);
    assert_eq!(header(&page, "cache-control"), Some("no-store"));
    assert_eq!(header(&page, "referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn form_post_posts_itself_or_by_its_button() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let state = long_state();
    let page = Request::new("openid")
        .with("response_mode", "form_post")
        .with("state", &state)
        .send(&browser)
        .await;
    assert_eq!((page.status, page.location()), (200, None));
    assert_safe(&page);
    let (action, _) = page.form();
    assert_eq!(action, CALLBACK);
    assert!(field(&page, "code").is_some());
    assert_eq!(field(&page, "state"), Some(state));
    assert_eq!(field(&page, "iss"), Some(server.issuer.clone()));
    assert_eq!(
        field(&page, "csrf"),
        None,
        "our token is not the client's to know"
    );
    let noscript = page.body.split("<noscript>").nth(1).unwrap();
    assert!(
        noscript
            .split("</noscript>")
            .next()
            .unwrap()
            .contains("<button")
    );
    assert_eq!(page.body.matches("<script>").count(), 1);
}

#[tokio::test]
async fn form_post_leads_to_the_client_and_on_from_there() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = Request::new("openid").with("response_mode", "form_post");
    let page = request.send(&browser).await;
    assert_eq!(form_action(&page), "http:");
    let change = json!({ "redirect_uris": ["https://app.example/cb?x=1"] });
    change_client(&server, "booking-app", change).await;
    let page = request
        .with("redirect_uri", "https://app.example/cb?x=1")
        .send(&browser)
        .await;
    assert_eq!(form_action(&page), "https:");
    assert_eq!(page.form().0, "https://app.example/cb?x=1");
}

#[tokio::test]
async fn errors_are_posted_too() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid")
        .with("response_mode", "form_post")
        .with("prompt", "none")
        .send(&browser)
        .await;
    assert_safe(&page);
    assert_eq!(field(&page, "error").as_deref(), Some("login_required"));
    assert_eq!(field(&page, "state").as_deref(), Some("the-state"));
    assert_eq!(field(&page, "iss"), Some(server.issuer.clone()));
    assert_eq!(field(&page, "code"), None);
}

#[tokio::test]
async fn form_post_comes_after_sign_in_and_consent() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("response_mode", "form_post");
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    let page = allow(&browser, &page).await;
    assert_eq!(page.form().0, CALLBACK);
    assert!(field(&page, "code").is_some());
}

#[tokio::test]
async fn pages_let_their_forms_lead_to_the_client() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid").send(&browser).await;
    assert_eq!(form_action(&page), "'self' http:");
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
    assert_eq!(form_action(&page), "'self' http:");
}

#[tokio::test]
async fn an_unknown_mode_is_refused_in_the_default_one() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for mode in [
        "jwt",
        "query.jwt",
        "web_message",
        "Query",
        "form_post fragment",
    ] {
        let page = Request::new("openid")
            .with("response_mode", mode)
            .send(&browser)
            .await;
        assert_refused(&server, &page, "invalid_request");
    }
}
