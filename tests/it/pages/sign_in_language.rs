//! A sign-in stays in the language in which its first page was asked for: by a mailed link, or by an
//! app.

use std::time::Duration;

use super::languages::language;
use crate::factors::enrol_app;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

/// Sends the sign-in form, as the page has it.
async fn enter(browser: &Browser, page: &Page, password: &str) -> Page {
    let fields = [("username", CUSTOMER), ("password", password)];
    let next = browser.submit(page, &fields).await;
    browser.follow(next).await
}

fn link(page: &Page, id: &str) -> String {
    let after = page.body.split(&format!("id=\"{id}\"")).nth(1).unwrap();
    let address = after.split("href=\"").nth(1).unwrap();
    address.split('"').next().unwrap().replace("&#38;", "&")
}

/// Every page from the first one to the second step, and those that they lead to.
async fn pages(server: &TestServer, browser: &Browser, first: Page) -> Vec<Page> {
    // Nobody has to wait for what somebody got wrong before.
    server.app.clock.advance(Duration::from_mins(10));
    let empty = enter(browser, &first, "").await;
    let wrong = enter(browser, &empty, "wrong").await;
    assert_eq!((empty.status, wrong.status), (422, 422));
    let csrf = &wrong.form().1[0].1;
    let action = wrong.body.split("<form method=\"post\" action=\"").nth(2);
    let action = action.unwrap().split('"').next().unwrap();
    let unknown = browser
        .post(&action.replace("&#38;", "&"), &[("csrf", csrf)])
        .await;
    assert_eq!(unknown.status, 422);
    let create = browser.get(&link(&unknown, "create-account")).await;
    let refused = browser.submit(&create, &[("email", "")]).await;
    let back = browser.get(&link(&refused, "sign-in")).await;
    let forgotten = browser.get(&link(&back, "forgot-password")).await;
    let second = enter(browser, &back, auth_api::cli::demo::PASSWORD).await;
    assert_eq!(second.url.path(), "/login/factor");
    let other = browser.get(&link(&second, "use-recovery_code")).await;
    let miss = browser.submit(&other, &[("code", "0")]).await;
    assert_eq!(miss.status, 422);
    let over = browser
        .visit(&link(&miss, "start-over").replace("/login", "/login/factor"))
        .await;
    assert_eq!(over.url.path(), "/login");
    let anew = browser.get(&link(&miss, "start-over")).await;
    vec![
        first, empty, wrong, unknown, create, refused, back, forgotten, second, other, miss, over,
        anew,
    ]
}

#[tokio::test]
async fn a_sign_in_stays_in_the_language_of_its_first_page() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    browser.sign_in(&page, CUSTOMER).await;
    enrol_app(&server, &browser).await;
    sqlx::query("UPDATE user_account SET locale = NULL")
        .execute(&server.app.pool)
        .await
        .unwrap();
    for (asked, header) in [("fr", "en"), ("en", "fr")] {
        let browser = || Browser::speaking(&server, header);
        let mailed = format!("/login?done=verified&then=/account&ui_locales={asked}");
        let opened = browser();
        let first = opened.get(&mailed).await;
        let mut seen = pages(&server, &opened, first).await;
        // What the app says stands above the page's address.
        let request = Request::new("openid").with("ui_locales", asked);
        for added in ["", "&ui_locales=en", "&ui_locales=fr"] {
            let sent = browser();
            let address = format!("{}{added}", request.send(&sent).await.url);
            let first = sent.get(&address).await;
            seen.extend(pages(&server, &sent, first).await);
        }
        // One that says nothing leaves it to the address.
        let silent = browser();
        let address = Request::new("openid").send(&silent).await.url;
        let first = silent.get(&format!("{address}&ui_locales={asked}")).await;
        seen.extend(pages(&server, &silent, first).await);
        for page in seen {
            assert_eq!(language(&page), asked, "{} {}", page.status, page.url);
        }
    }
}
