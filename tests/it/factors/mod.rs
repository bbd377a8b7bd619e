//! Second factors: enrolling, using, naming, removing; and that nothing is accepted twice.

mod api;
mod asked_often;
mod email;
mod manage;
mod offer;
mod onward;
mod passkey;
mod races;
mod recovery;
mod step_up;
mod stranger;
mod totp;
mod two_people;

use serde_json::Value;

use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// A browser in which the customer has signed in with the password.
async fn signed_in(server: &TestServer) -> Browser {
    let browser = Browser::new(server);
    browser.get("/language?to=en").await;
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!((page.status, page.url.path()), (200, "/"), "{}", page.body);
    browser
}

/// Enrols an authenticator app by the pages: the app, and the page that answers its first code.
pub async fn enrol_app(server: &TestServer, browser: &Browser) -> (AuthenticatorApp, Page) {
    let page = browser.visit("/account/factors/totp").await;
    let app = AuthenticatorApp::with_key(&page.text("key").unwrap());
    let page = browser
        .submit(&page, &[("code", &app.code(server)), ("name", "Phone")])
        .await;
    (app, browser.follow(page).await)
}

/// Enrols a passkey by the pages: the page that answers it.
pub async fn enrol_passkey(browser: &Browser, key: &mut Key, name: &str) -> Page {
    let page = browser.visit("/account/factors/passkeys").await;
    let credential = key.create(&options(&page)).to_string();
    let page = answer(browser, &page, &credential, &[("name", name)]).await;
    browser.follow(page).await
}

/// Sends the page's form as its script would, with a credential.
async fn answer(browser: &Browser, page: &Page, credential: &str, more: &[(&str, &str)]) -> Page {
    let (action, hidden) = page.form();
    let mut form: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| *name != "credential")
        .collect();
    form.push(("credential", credential));
    form.extend(more);
    browser
        .post(page.url.join(&action).unwrap().as_str(), &form)
        .await
}

/// The WebAuthn options that a page carries for its script.
fn options(page: &Page) -> Value {
    let options = page.attribute("data-passkey-options");
    serde_json::from_str(&options.unwrap_or_else(|| panic!("no options: {}", page.body))).unwrap()
}

/// The recovery codes that a page shows.
pub fn codes(page: &Page) -> Vec<String> {
    let start = page.body.find("id=\"new-codes\"").unwrap_or_else(|| {
        panic!("no codes at {} {}: {}", page.url, page.status, page.body);
    });
    let list = &page.body[start..];
    let list = &list[..list.find("</ol>").unwrap()];
    let codes = list.split("<code>").skip(1);
    codes
        .map(|rest| rest[..rest.find('<').unwrap()].to_owned())
        .collect()
}

/// The right password in a new browser: the page of the second step.
async fn second_step(server: &TestServer) -> (Browser, Page) {
    let browser = Browser::new(server);
    browser.get("/language?to=en").await;
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/login/factor", "{}", page.body);
    (browser, page)
}

/// The letters that were posted, the oldest first, with their texts.
async fn letters(server: &TestServer) -> Vec<(String, String)> {
    let app = &server.app;
    let mut caught = app.mail.caught(&app.pool, 100).await.unwrap();
    caught.reverse();
    caught
        .into_iter()
        .map(|mail| (mail.template.clone(), mail.content.text.clone()))
        .collect()
}

/// The names of the letters that were posted.
async fn letter_names(server: &TestServer) -> Vec<String> {
    let letters = letters(server).await;
    letters.into_iter().map(|(name, _)| name).collect()
}

/// The code in the last letter.
async fn mailed_code(server: &TestServer) -> String {
    let (name, text) = letters(server).await.pop().unwrap();
    assert!(
        ["mail-sign-in-code", "mail-enrolment-code"].contains(&name.as_str()),
        "{name}"
    );
    let mut words = text.split(|c: char| !c.is_ascii_digit());
    let code = words.find(|word| word.len() == 6);
    code.unwrap_or_else(|| panic!("no code in {text}"))
        .to_owned()
}

/// The events of factors, the oldest first.
async fn events(server: &TestServer) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT kind || coalesce(' ' || (detail ->> 'method'), '') FROM audit_event
         WHERE kind LIKE '%factor%' OR kind LIKE 'recovery%' OR kind LIKE 'passkey%' ORDER BY id",
    )
    .fetch_all(&server.app.pool)
    .await
    .unwrap()
}

/// What the newest session proved.
async fn session(server: &TestServer) -> (String, Vec<String>) {
    sqlx::query_as("SELECT acr, amr FROM session ORDER BY auth_time DESC, created_at DESC LIMIT 1")
        .fetch_one(&server.app.pool)
        .await
        .unwrap()
}

/// The addresses of the pages that name and remove a factor, as the list links to them.
fn links(page: &Page, end: &str) -> Vec<String> {
    let links = page.body.split("href=\"").skip(1);
    links
        .map(|rest| rest[..rest.find('"').unwrap()].to_owned())
        .filter(|href| href.starts_with("/account/factors/") && href.ends_with(end))
        .collect()
}
