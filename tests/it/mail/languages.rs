//! Letters to somebody who has not said which language they read are in that of the page or the call
//! which brought them about.

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use crate::factors::{codes, enrol_app};
use crate::sign_in::enter;
use crate::support::api::{Answer, Api};
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::{kinds, letters, link};
use crate::support::server::TestServer;

/// The server's own language is another.
const THEIRS: &str = "en";
const OTHER: &str = "fr";

async fn server() -> TestServer {
    let server = TestServer::with(|config| {
        config.branding.default_locale = auth_api::config::Locale::Fr;
    })
    .await;
    sqlx::query("UPDATE user_account SET locale = NULL")
        .execute(&server.app.pool)
        .await
        .unwrap();
    server
}

async fn signed_in(browser: &Browser, path: &str) -> Page {
    let page = browser.get(path).await;
    browser.sign_in(&page, CUSTOMER).await
}

/// Sees that all letters are in their language, and how many of a kind there are.
#[track_caller]
fn see(letters: &[auth_api::mail::CaughtMail], kind: &str, count: usize) {
    for letter in letters {
        let text = &letter.content.text;
        assert!(text.starts_with("Hello"), "{}: {text}", letter.template);
    }
    let of = letters.iter().filter(|letter| letter.template == kind);
    assert_eq!(of.count(), count, "{kind}");
}

async fn mails(server: &TestServer) -> Vec<auth_api::mail::CaughtMail> {
    letters(server, CUSTOMER).await
}

fn caller(server: &TestServer) -> Api<'_> {
    Api::new(server).speaking(THEIRS)
}

/// The password by the API, where a second factor is due.
async fn asked(api: &Api<'_>) -> String {
    let due = api.login(CUSTOMER, PASSWORD).await;
    due.problem(403, "mfa_required")
        .text("mfa_token")
        .to_owned()
}

async fn recover(api: &Api<'_>, code: &str) -> Answer {
    let token = asked(api).await;
    let answer = json!({ "mfa_token": token, "method": "recovery_code", "code": code });
    api.post("/login/factor", answer).await.ok(200)
}

#[tokio::test]
async fn a_sign_in_is_told_in_the_language_of_the_page_or_call() {
    let server = server().await;
    // The first of all is no news.
    signed_in(&Browser::speaking(&server, OTHER), "/login").await;
    let browser = Browser::speaking(&server, THEIRS);
    signed_in(&browser, "/login").await;
    signed_in(&Browser::speaking(&server, OTHER), "/login?ui_locales=en").await;
    caller(&server).login(CUSTOMER, PASSWORD).await.ok(200);
    see(&mails(&server).await, "mail-new-device", 3);

    // Codes by mail, and those that are kept.
    let (_, page) = enrol_app(&server, &browser).await;
    let kept = codes(&page);
    let page = browser.visit("/account/factors/email").await;
    let page = browser.submit(&page, &[("send", "1")]).await;
    let page = browser.follow(page).await;
    let mailed = mails(&server).await.remove(0);
    let lines = mailed.content.text.lines().map(str::trim);
    let mut code =
        lines.filter(|line| line.len() == 6 && line.bytes().all(|it| it.is_ascii_digit()));
    let code = code.next().unwrap().to_owned();
    browser.submit(&page, &[("code", &code)]).await;
    let step = Browser::speaking(&server, THEIRS);
    let page = signed_in(&step, "/login").await;
    let (action, hidden) = page.form();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let send = [
        ("csrf", csrf.1.as_str()),
        ("method", "email"),
        ("send", "1"),
    ];
    step.post(&action, &send).await;
    see(&mails(&server).await, "mail-sign-in-code", 1);
    enter(&step, &page, "recovery_code", &kept[0]).await;
    see(&mails(&server).await, "mail-recovery-code-used", 1);
    server.app.clock.advance(std::time::Duration::from_mins(5));
    let api = caller(&server);
    let challenge = json!({ "mfa_token": asked(&api).await, "method": "email" });
    api.post("/login/factor/challenge", challenge).await.ok(200);
    see(&mails(&server).await, "mail-sign-in-code", 2);
    recover(&api, &kept[1]).await;
    see(&mails(&server).await, "mail-recovery-code-used", 2);
}

#[tokio::test]
async fn the_fate_of_an_account_is_told_in_the_language_of_the_page_or_call() {
    let server = server().await;
    let browser = Browser::speaking(&server, THEIRS);
    signed_in(&browser, "/login").await;
    let page = browser.visit("/account/delete?sure=1").await;
    browser.submit(&page, &[]).await;
    see(&mails(&server).await, "mail-account-deleted", 1);
    // The password alone has the link sent again, by page and by call.
    let again = Browser::speaking(&server, THEIRS);
    let refused = signed_in(&again, "/login").await;
    assert_eq!(refused.status, 422);
    see(&mails(&server).await, "mail-account-deleted", 2);
    let told = caller(&server).login(CUSTOMER, PASSWORD).await;
    told.problem(403, "account_deleted");
    see(&mails(&server).await, "mail-account-deleted", 3);
    let bare = link(&server, CUSTOMER, "/restore-account").await;
    let bare = bare.replace("ui_locales=en&", "");
    let page = again.get(&bare).await;
    again.submit(&page, &[]).await;
    see(&mails(&server).await, "mail-account-restored", 1);

    let api = caller(&server);
    let tokens = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let api = caller(&server).with_token(tokens.text("access_token"));
    api.delete("/me").await.ok(200);
    let bare = link(&server, CUSTOMER, "/restore-account").await;
    let token = bare.split("token=").nth(1).unwrap();
    let restore = json!({ "token": token });
    caller(&server).post("/restore", restore).await.ok(200);
    see(&mails(&server).await, "mail-account-restored", 2);
    assert_eq!(kinds(&server, CUSTOMER).await[0], "mail-account-restored");
}
