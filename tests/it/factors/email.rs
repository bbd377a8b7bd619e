//! Codes by mail.

use std::time::Duration;

use super::{codes, events, letter_names, mailed_code, second_step, session, signed_in};
use crate::sign_in::enter;
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::link;
use crate::support::server::TestServer;

/// Turns codes by mail on.
async fn turn_on(server: &TestServer, browser: &Browser) -> Page {
    let page = browser.visit("/account/factors/email").await;
    let sent = browser.submit(&page, &[("send", "1")]).await;
    let page = browser.follow(sent).await;
    let code = mailed_code(server).await;
    browser.submit(&page, &[("code", &code)]).await
}

/// Asks for a code in the second step: the page that takes it.
async fn ask(browser: &Browser, page: &Page) -> Page {
    let sent = browser.submit(page, &[("send", "1")]).await;
    browser.follow(sent).await
}

#[tokio::test]
async fn codes_by_mail_are_turned_on_and_sign_in() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/email").await;
    let sent = browser.submit(&page, &[("send", "1")]).await;
    let page = browser.follow(sent).await;
    let wrong = browser.submit(&page, &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    let code = mailed_code(&server).await;
    let done = browser.submit(&page, &[("code", &code)]).await;
    assert_eq!(codes(&browser.follow(done).await).len(), 10);
    assert_eq!(
        events(&server).await,
        ["factor_added email", "recovery_codes_made"]
    );
    let (acr, amr) = session(&server).await;
    assert_eq!(
        (acr.as_str(), amr.join(" ").as_str()),
        ("mfa", "pwd otp mfa")
    );
    // Once is enough.
    let page = browser.visit("/account/factors/email").await;
    assert!(page.body.contains("are on already"), "{}", page.body);

    let (other, page) = second_step(&server).await;
    let page = ask(&other, &page).await;
    let code = mailed_code(&server).await;
    let wrong = enter(&other, &page, "email", "12345").await;
    assert_eq!(wrong.status, 422);
    let home = enter(&other, &page, "email", &code).await;
    assert_eq!(other.follow(home).await.url.path(), "/");
    let names = letter_names(&server).await;
    assert_eq!(
        names
            .iter()
            .filter(|name| *name == "mail-sign-in-code")
            .count(),
        1,
        "{names:?}"
    );
}

#[tokio::test]
async fn a_code_is_for_one_attempt_five_tries_and_ten_minutes() {
    let server = TestServer::start().await;
    turn_on(&server, &signed_in(&server).await).await;
    let (first, page) = second_step(&server).await;
    let page = ask(&first, &page).await;
    let code = mailed_code(&server).await;
    let (second, other) = second_step(&server).await;
    let stolen = enter(&second, &other, "email", &code).await;
    assert_eq!(stolen.status, 422);
    // Asked again at once, none is mailed and the first stays good.
    let again = first.submit(&page, &[("send", "1")]).await;
    assert!([422, 429].contains(&again.status), "{}", again.body);
    server.app.clock.advance(Duration::from_mins(9));
    let home = enter(&first, &page, "email", &code).await;
    assert_eq!(home.status, 303, "{}", home.body);

    let (second, other) = second_step(&server).await;
    let other = ask(&second, &other).await;
    let code = mailed_code(&server).await;
    for _ in 0..5 {
        server.app.clock.advance(Duration::from_secs(20));
        let wrong = enter(&second, &other, "email", "000000").await;
        assert_eq!(wrong.status, 422, "{}", wrong.body);
    }
    server.app.clock.advance(Duration::from_mins(1));
    let late = enter(&second, &other, "email", &code).await;
    assert_eq!(late.status, 422, "{}", late.body);
}

#[tokio::test]
async fn beside_a_password_from_the_mailbox_it_is_no_second_factor() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    turn_on(&server, &browser).await;
    sqlx::query("UPDATE user_account SET password_from_mail = true")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let (other, page) = second_step(&server).await;
    assert!(!page.body.contains("id=\"send-code\""), "{}", page.body);
    assert!(!page.body.contains("use-email"), "{}", page.body);
    // Nor by hand.
    let (action, hidden) = page.form();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let form = [
        ("csrf", csrf.1.as_str()),
        ("method", "email"),
        ("send", "1"),
    ];
    other.post(&action, &form).await;
    let names = letter_names(&server).await;
    assert!(
        !names.contains(&"mail-sign-in-code".to_owned()),
        "{names:?}"
    );
    sqlx::query("DELETE FROM factor")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/email").await;
    assert!(!page.body.contains("id=\"send-code\""), "{}", page.body);
    assert!(page.body.contains("/account/password"), "{}", page.body);
}

/// Whoever has nothing else is told why, before and after, and what to do.
#[tokio::test]
async fn whoever_sets_a_password_by_mail_is_told_that_codes_by_mail_do_not_count() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let plain = reset_page(&server, &browser).await;
    assert!(plain.text("email-uncounted").is_none(), "{}", plain.body);
    let browser = signed_in(&server).await;
    let done = turn_on(&server, &browser).await;
    let kept = codes(&browser.follow(done).await);
    let (_, page) = second_step(&server).await;
    assert!(page.text("email-uncounted").is_none(), "{}", page.body);

    let page = reset_page(&server, &browser).await;
    let told = page.text("email-uncounted").unwrap();
    assert!(told.contains("codes by email do not count"), "{told}");
    assert!(told.contains("recovery code"), "{told}");
    browser
        .submit(&page, &[("new_password", "quiet lanterns over gravel")])
        .await;
    let other = Browser::new(&server);
    other.get("/language?to=en").await;
    let login = other.get("/login").await;
    let fields = [
        ("username", CUSTOMER),
        ("password", "quiet lanterns over gravel"),
    ];
    let page = other.submit(&login, &fields).await;
    let page = other.follow(page).await;
    assert_eq!(page.url.path(), "/login/factor", "{}", page.body);
    let told = page.text("email-uncounted").unwrap();
    assert!(told.contains("Codes by email do not count"), "{told}");
    assert!(told.contains("recovery code") && told.contains("ask those who run"));
    let home = enter(&other, &page, "recovery_code", &kept[0]).await;
    assert_eq!(other.follow(home).await.url.path(), "/");
}

/// The page of a mailed link that sets a new password.
async fn reset_page(server: &TestServer, browser: &Browser) -> Page {
    server.app.clock.advance(Duration::from_mins(10));
    let page = browser.get("/forgot-password").await;
    browser.submit(&page, &[("email", CUSTOMER)]).await;
    browser
        .get(&link(server, CUSTOMER, "/reset-password").await)
        .await
}

#[tokio::test]
async fn codes_are_not_mailed_without_end() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/email").await;
    let mut mailed = 0;
    let mut last = 0;
    for _ in 0..8 {
        let sent = browser.submit(&page, &[("send", "1")]).await;
        last = sent.status;
        mailed += i32::from(last == 303);
    }
    assert_eq!((mailed, last), (5, 429));
}

/// Of a server whose second step may take longer than a code is good.
#[tokio::test]
async fn a_code_ends_before_an_attempt_that_lasts_longer() {
    let lasts = Duration::from_hours(1);
    let server = TestServer::with(|config| config.account.factor_ttl = lasts).await;
    turn_on(&server, &signed_in(&server).await).await;
    let (browser, page) = second_step(&server).await;
    let page = ask(&browser, &page).await;
    let code = mailed_code(&server).await;
    server.app.clock.advance(Duration::from_mins(10));
    let late = enter(&browser, &page, "email", &code).await;
    assert_eq!(late.status, 422, "{}", late.body);
    let page = ask(&browser, &page).await;
    let code = mailed_code(&server).await;
    let home = enter(&browser, &page, "email", &code).await;
    assert_eq!(home.status, 303, "{}", home.body);
}
