//! `prompt=create`: an app asks for a registration (Initiating User Registration via OpenID Connect
//! 1.0, section 4).

use super::entry::{GOOD, press};
use crate::support::browser::Browser;
use crate::support::flow::{CALLBACK, CUSTOMER, Code, Request, payload, text};
use crate::support::mailbox::link;
use crate::support::server::TestServer;

const NEW: &str = "newcomer@booking.test";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_asks_for_registration_gets_its_person() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid email").with("prompt", "create");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/create-account");
    assert!(page.body.contains("Booking App") || page.body.contains("id=\"cancel\""));
    let fields = [("email", NEW), ("password", GOOD)];
    let sent = browser.submit(&page, &fields).await;
    let sent = browser.follow(sent).await;
    assert_eq!(sent.url.path(), "/create-account/sent");
    assert!(
        sent.body.contains("localhost:3002"),
        "the way back stands on it"
    );
    let link = link(&server, NEW, "/verify-email").await;
    assert!(link.contains("&continuation="), "{link}");

    // Elsewhere it leads to the sign-in alone.
    let elsewhere = Browser::new(&server);
    let page = elsewhere.get(&link).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("continuation"), "{}", page.body);

    let login = press(&browser, &link).await;
    let login = browser.follow(login).await;
    assert_eq!(login.url.path(), "/login");
    assert!(login.url.query().unwrap().contains("continuation="));
    let fields = [("username", NEW), ("password", GOOD)];
    let next = browser.submit(&login, &fields).await;
    let mut page = browser.follow(next).await;
    if page.url.path() == "/consent" {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        page = browser.follow(next).await;
    }
    assert!(page.answer("code").is_some(), "{:?}", page.location());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_back_to_the_app_and_a_way_to_sign_in_stand_on_the_page() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("prompt", "create");
    let page = request.send(&browser).await;
    let start = page.body.find("/login/cancel").unwrap();
    let cancel = page.body[start..]
        .split('"')
        .next()
        .unwrap()
        .replace("&#38;", "&");
    let (_, hidden) = page.form();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let back = browser.post(&cancel, &[("csrf", &csrf.1)]).await;
    assert_eq!(back.answer("error").as_deref(), Some("access_denied"));

    let page = request.send(&browser).await;
    let id = page.url.query().unwrap();
    let login = browser.visit(&format!("/login?{id}")).await;
    assert_eq!(login.url.path(), "/login");
    let next = browser.sign_in(&login, CUSTOMER).await;
    assert_ne!(next.url.path(), "/create-account");
}

/// Whoever is signed in, a new person registers (section 4.1), and the tokens are theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_who_is_signed_in_does_not_stand_in_the_way() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let login = browser.get("/login").await;
    browser.sign_in(&login, CUSTOMER).await;
    let request = Request::new("openid email").with("prompt", "create");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/create-account");
    let fields = [("email", NEW), ("password", GOOD)];
    let sent = browser.submit(&page, &fields).await;
    assert_eq!(sent.status, 303);
    let login = press(&browser, &link(&server, NEW, "/verify-email").await).await;
    let login = browser.follow(login).await;
    assert_eq!(login.url.path(), "/login", "{}", login.url);
    let fields = [("username", NEW), ("password", GOOD)];
    let next = browser.submit(&login, &fields).await;
    let mut page = browser.follow(next).await;
    if page.url.path() == "/consent" {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        page = browser.follow(next).await;
    }
    let code = Code {
        code: page.answer("code").unwrap(),
        verifier: request.verifier.clone(),
        redirect_uri: CALLBACK.to_owned(),
    };
    let (status, tokens) = code.redeem(&server).await;
    assert_eq!(status, 200, "{tokens}");
    let (_, person) = server.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(person["email"], NEW);
    assert_eq!(person["email_verified"], true);
    assert_eq!(payload(text(&tokens, "id_token"))["sub"], person["sub"]);
}
