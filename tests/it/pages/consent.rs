//! Consent: asked once, asked again for what is new, as easily denied as allowed.

use serde_json::json;

use super::told::{
    allow, answers, assert_code, assert_refused, assert_safe, change_client, csrf, english,
    settled, sql, to_the_end, tokens_in,
};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, CUSTOMER, Request, text};
use crate::support::server::TestServer;

/// A browser in which a person sees the consent page of a request.
async fn asked(server: &TestServer, request: &Request) -> (Browser, Page) {
    let browser = english(server).await;
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
    (browser, page)
}

/// The list items of a page that are marked as new.
fn marked_new(page: &Page) -> Vec<&str> {
    page.body
        .split("<li>")
        .skip(1)
        .map(|item| &item[..item.find("</li>").unwrap()])
        .filter(|item| item.contains(">New<"))
        .map(|item| {
            let text = item.trim_start_matches("<span>");
            &text[..text.find('<').unwrap()]
        })
        .collect()
}

#[tokio::test]
async fn the_page_says_who_asks_for_what() {
    let server = TestServer::start().await;
    let change = json!({
        "policy_uri": "https://app.example/policy",
        "tos_uri": "https://app.example/terms",
        "logo_uri": "https://app.example/logo.png",
    });
    change_client(&server, "booking-app", change).await;
    let (_, page) = asked(&server, &Request::new("openid email bookings:read")).await;
    assert_safe(&page);
    for words in [
        "Booking App",
        "localhost:3002",
        CUSTOMER,
        "See your email address",
        "See your bookings",
        "https://app.example/policy",
        "https://app.example/terms",
        // From here: no page of ours loads anything from elsewhere.
        "src=\"/clients/booking-app/logo?lang=en\"",
        "has not verified this app",
        "id=\"consent-allow\"",
        "id=\"consent-deny\"",
    ] {
        assert!(
            page.body.contains(words),
            "{words} is not in\n{}",
            page.body
        );
    }
    assert_eq!(
        marked_new(&page),
        Vec::<&str>::new(),
        "all is new, so nothing is marked"
    );
}

#[tokio::test]
async fn what_was_allowed_is_remembered() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid email profile", CUSTOMER).await;
    for scope in ["openid email profile", "openid email", "openid"] {
        assert_code(&server, &Request::new(scope).send(&browser).await);
    }
    // Also in another browser, but not for another person or another client.
    let browser = Browser::new(&server);
    let page = Request::new("openid email").send(&browser).await;
    assert_code(&server, &browser.sign_in(&page, CUSTOMER).await);
    let page = Request::new("openid email")
        .with("client_id", "booking-spa")
        .with("redirect_uri", "http://127.0.0.1:5000/callback")
        .send(&browser)
        .await;
    assert_eq!(page.url.path(), "/consent");
    let browser = Browser::new(&server);
    let page = Request::new("openid email").send(&browser).await;
    let page = browser.sign_in(&page, ADMIN).await;
    assert_eq!(page.url.path(), "/consent");
}

#[tokio::test]
async fn a_new_scope_is_asked_about_and_marked() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid profile", CUSTOMER).await;
    let page = Request::new("openid profile email").send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    assert_eq!(marked_new(&page), ["See your email address"]);
    let granted = page.body.split("<details>").nth(1).unwrap();
    assert!(
        granted.contains("See your profile"),
        "what was allowed is folded away"
    );
    assert_code(&server, &allow(&browser, &page).await);
}

#[tokio::test]
async fn offline_access_is_never_granted_unasked() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = Request::new("openid offline_access");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    assert_eq!(
        marked_new(&page),
        ["Keep this access while you are not using it"]
    );
    let tokens = tokens_in(&server, &browser, &request, CUSTOMER).await;
    text(&tokens, "refresh_token");
}

#[tokio::test]
async fn a_first_party_client_is_not_asked_about_but_for_offline_access() {
    let server = TestServer::start().await;
    sql(
        &server,
        "UPDATE client SET first_party = true WHERE client_id = 'booking-app'",
    )
    .await;
    server.app.clients.invalidate("booking-app");
    let browser = Browser::new(&server);
    let page = Request::new("openid profile email").send(&browser).await;
    assert_code(&server, &browser.sign_in(&page, CUSTOMER).await);
    let page = Request::new("openid offline_access").send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    assert_code(&server, &allow(&browser, &page).await);
    let page = Request::new("openid")
        .with("prompt", "consent")
        .send(&browser)
        .await;
    assert_eq!(
        page.url.path(),
        "/consent",
        "prompt=consent asks whoever it is"
    );
}

#[tokio::test]
async fn denying_tells_the_client() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid email")).await;
    let denied = browser.submit(&page, &[("decision", "deny")]).await;
    assert_refused(&server, &denied, "access_denied");
    assert_eq!(answers(&denied).len(), 4);
    // Nothing was remembered of it, and the request is over.
    let page = Request::new("openid email").send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
}

#[tokio::test]
async fn a_decision_that_is_none_asks_again() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid")).await;
    for fields in [&[][..], &[("decision", "maybe")]] {
        let next = browser.submit(&page, fields).await;
        assert_eq!(browser.follow(next).await.url.path(), "/consent");
    }
}

#[tokio::test]
async fn two_clicks_on_allow_make_one_code() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid")).await;
    let first = browser.submit(&page, &[("decision", "allow")]).await;
    let second = browser.submit(&page, &[("decision", "allow")]).await;
    assert_code(&server, &browser.follow(first).await);
    let second = browser.follow(second).await;
    assert_eq!(
        second.text("error-code").as_deref(),
        Some("request_expired")
    );
}

/// The form was shown to one person, and another signed in in a second tab: what the one was asked,
/// the other has not answered.
#[tokio::test]
async fn one_person_cannot_answer_for_another() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid email")).await;
    let other_tab = Request::new("openid")
        .with("prompt", "login")
        .send(&browser)
        .await;
    browser.sign_in(&other_tab, ADMIN).await;
    let next = browser.submit(&page, &[("decision", "allow")]).await;
    let again = browser.follow(next).await;
    assert_eq!(again.url.path(), "/consent");
    assert!(again.body.contains(ADMIN) && !again.body.contains(CUSTOMER));
    assert_code(&server, &allow(&browser, &again).await);
}

/// Consent was given, but before the code was fetched another person signed in.
#[tokio::test]
async fn consent_does_not_pass_to_the_next_person() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid email")).await;
    let allowed = browser.submit(&page, &[("decision", "allow")]).await;
    let to_continue = allowed.location().unwrap();
    assert_eq!(to_continue.path(), "/continue");
    let other_tab = Request::new("openid")
        .with("prompt", "login")
        .send(&browser)
        .await;
    browser.sign_in(&other_tab, ADMIN).await;
    let page = browser.visit(to_continue.as_str()).await;
    assert_eq!(page.url.path(), "/consent");
    assert!(page.body.contains(ADMIN));
}

#[tokio::test]
async fn not_you_leads_to_another_account() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid email")).await;
    let continuation = page.url.query().unwrap();
    let choice = browser
        .get(&format!("/select-account?{continuation}"))
        .await;
    let next = browser.submit(&choice, &[("choice", "other")]).await;
    let login = browser.follow(next).await;
    assert_eq!(login.url.path(), "/login");
    let page = to_the_end(&browser, login, ADMIN).await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn consent_needs_a_session() {
    let server = TestServer::start().await;
    let (browser, page) = asked(&server, &Request::new("openid")).await;
    let home = browser.get("/").await;
    browser
        .post("/logout/confirm", &[("csrf", &csrf(&home))])
        .await;
    let next = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(browser.follow(next).await.url.path(), "/login");
}

#[tokio::test]
async fn strangers_text_stays_text() {
    let server = TestServer::start().await;
    let change = json!({
        "client_name": "<script>alert(1)</script>\u{202e}evil",
        "policy_uri": "javascript:alert(1)",
        "client_name#fr": null,
    });
    change_client(&server, "booking-app", change).await;
    let (_, page) = asked(&server, &Request::new("openid")).await;
    assert_safe(&page);
    assert!(!page.body.contains("<script") && !page.body.contains("javascript:"));
    assert!(!page.body.contains('\u{202e}'));
}

#[tokio::test]
async fn another_api_is_asked_about() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid bookings:read", CUSTOMER).await;
    let request = Request::new("openid bookings:read")
        .with("resource", "http://localhost:3003")
        .with("resource", "http://localhost:3004");
    let silent = request.clone().with("prompt", "none");
    let page = silent.send(&browser).await;
    assert_refused(&server, &page, "consent_required");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    assert_code(&server, &allow(&browser, &page).await);
    assert_code(&server, &silent.send(&browser).await);
}
