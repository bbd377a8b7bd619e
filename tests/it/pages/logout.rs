//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): who is asked, and what ends.

use serde_json::Value;

use super::told::{assert_code, assert_refused, assert_safe, raw, set_cookies, settled, tokens_in};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request, refresh, text};
use crate::support::server::TestServer;

pub const HOME: &str = "http://localhost:3002/";

/// A signed-in browser with tokens of `booking-app`.
pub async fn signed_in(server: &TestServer) -> (Browser, Value) {
    let browser = Browser::new(server);
    let tokens = tokens_in(server, &browser, &Request::new("openid email"), CUSTOMER).await;
    (browser, tokens)
}

pub async fn is_signed_in(server: &TestServer, browser: &Browser) -> bool {
    let page = Request::new("openid")
        .with("prompt", "none")
        .send(browser)
        .await;
    if page.answer("code").is_some() {
        assert_code(server, &page);
        return true;
    }
    assert_refused(server, &page, "login_required");
    false
}

pub async fn logout(browser: &Browser, params: &[(&str, &str)]) -> Page {
    browser.get_with("/logout", params).await
}

pub fn assert_asked(page: &Page) {
    assert_eq!((page.status, page.location()), (200, None));
    assert!(page.body.contains("id=\"logout-confirm\""), "{}", page.body);
    assert_safe(page);
}

pub fn assert_over(page: &Page) {
    assert_eq!((page.status, page.location()), (200, None));
    assert!(!page.body.contains("<form"), "{}", page.body);
    assert_safe(page);
}

#[tokio::test]
async fn post_is_as_good_as_get() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = browser.post("/logout", &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
    assert!(!is_signed_in(&server, &browser).await);
}

/// As a browser sends it when the app's own page posts the form: without `SameSite=Lax` cookies.

#[tokio::test]
async fn a_post_from_another_site_ends_the_session_too() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = raw(server.http.post(server.url("/logout")).form(&params)).await;
    assert_eq!((page.status, set_cookies(&page)), (303, vec![]));
    let page = browser.get(page.location().unwrap().as_str()).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn a_hint_alone_ends_on_our_page() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let page = logout(&browser, &[("id_token_hint", text(&tokens, "id_token"))]).await;
    assert_over(&page);
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn without_parameters_the_person_is_asked() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let page = logout(&browser, &[]).await;
    assert_asked(&page);
    assert!(
        is_signed_in(&server, &browser).await,
        "asking changes nothing"
    );
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_over(&page);
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn staying_changes_nothing() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let page = logout(&browser, &[]).await;
    let page = browser.submit(&page, &[("decision", "stay")]).await;
    assert_eq!(page.location().unwrap().path(), "/");
    assert!(is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn access_ends_with_the_session_but_for_offline_access() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid offline_access", CUSTOMER).await;
    let online = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let request = Request::new("openid offline_access");
    let offline = tokens_in(&server, &browser, &request, CUSTOMER).await;
    logout(&browser, &[("id_token_hint", text(&online, "id_token"))]).await;
    let (status, _) = server.userinfo(text(&online, "access_token")).await;
    assert_eq!(status, 401);
    let (status, refreshed) = refresh(&server, text(&offline, "refresh_token")).await;
    assert_eq!(status, 200, "{refreshed}");
    let (status, _) = server.userinfo(text(&refreshed, "access_token")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn another_browsers_session_goes_on() {
    let server = TestServer::start().await;
    let (one, tokens) = signed_in(&server).await;
    let (other, _) = signed_in(&server).await;
    logout(&one, &[("id_token_hint", text(&tokens, "id_token"))]).await;
    assert!(!is_signed_in(&server, &one).await);
    assert!(is_signed_in(&server, &other).await);
}

#[tokio::test]
async fn the_start_page_signs_out_and_in_again() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let home = browser.get("/").await;
    let page = browser.submit(&home, &[("then", "sign-in")]).await;
    assert_eq!(
        (page.status, page.location().unwrap().path()),
        (303, "/login")
    );
    assert!(!is_signed_in(&server, &browser).await);
}
