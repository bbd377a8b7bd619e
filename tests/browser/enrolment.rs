//! Second factors that somebody else asks for, and those that the long journey does not come by.

use auth_api::i18n::{Locale, t};

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{ADMIN, CUSTOMER};

impl Chromium {
    /// The text of the newest caught mail to that person whose subject is that text. Mail is in the
    /// language of the person's profile.
    async fn mail(&self, platform: &Platform, to: &str, subject: &str) -> String {
        let app = &platform.server.app;
        let caught = app.mail.caught(&app.pool, 50).await.unwrap();
        let subjects = Locale::ALL.map(|locale| t(locale, subject));
        let mail = caught
            .into_iter()
            .find(|mail| mail.content.to == to && subjects.contains(&mail.content.subject));
        mail.unwrap_or_else(|| panic!("no mail {subject:?} to {to}"))
            .content
            .text
            .clone()
    }
}

/// The six digits that stand in a mail.
fn six_digits(text: &str) -> String {
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let code = words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()));
    code.unwrap().to_owned()
}

#[tokio::test]
async fn an_app_asks_for_a_second_factor_and_the_person_enrols_one_on_the_way() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium
            .open(&platform.authorize(&[("acr_values", "mfa")]))
            .await;
        chromium.sign_in(CUSTOMER).await;
        chromium.look("#no-factors").await;
        assert!(chromium.text("main").await.contains("Gig Planner"));
        chromium.click("#add-totp").await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        chromium.fill("#code", &app.code(server)).await;
        chromium.click("#totp-confirm").await;
        chromium.look("#new-codes").await;
        chromium.click("#codes-kept").await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;
        chromium.click("#consent-allow").await;
        let (_, answer) = chromium.arrival().await;
        assert!(value(&answer, "code").is_some(), "{answer:?}");
    })
    .await;
}

#[tokio::test]
async fn who_enrols_none_comes_back_to_the_app_which_is_told_why() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium
            .open(&platform.authorize(&[("acr_values", "mfa")]))
            .await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("#no-factors").await;
        chromium.click("#cancel").await;
        let (_, answer) = chromium.arrival().await;
        let error = value(&answer, "error");
        assert_eq!(error, Some("unmet_authentication_requirements"));
    })
    .await;
}

#[tokio::test]
async fn a_role_that_demands_a_second_factor_lets_nobody_by() {
    let platform = Platform::start().await;
    let server = &platform.server;
    sqlx::query(
        "INSERT INTO role_policy (id_role, second_factor_required)
         SELECT role_id, true FROM users WHERE email = $1
         ON CONFLICT (id_role) DO UPDATE SET second_factor_required = true",
    )
    .bind(ADMIN)
    .execute(&server.database.pool)
    .await
    .unwrap();
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(ADMIN).await;
        chromium.look("#no-factors").await;
        for path in ["/account", "/account/profile", "/account/password"] {
            chromium.open(&server.url(path)).await;
            chromium.find("#no-factors").await;
        }
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        // What is added protects the account from now on: that takes a sign-in of this moment.
        chromium.sign_in(ADMIN).await;
        chromium.find("#no-factors").await;
        chromium.click("#add-totp").await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        chromium.fill("#code", &app.code(server)).await;
        chromium.click("#totp-confirm").await;
        chromium.click("#codes-kept").await;
        chromium.click("#consent-allow").await;
        chromium.see("#user-name", "Ada Martin").await;
        // The last one cannot go.
        chromium.open(&server.url("/account/factors")).await;
        chromium.click("#factors a[href$='/remove']").await;
        chromium.click("#remove-yes").await;
        chromium.look(".summary").await;
        assert_eq!(chromium.count("#factors li").await, 1);
    })
    .await;
}

#[tokio::test]
async fn codes_by_mail_are_turned_on_used_and_removed() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        chromium.open(&server.url("/account/factors")).await;
        chromium.click("#add-email").await;
        chromium.look("#send-code").await;
        chromium.click("#send-code").await;
        chromium.look("#code").await;
        let subject = "mail-enrolment-code";
        let code = six_digits(&chromium.mail(&platform, CUSTOMER, subject).await);
        chromium.fill("#code", &code).await;
        chromium.click("#email-confirm").await;
        chromium.click("#codes-kept").await;
        chromium.look("#factors").await;
        assert_eq!(chromium.count("#add-email").await, 0, "there is one");
        chromium.click("#sign-out").await;
        chromium.see("h1", "You are signed out").await;

        chromium.open(&platform.authorize(&[])).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.look("#send-code").await;
        chromium.click("#send-code").await;
        chromium.look("#code").await;
        let subject = "mail-sign-in-code";
        let code = six_digits(&chromium.mail(&platform, CUSTOMER, subject).await);
        chromium.enter_code(&code).await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;

        chromium.open(&server.url("/account/factors")).await;
        chromium.click("#factors a[href$='/name']").await;
        chromium.look("#rename").await;
        chromium.fill("#name", "My mailbox").await;
        chromium.click("#rename").await;
        chromium.see("#factors b", "My mailbox").await;
        chromium.click("#factors a[href$='/remove']").await;
        chromium.look("#remove-yes").await;
        chromium.click("#remove-no").await;
        chromium.click("#factors a[href$='/remove']").await;
        chromium.click("#remove-yes").await;
        chromium.find("#no-factors").await;
        chromium
            .mail(&platform, CUSTOMER, "mail-factor-removed")
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_plain_security_key_is_a_second_factor_and_no_more() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        chromium
            .open(&server.url("/account/factors/passkeys"))
            .await;
        // One that has no PIN opens for whoever finds it.
        let found = chromium.security_key(false).await;
        chromium.click("#passkey-button").await;
        let failed = t(Locale::En, "factors-passkey-failed");
        chromium.see("[data-passkey-failed]", &failed).await;
        chromium.look("[data-passkey-failed]").await;
        found.unplug().await;
        let key = chromium.security_key(true).await;
        chromium.fill("#name", "Blue key").await;
        chromium.click("#passkey-button").await;
        chromium.click("#codes-kept").await;
        chromium.see("#factors b", "Blue key").await;
        // The same key is known already.
        chromium.click("#add-passkey").await;
        chromium.click("#passkey-button").await;
        let known = t(Locale::En, "factors-passkey-known");
        chromium.see("[data-passkey-known]", &known).await;
        chromium.look("[data-passkey-known]").await;
        chromium.open(&server.url("/account/factors")).await;
        chromium.click("#sign-out").await;
        chromium.see("h1", "You are signed out").await;

        chromium.open(&platform.authorize(&[])).await;
        chromium.find("#login-submit").await;
        // It keeps no passkeys, so that alone it opens nothing.
        chromium.click("#passkey-button").await;
        let failed = t(Locale::En, "factor-passkey-failed");
        chromium.see("[data-passkey-failed]", &failed).await;
        chromium.look("[data-passkey-failed]").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("#use-recovery_code").await;
        chromium.click("#passkey-button").await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;
        key.unplug().await;
    })
    .await;
}

#[tokio::test]
async fn an_app_asks_for_what_cannot_be_phished() {
    let platform = Platform::start().await;
    let server = &platform.server;
    let app = AuthenticatorApp::enrolled(server, CUSTOMER).await;
    let address = platform.authorize(&[("acr_values", "phr")]);
    browse(Settings::default(), async |chromium: &Chromium| {
        let phone = chromium.platform_authenticator().await;
        phone.touch(false).await;
        chromium.open(&address).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.enter_code(&app.next_code(server)).await;
        chromium.look("#passkey-button").await;
        phone.touch(true).await;
        chromium.click("#passkey-button").await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;
        chromium.open(&server.url("/logout")).await;
        chromium.click("#logout-confirm").await;
        chromium.see("h1", "You are signed out").await;
        // From now on it is asked for it alone: an app's code would not be enough.
        phone.touch(false).await;
        chromium.open(&address).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("#start-over").await;
        assert_eq!(chromium.count("#use-totp, #use-recovery_code").await, 0);
        phone.touch(true).await;
        chromium.click("#passkey-button").await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;
    })
    .await;
}
