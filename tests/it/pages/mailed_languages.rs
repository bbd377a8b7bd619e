//! The pages of mailed links are in the language of the mail: whoever opens one need not be signed in,
//! and reads mail in whichever browser.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;

use super::languages::language;
use crate::account::entry::{GOOD, signs_in};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::link;
use crate::support::server::TestServer;

const NEW: &str = "new@booking.test";

async fn reading(server: &TestServer, locale: Option<&str>) {
    sqlx::query("UPDATE user_account SET locale = $1")
        .bind(locale)
        .execute(&server.app.pool)
        .await
        .unwrap();
}

/// Opens a link, presses its button and follows, in a browser of another language: every page.
async fn pages(server: &TestServer, browser: &Browser, link: &str, enter: &str) -> Vec<Page> {
    for _ in 0..2 {
        assert_eq!(server.http.get(link).send().await.unwrap().status(), 200);
        assert_eq!(server.http.head(link).send().await.unwrap().status(), 200);
    }
    let opened = browser.get(link).await;
    // The button's page again, as from another browser.
    let (action, hidden) = opened.form();
    let token = hidden.iter().find(|(name, _)| name == "token").unwrap();
    let expired = [("csrf", "x"), ("token", &token.1)];
    let expired = browser.post(&action, &expired).await;
    assert_eq!(expired.status, 422);
    let pressed = browser.submit(&opened, &[("new_password", enter)]).await;
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let done = browser.follow(pressed).await;
    assert_eq!(done.status, 200);
    let used = browser.get(link).await;
    assert_eq!(used.status, 410);
    vec![opened, expired, done, used]
}

#[tokio::test]
async fn the_pages_of_a_mailed_link_are_in_the_language_of_the_mail() {
    for (theirs, header) in [("fr", "en"), ("en", "fr")] {
        let server = TestServer::start().await;
        reading(&server, Some(theirs)).await;
        let browser = || Browser::speaking(&server, header);
        let api = Api::signed_in(&server, CUSTOMER).await;
        let asked = serde_json::json!({ "email": NEW });
        api.post("/email/change", asked).await.ok(202);
        let forgotten = browser();
        let page = forgotten.get("/forgot-password").await;
        assert_eq!(language(&page), header);
        forgotten.submit(&page, &[("email", CUSTOMER)]).await;
        let reset = link(&server, CUSTOMER, "/reset-password").await;
        let confirm = link(&server, NEW, "/confirm-email").await;
        let mut seen = pages(&server, &browser(), &confirm, "").await;
        // The change withdrew it; the way on leads to another.
        seen.push(browser().get(&reset).await);
        let undo = link(&server, CUSTOMER, "/undo-email-change").await;
        let mut undone = pages(&server, &browser(), &undo, "").await;
        // The way on asks for a link by which a password is set, and says that it was sent.
        let next = undone[2].attribute("id=\"way-on\" href").unwrap();
        let another = browser();
        let ask = another.get(&next).await;
        let none = another.submit(&ask, &[("email", "")]).await;
        let sent = another.submit(&ask, &[("email", CUSTOMER)]).await;
        let sent = another.follow(sent).await;
        assert_eq!((none.status, sent.status), (422, 200));
        let again = another.submit(&sent, &[]).await;
        undone.extend([ask, none, another.follow(again).await, sent]);
        seen.extend(undone);
        // Nobody's mailbox is flooded.
        server.app.clock.advance(Duration::from_mins(5));
        forgotten.submit(&page, &[("email", CUSTOMER)]).await;
        let reset = link(&server, CUSTOMER, "/reset-password").await;
        seen.push({
            let browser = browser();
            let page = browser.get(&reset).await;
            browser.submit(&page, &[("new_password", "x")]).await
        });
        seen.extend(pages(&server, &browser(), &reset, GOOD).await);
        let gone = Api::new(&server).login(CUSTOMER, GOOD).await.ok(200);
        let gone = Api::new(&server).with_token(gone.text("access_token"));
        gone.delete("/me").await.ok(200);
        let restore = link(&server, CUSTOMER, "/restore-account").await;
        seen.extend(pages(&server, &browser(), &restore, "").await);
        for page in seen {
            assert_eq!(language(&page), theirs, "{} {}", page.status, page.url);
        }
        assert!(signs_in(&browser(), CUSTOMER, GOOD).await);
    }
}

#[tokio::test]
async fn the_switch_stands_above_and_an_unknown_link_tells_nothing() {
    let server = TestServer::start().await;
    reading(&server, Some("fr")).await;
    let browser = Browser::speaking(&server, "en");
    let page = browser.get("/forgot-password").await;
    browser.submit(&page, &[("email", CUSTOMER)]).await;
    let reset = link(&server, CUSTOMER, "/reset-password").await;
    // Without what the mail added: as that of an unknown link, good or not.
    let bare = reset.replace("ui_locales=fr&", "");
    assert_ne!(bare, reset);
    let token = bare.split("token=").nth(1).unwrap();
    assert_eq!(language(&browser.get(&bare).await), "en");
    for (asked, shown) in [("", "en"), ("fr", "fr"), ("de", "en"), ("x%00", "en")] {
        for token in [token, "made-up"] {
            let path = format!("/reset-password?ui_locales={asked}&token={token}");
            assert_eq!(language(&browser.get(&path).await), shown, "{path}");
        }
    }
    browser.visit("/language?to=en&return=/login").await;
    assert_eq!(language(&browser.get(&reset).await), "en");
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
}
