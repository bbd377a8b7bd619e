//! Forms are taken only from the browser that they were shown to.

use super::told::{assert_code, assert_told, csrf, english, settled};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

/// Tokens that are not this browser's: none, an empty one, a wrong one, another browser's.
async fn wrong_tokens(server: &TestServer) -> Vec<Option<String>> {
    let another = Browser::new(server).get("/login").await;
    vec![
        None,
        Some(String::new()),
        Some("x".repeat(43)),
        Some(csrf(&another)),
    ]
}

/// Posts a form with a token.
async fn post(browser: &Browser, to: &str, token: Option<&str>, fields: &[(&str, &str)]) -> Page {
    let mut form: Vec<(&str, &str)> = token.into_iter().map(|token| ("csrf", token)).collect();
    form.extend(fields);
    browser.post(to, &form).await
}

#[tokio::test]
async fn sign_in() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let login = Request::new("openid").send(&browser).await;
    let fields = [
        ("username", CUSTOMER),
        ("password", auth_api::cli::demo::PASSWORD),
    ];
    for to in ["/login", login.url.as_str()] {
        for token in wrong_tokens(&server).await {
            let page = post(&browser, to, token.as_deref(), &fields).await;
            assert_eq!((page.status, page.location()), (422, None));
            assert!(page.body.contains("open for too long"), "{}", page.body);
            assert!(
                !page.headers.contains_key("set-cookie"),
                "nobody was signed in"
            );
        }
    }
    // The page that told so has a good form again.
    let page = post(&browser, "/login", None, &fields).await;
    let page = browser.submit(&page, &fields).await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn consent_account_choice_and_cancelling() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid")
        .with("prompt", "consent")
        .send(&browser)
        .await;
    let (action, _) = page.form();
    let continuation = page.url.query().unwrap();
    for to in [
        action.clone(),
        format!("/select-account?{continuation}"),
        format!("/login/cancel?{continuation}"),
    ] {
        for token in wrong_tokens(&server).await {
            let fields = [("decision", "allow"), ("choice", "other")];
            let page = post(&browser, &to, token.as_deref(), &fields).await;
            assert_told(&page, 403, "form_expired");
            assert!(
                page.body.contains(&format!("/continue?{continuation}")),
                "a way on"
            );
        }
    }
    let page = post(
        &browser,
        &action,
        Some(&csrf(&page)),
        &[("decision", "allow")],
    )
    .await;
    assert_code(&server, &browser.follow(page).await);
}

#[tokio::test]
async fn sign_out() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for token in wrong_tokens(&server).await {
        let page = post(&browser, "/logout/confirm", token.as_deref(), &[]).await;
        assert_told(&page, 403, "form_expired");
    }
    let page = browser.get("/").await;
    assert!(page.body.contains(CUSTOMER), "still signed in");
}

#[tokio::test]
async fn a_form_must_be_encoded_as_one() {
    let server = TestServer::start().await;
    for path in [
        "/login",
        "/login/cancel",
        "/consent",
        "/select-account",
        "/logout/confirm",
    ] {
        let request = server.http.post(server.url(path)).body("csrf=x");
        let page = super::told::raw(request.header("content-type", "text/plain")).await;
        assert_told(&page, 415, "invalid_request");
    }
}
