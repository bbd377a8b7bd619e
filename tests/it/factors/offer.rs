//! What a second step offers, and what is right is not counted as a guess.

use super::{
    codes, enrol_app, enrol_passkey, events, letter_names, mailed_code, second_step, signed_in,
};
use crate::sign_in::enter;
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// A code would lead to a sign-in that is not what the app wants.
#[tokio::test]
async fn where_an_app_wants_a_passkey_nothing_else_is_offered() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    enrol_app(&server, &browser).await;
    enrol_passkey(&browser, &mut Key::new(&server), "Key").await;
    for (wanted, others) in [("mfa", true), ("phr", false)] {
        let browser = Browser::new(&server);
        let request = Request::new("openid").with("acr_values", wanted);
        let page = request.send(&browser).await;
        let page = browser.sign_in(&page, CUSTOMER).await;
        assert_eq!(page.url.path(), "/login/factor");
        assert!(page.body.contains("publicKey") || page.body.contains("id=\"passkey"));
        for other in ["use-totp", "use-recovery_code"] {
            assert_eq!(page.body.contains(other), others, "{wanted}: {other}");
        }
    }
}

#[tokio::test]
async fn whoever_signs_in_often_is_not_held_up() {
    let server = TestServer::start().await;
    let (_, page) = enrol_app(&server, &signed_in(&server).await).await;
    for code in codes(&page) {
        let (browser, page) = second_step(&server).await;
        let home = enter(&browser, &page, "recovery_code", &code).await;
        assert_eq!(home.status, 303, "{}", home.body);
    }
}

/// A factor that is not the mailbox shows that the password is its owner's.
#[tokio::test]
async fn codes_by_mail_count_again_once_another_factor_was_proved() {
    let server = TestServer::start().await;
    let (app, _) = enrol_app(&server, &signed_in(&server).await).await;
    for statement in [
        "INSERT INTO factor (id, id_user, kind, name, created_at)
         SELECT gen_random_uuid(), id_user, 'email', 'Email', now() FROM factor",
        "UPDATE user_account SET password_from_mail = true",
    ] {
        let done = sqlx::query(statement).execute(&server.app.pool);
        done.await.unwrap();
    }
    let (browser, page) = second_step(&server).await;
    assert!(!page.body.contains("use-email"));
    let home = enter(&browser, &page, "totp", &app.next_code(&server)).await;
    assert_eq!(home.status, 303);
    let (_, page) = second_step(&server).await;
    assert!(page.body.contains("use-email"), "{}", page.body);
}

/// Codes that would be mailed to whoever set the password by the same mailbox.
#[tokio::test]
async fn beside_a_password_from_the_mailbox_codes_by_mail_are_not_turned_on_by_hand_either() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/email").await;
    let asked = browser.submit(&page, &[("send", "1")]).await;
    let asked = browser.follow(asked).await;
    let code = mailed_code(&server).await;
    let from_mail = "UPDATE user_account SET password_from_mail = true";
    sqlx::query(from_mail)
        .execute(&server.app.pool)
        .await
        .unwrap();
    browser.submit(&asked, &[("code", &code)]).await;
    browser.submit(&page, &[("send", "1")]).await;
    assert_eq!(letter_names(&server).await, ["mail-enrolment-code"]);
    assert_eq!(events(&server).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_second_step_mails_no_codes_without_end() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/email").await;
    let page = browser.submit(&page, &[("send", "1")]).await;
    let page = browser.follow(page).await;
    let code = mailed_code(&server).await;
    browser.submit(&page, &[("code", &code)]).await;
    let mut mailed = Vec::new();
    for _ in 0..7 {
        let (browser, page) = second_step(&server).await;
        mailed.push(browser.submit(&page, &[("send", "1")]).await.status);
    }
    // Five, with the one that turned them on.
    assert_eq!(mailed, [303, 303, 303, 303, 429, 429, 429]);
}

/// Another site that has its visitor's browser answer finishes no sign-in in it.
#[tokio::test]
async fn an_answer_from_another_site_signs_nobody_in() {
    let server = TestServer::start().await;
    let (app, _) = enrol_app(&server, &signed_in(&server).await).await;
    let (browser, page) = second_step(&server).await;
    let (action, _) = page.form();
    let code = app.next_code(&server);
    for csrf in ["", "forged"] {
        let form = [("csrf", csrf), ("method", "totp"), ("code", code.as_str())];
        let again = browser.post(&action, &form).await;
        assert_eq!(again.status, 422, "{:?}", again.location());
    }
    let home = enter(&browser, &page, "totp", &code).await;
    assert_eq!(home.status, 303, "the code was not spent");
}
