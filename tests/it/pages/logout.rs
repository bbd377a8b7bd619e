//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): who is asked, who is redirected.

use std::time::Duration;

use serde_json::{Value, json};

use super::told::{
    assert_code, assert_refused, assert_safe, assert_told, change_client, raw, set_cookies,
    settled, tokens_in,
};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, CUSTOMER, Request, refresh, text, tokens};
use crate::support::server::TestServer;

const HOME: &str = "http://localhost:3002/";

/// A signed-in browser with tokens of `booking-app`.
async fn signed_in(server: &TestServer) -> (Browser, Value) {
    let browser = Browser::new(server);
    let tokens = tokens_in(server, &browser, &Request::new("openid email"), CUSTOMER).await;
    (browser, tokens)
}

async fn is_signed_in(server: &TestServer, browser: &Browser) -> bool {
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

async fn logout(browser: &Browser, params: &[(&str, &str)]) -> Page {
    browser.get_with("/logout", params).await
}

fn assert_asked(page: &Page) {
    assert_eq!((page.status, page.location()), (200, None));
    assert!(page.body.contains("id=\"logout-confirm\""), "{}", page.body);
    assert_safe(page);
}

fn assert_over(page: &Page) {
    assert_eq!((page.status, page.location()), (200, None));
    assert!(!page.body.contains("<form"), "{}", page.body);
    assert_safe(page);
}

#[tokio::test]
async fn a_valid_hint_redirects_with_only_the_state_added() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let state = format!("{} &+é", "s".repeat(200));
    let params = [
        ("id_token_hint", text(&tokens, "id_token")),
        ("post_logout_redirect_uri", HOME),
        ("state", &state),
    ];
    let page = logout(&browser, &params).await;
    assert_eq!(page.status, 303);
    let to = page.location().unwrap();
    let pairs: Vec<_> = to.query_pairs().into_owned().collect();
    assert_eq!(pairs, [("state".to_owned(), state)]);
    assert!(to.as_str().starts_with(&format!("{HOME}?state=")), "{to}");
    let cookies = set_cookies(&page);
    assert!(
        cookies
            .iter()
            .any(|one| one.starts_with("auth_session=; Max-Age=0;")),
        "{cookies:?}"
    );
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn without_a_state_nothing_is_added() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
}

#[tokio::test]
async fn an_expired_hint_is_as_good() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    server.app.clock.advance(Duration::from_secs(7200));
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
    assert!(!is_signed_in(&server, &browser).await);
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
async fn a_client_without_hint_may_have_the_person_back_once_confirmed() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let params = [
        ("client_id", "booking-app"),
        ("post_logout_redirect_uri", HOME),
        ("state", "s"),
    ];
    let page = logout(&browser, &params).await;
    assert_asked(&page);
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_eq!(page.location().unwrap().as_str(), format!("{HOME}?state=s"));
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn without_client_and_hint_there_is_no_redirect() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let page = logout(
        &browser,
        &[("post_logout_redirect_uri", HOME), ("state", "s")],
    )
    .await;
    assert_told(&page, 400, "invalid_request");
    assert!(is_signed_in(&server, &browser).await);
    let page = logout(&browser, &[("state", "s")]).await;
    assert_asked(&page);
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_over(&page);
}

#[tokio::test]
async fn an_unregistered_address_gets_no_redirect() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    for uri in [
        "https://evil.example/",
        "http://localhost:3002",
        "http://localhost:3002/?x=1",
        "http://localhost:3002/#x",
        "http://localhost:3002/callback",
        "http://LOCALHOST:3002/",
        "//localhost:3002/",
        "javascript:alert(1)",
    ] {
        for client in [("id_token_hint", hint), ("client_id", "booking-app")] {
            let page = logout(&browser, &[client, ("post_logout_redirect_uri", uri)]).await;
            assert_told(&page, 400, "invalid_request");
        }
    }
    assert!(is_signed_in(&server, &browser).await, "nothing was done");
}

#[tokio::test]
async fn a_registered_query_is_kept() {
    let server = TestServer::start().await;
    let uri = "http://localhost:3002/?signed=out";
    let change = json!({ "post_logout_redirect_uris": [uri] });
    change_client(&server, "booking-app", change).await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", uri),
        ("state", "s"),
    ];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), format!("{uri}&state=s"));
}

#[tokio::test]
async fn the_hint_must_be_the_clients_own() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("client_id", "booking-spa")];
    assert_told(&logout(&browser, &params).await, 400, "invalid_request");
    assert!(is_signed_in(&server, &browser).await);
    let params = [
        ("id_token_hint", hint),
        ("client_id", "booking-app"),
        ("post_logout_redirect_uri", HOME),
    ];
    assert_eq!(logout(&browser, &params).await.status, 303);
}

#[tokio::test]
async fn a_hint_that_is_not_ours_is_none() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let id_token = text(&tokens, "id_token");
    let (signed, signature) = id_token.rsplit_once('.').unwrap();
    let altered = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{altered}{}", &signature[1..]);
    let another_issuer = TestServer::start().await;
    let foreign = crate::support::flow::tokens(&another_issuer, "openid", CUSTOMER).await;
    for hint in [
        "rubbish",
        forged.as_str(),
        text(&tokens, "access_token"),
        text(&foreign, "id_token"),
    ] {
        assert_asked(&logout(&browser, &[("id_token_hint", hint)]).await);
        let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
        let page = logout(&browser, &params).await;
        assert_eq!(page.location(), None, "{hint}");
    }
    assert!(is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn a_hint_of_somebody_else_asks() {
    let server = TestServer::start().await;
    let admin = tokens(&server, "openid", ADMIN).await;
    let (browser, _) = signed_in(&server).await;
    let hint = text(&admin, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_asked(&page);
    assert!(page.body.contains(CUSTOMER), "who is signed in");
    assert!(is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn with_nobody_signed_in_the_hint_still_leads_back() {
    let server = TestServer::start().await;
    let (_, tokens) = signed_in(&server).await;
    let stranger = Browser::new(&server);
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&stranger, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
    // Without the hint there is a page, perhaps with a link, but no redirect.
    let params = [
        ("client_id", "booking-app"),
        ("post_logout_redirect_uri", HOME),
    ];
    assert_over(&logout(&stranger, &params).await);
    assert_over(&logout(&stranger, &[]).await);
}

#[tokio::test]
async fn a_repeated_or_endless_parameter_is_refused() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", HOME),
        ("post_logout_redirect_uri", "https://evil.example/"),
    ];
    assert_told(&logout(&browser, &params).await, 400, "invalid_request");
    let long = "s".repeat(4000);
    let params = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", HOME),
        ("state", &long),
    ];
    assert_told(&logout(&browser, &params).await, 400, "invalid_request");
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
