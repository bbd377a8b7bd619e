//! A request that waits for its person: one for each tab, bound to its browser, not for ever.

use std::time::Duration;

use super::told::{
    allow, assert_code, assert_refused, assert_told, csrf, english, raw, settled, to_the_end,
};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

const PAGES: [&str; 4] = ["/login", "/consent", "/select-account", "/continue"];

#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let one = Request::new("openid")
        .with("state", "one")
        .send(&browser)
        .await;
    let two = Request::new("openid email")
        .with("state", "two")
        .send(&browser)
        .await;
    assert_ne!(one.url, two.url);
    // The person signs in in the second tab, then in the first.
    let second = to_the_end(&browser, two, CUSTOMER).await;
    assert_eq!(second.answer("state").as_deref(), Some("two"));
    let first = to_the_end(&browser, one, CUSTOMER).await;
    assert_eq!(first.answer("state").as_deref(), Some("one"));
    assert!(first.answer("code").is_some() && second.answer("code").is_some());
}

#[tokio::test]
async fn the_other_tab_goes_on_without_another_sign_in() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let one = Request::new("openid").send(&browser).await;
    let two = Request::new("openid").send(&browser).await;
    to_the_end(&browser, two, CUSTOMER).await;
    assert_code(&server, &browser.visit(one.url.as_str()).await);
}

#[tokio::test]
async fn another_browser_cannot_go_on() {
    let server = TestServer::start().await;
    let victim = Browser::new(&server);
    let page = Request::new("openid").send(&victim).await;
    let continuation = page.url.query().unwrap().to_owned();
    let stranger = settled(&server, "openid", CUSTOMER).await;
    for path in PAGES {
        let page = stranger.get(&format!("{path}?{continuation}")).await;
        assert_told(&page, 400, "other_browser");
    }
    let token = csrf(&stranger.get("/").await);
    for path in ["/login", "/login/cancel", "/consent", "/select-account"] {
        let form = [
            ("csrf", token.as_str()),
            ("decision", "allow"),
            ("choice", "continue"),
        ];
        let page = stranger
            .post(&format!("{path}?{continuation}"), &form)
            .await;
        assert_told(&page, 400, "other_browser");
    }
}

#[tokio::test]
async fn a_request_expires() {
    let server = TestServer::with(|config| {
        config.tokens.continuation_ttl = Duration::from_mins(10);
    })
    .await;
    let browser = Browser::new(&server);
    let login = Request::new("openid").send(&browser).await;
    let continuation = login.url.query().unwrap().to_owned();
    server.app.clock.advance(Duration::from_secs(599));
    assert_eq!(browser.get(login.url.as_str()).await.status, 200);
    server.app.clock.advance(Duration::from_secs(2));
    for path in PAGES {
        let page = browser.get(&format!("{path}?{continuation}")).await;
        assert_told(&page, 400, "request_expired");
    }
    let page = browser.sign_in(&login, CUSTOMER).await;
    assert_told(&page, 400, "request_expired");
}

#[tokio::test]
async fn the_back_button_after_completion_is_told_what_to_do() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let login = Request::new("openid").send(&browser).await;
    let consent = browser.sign_in(&login, CUSTOMER).await;
    assert_code(&server, &allow(&browser, &consent).await);
    let continuation = login.url.query().unwrap();
    for path in PAGES {
        let page = browser.get(&format!("{path}?{continuation}")).await;
        assert_told(&page, 400, "request_expired");
        assert!(page.body.contains("start again"), "{}", page.body);
    }
    let page = browser.submit(&consent, &[("decision", "allow")]).await;
    assert_told(&page, 400, "request_expired");
}

#[tokio::test]
async fn the_back_button_before_completion_goes_on() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let login = Request::new("openid").send(&browser).await;
    browser.sign_in(&login, CUSTOMER).await;
    // Back to the sign-in page: it is done.
    let page = browser.visit(login.url.as_str()).await;
    assert_eq!(page.url.path(), "/consent");
    // Or the form as it was still shown, sent once more.
    let page = browser.sign_in(&login, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
    assert_code(&server, &allow(&browser, &page).await);
}

#[tokio::test]
async fn cancelling_tells_the_client() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let login = Request::new("openid").send(&browser).await;
    let continuation = login.url.query().unwrap();
    assert!(
        login
            .body
            .contains(&format!("/login/cancel?{continuation}"))
    );
    let cancel = format!("/login/cancel?{continuation}");
    let token = csrf(&login);
    let page = browser.post(&cancel, &[("csrf", &token)]).await;
    assert_refused(&server, &page, "access_denied");
    let page = browser.post(&cancel, &[("csrf", &token)]).await;
    assert_told(&page, 400, "request_expired");
}

#[tokio::test]
async fn a_name_that_is_none_is_told_so() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for name in [
        "x",
        "00000000-0000-0000-0000-000000000000",
        "'; DROP TABLE users",
        "%C3%A9",
    ] {
        for path in PAGES {
            let page = browser.get(&format!("{path}?continuation={name}")).await;
            assert_told(&page, 400, "request_expired");
        }
    }
}

#[tokio::test]
async fn pages_without_a_request_lead_to_the_start() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for path in ["/consent", "/select-account", "/continue"] {
        let page = browser.visit(path).await;
        assert_eq!((page.status, page.url.path()), (200, "/"));
    }
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookie_is_told_so() {
    let server = TestServer::start().await;
    let request = Request::new("openid");
    let to_login = Browser::new(&server)
        .get_with("/authorize", &request.pairs())
        .await
        .location()
        .unwrap();
    let request = server.http.get(to_login.as_str());
    let page = raw(request.header("accept-language", "en")).await;
    assert_told(&page, 400, "other_browser");
    assert!(page.body.contains("Allow cookies"), "{}", page.body);
}
