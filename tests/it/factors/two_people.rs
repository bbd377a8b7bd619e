//! A form that one person's page left in a tab, sent after another signed in in the next one.

use super::{codes, enrol_app, letter_names, links, signed_in};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, Request};
use crate::support::server::TestServer;

/// What the browser's person has: factors and codes, with what is not told of them.
async fn held(server: &TestServer) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT id_user || ' ' || kind || ' ' || name FROM factor
         UNION ALL
         SELECT id_user || ' ' || encode(code_hash, 'hex') FROM recovery_code ORDER BY 1",
    )
    .fetch_all(&server.app.pool)
    .await
    .unwrap()
}

/// What a page says after a form was refused.
async fn told(browser: &Browser, page: Page) -> Page {
    if page.status == 303 {
        browser.follow(page).await
    } else {
        page
    }
}

#[tokio::test]
async fn what_one_person_asked_of_their_factors_is_not_done_to_another() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (app, kept) = enrol_app(&server, &browser).await;
    let list = browser.get("/account/factors").await;
    let rename = browser.get(&links(&list, "/name")[0]).await;
    let remove = browser.get(&links(&list, "/remove")[0]).await;
    let more = browser.get("/account/factors/recovery-codes").await;
    let email = browser.get("/account/factors/email").await;
    let passkey = browser.get("/account/factors/passkeys").await;
    let totp = browser.visit("/account/factors/totp").await;

    // In another tab.
    let request = Request::new("openid").with("prompt", "login");
    request.code(&browser, ADMIN).await;
    let (_, shown) = enrol_app(&server, &browser).await;
    let theirs = codes(&shown);
    let before = held(&server).await;
    let letters = letter_names(&server).await.len();
    let code = app.code(&server);
    for (page, fields) in [
        (&rename, &[("name", "Not mine")][..]),
        (&remove, &[]),
        (&more, &[]),
        (&email, &[("send", "1")]),
        (&passkey, &[("name", "Not mine")]),
        (&totp, &[("code", code.as_str()), ("name", "Not mine")]),
    ] {
        let answer = browser.submit(page, fields).await;
        let answer = told(&browser, answer).await;
        assert_eq!(answer.status, 422, "{}: {}", page.url, answer.body);
        assert!(
            answer.body.contains("Somebody else has signed in") && answer.body.contains(ADMIN),
            "{}: {}",
            page.url,
            answer.body
        );
        assert!(!answer.body.contains("Not mine"), "{}", page.url);
    }
    assert_eq!(held(&server).await, before);
    assert_eq!(letter_names(&server).await.len(), letters);
    // Nor are codes gone that their owner has not kept yet.
    browser.submit(&kept, &[]).await;
    let still = browser.get("/account/factors/recovery-codes/new").await;
    assert_eq!(codes(&still), theirs);
}
