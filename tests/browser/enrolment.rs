//! Second factors that the long journey does not come by.

use auth_api::i18n::{Locale, t};

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

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
        chromium.look("[name=code]").await;
        let subject = "mail-enrolment-code";
        let code = six_digits(&chromium.mail(&platform, CUSTOMER, subject).await);
        chromium.fill("[name=code]", &code).await;
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
        chromium.look("[name=code]").await;
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
