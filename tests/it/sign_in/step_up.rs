//! What is asked for again before what protects the account is changed, and `then`.

use std::time::Duration;

use super::enter;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

#[tokio::test]
async fn a_page_that_wants_somebody_leads_back_to_itself() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.visit("/account/profile").await;
    assert_eq!(page.url.path(), "/login");
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/account/profile");
}

#[tokio::test]
async fn only_pages_of_ours_are_led_back_to() {
    let server = TestServer::start().await;
    for then in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:1",
    ] {
        let browser = Browser::new(&server);
        let page = browser.get_with("/login", &[("then", then)]).await;
        let page = browser.sign_in(&page, CUSTOMER).await;
        assert_eq!(page.url.path(), "/", "{then}");
    }
}

#[tokio::test]
async fn a_recent_sign_in_is_asked_for_by_all_that_the_account_has() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    browser.sign_in(&page, CUSTOMER).await;
    let guarded = "/account/factors/totp";
    assert_eq!(browser.visit(guarded).await.url.path(), guarded);

    // Ten minutes on, it is asked for again, of the same person.
    server.app.clock.advance(Duration::from_mins(11));
    let page = browser.visit(guarded).await;
    assert_eq!(page.url.path(), "/login");
    assert!(page.body.contains(CUSTOMER));
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), guarded);

    // A factor enrolled elsewhere is asked for here, however recent the password is.
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let page = browser.visit(guarded).await;
    assert_eq!(page.url.path(), "/login");
    let page = browser.sign_in(&page, CUSTOMER).await;
    let next = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    assert_eq!(browser.follow(next).await.url.path(), guarded);
}
