//! An app or a role that asks for a second factor leads through enrolment and on.

use super::{codes, enrol_passkey, options};
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request, payload};
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// Goes on to the app, and redeems the code.
async fn arrive(server: &TestServer, browser: &Browser, request: &Request, onward: &str) -> String {
    let mut page = browser.visit(onward).await;
    if page.url.path() == "/consent" {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        page = browser.follow(next).await;
    }
    let code = crate::support::flow::Code {
        code: page
            .answer("code")
            .unwrap_or_else(|| panic!("{} {}", page.url, page.body)),
        verifier: request.verifier.clone(),
        redirect_uri: crate::support::flow::CALLBACK.to_owned(),
    };
    let (status, tokens) = code.redeem(server).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = payload(tokens["id_token"].as_str().unwrap());
    claims["acr"].as_str().unwrap().to_owned()
}

/// Where the page with the recovery codes leads.
fn onward(page: &Page) -> String {
    assert_eq!(codes(page).len(), 10);
    let rest = page.body.split("id=\"codes-kept\"").nth(1).unwrap();
    let rest = rest.split("href=\"").nth(1).unwrap();
    rest[..rest.find('"').unwrap()].replace("&#38;", "&")
}

async fn led(server: &TestServer, request: &Request) -> (Browser, Page) {
    let browser = Browser::new(server);
    browser.get("/language?to=en").await;
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    (browser, page)
}

#[tokio::test]
async fn a_role_leads_through_an_app_to_the_client() {
    let server = TestServer::start().await;
    sqlx::query("INSERT INTO role_policy SELECT id_role, true FROM role")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let request = Request::new("openid");
    let (browser, page) = led(&server, &request).await;
    assert_eq!(page.url.path(), "/account/factors", "{}", page.body);
    assert!(
        page.body.contains("Booking App asks for a second factor"),
        "{}",
        page.body
    );
    let add = page.body.split("id=\"add-totp\" href=\"").nth(1).unwrap();
    let add = add[..add.find('"').unwrap()].to_owned();
    assert!(add.contains("continuation="), "{add}");
    let page = browser.visit(&add).await;
    let app = AuthenticatorApp::with_key(&page.text("key").unwrap());
    let done = browser.submit(&page, &[("code", &app.code(&server))]).await;
    assert_eq!(
        arrive(&server, &browser, &request, &onward(&done)).await,
        "mfa"
    );
}

#[tokio::test]
async fn a_client_that_asks_for_a_passkey_gets_one() {
    let server = TestServer::start().await;
    let request = Request::new("openid").with("acr_values", "phr");
    let (browser, page) = led(&server, &request).await;
    assert_eq!(
        page.url.path(),
        "/account/factors/passkeys",
        "{}",
        page.body
    );
    let mut key = Key::new(&server);
    let credential = key.create(&options(&page)).to_string();
    let done = super::answer(&browser, &page, &credential, &[("name", "Key")]).await;
    assert_eq!(
        arrive(&server, &browser, &request, &onward(&done)).await,
        "phr"
    );
}

#[tokio::test]
async fn a_request_that_is_over_does_not_undo_the_enrolment() {
    let server = TestServer::start().await;
    let request = Request::new("openid").with("acr_values", "phr");
    let (browser, page) = led(&server, &request).await;
    sqlx::query("DELETE FROM continuation")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let mut key = Key::new(&server);
    let credential = key.create(&options(&page)).to_string();
    let done = super::answer(&browser, &page, &credential, &[("name", "Key")]).await;
    assert_eq!(onward(&done), "/account/factors");
    enrol_passkey(&browser, &mut Key::new(&server), "Second").await;
}
