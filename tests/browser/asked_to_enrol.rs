//! Second factors that an app or a role asks for: enrolled on the way, or an answer to the app.

use std::time::Duration;

use auth_api::i18n::{Locale, t};

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{ADMIN, CUSTOMER};

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
        chromium.fill("[name=code]", &app.code(server)).await;
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
async fn whoever_is_signed_in_enrols_without_another_sign_in() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        chromium
            .open(&platform.authorize(&[("acr_values", "mfa")]))
            .await;
        chromium.find("#no-factors").await;
        chromium.click("#add-totp").await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        chromium.fill("[name=code]", &app.code(server)).await;
        chromium.click("#totp-confirm").await;
        let codes = chromium.text("#new-codes").await;
        // Neither a reload nor the switch of the language takes them out of sight.
        chromium.client.refresh().await.unwrap();
        assert_eq!(chromium.text("#new-codes").await, codes);
        chromium.click("footer a[lang=fr]").await;
        chromium.find("html[lang=fr] #new-codes").await;
        assert_eq!(chromium.text("#new-codes").await, codes);
        chromium.click("footer a[lang=en]").await;
        chromium.find("html[lang=en] #new-codes").await;
        chromium.click("#codes-kept").await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;
        chromium.click("#consent-allow").await;
        let (_, answer) = chromium.arrival().await;
        assert!(value(&answer, "code").is_some(), "{answer:?}");
        // An older sign-in is confirmed once.
        server.app.clock.advance(Duration::from_mins(11));
        chromium
            .open(&platform.authorize(&[("acr_values", "phr")]))
            .await;
        chromium.sign_in(CUSTOMER).await;
        chromium.enter_code(&app.next_code(server)).await;
        chromium.find("#passkey-button").await;
    })
    .await;
}

#[tokio::test]
async fn an_app_that_asks_for_a_passkey_gets_one_or_is_told_why_not() {
    let platform = Platform::start().await;
    let server = &platform.server;
    let asked = platform.authorize(&[("acr_values", "phr")]);
    // A browser that can make none: its person reads why, and goes back.
    let settings = Settings {
        scripts: false,
        ..Settings::default()
    };
    browse(settings, async |chromium: &Chromium| {
        chromium.open(&asked).await;
        chromium.sign_in(CUSTOMER).await;
        let missing = "Open Gig Planner in another browser";
        let note = chromium.text("[data-passkey-missing]").await;
        assert!(note.contains(missing), "{note}");
        assert!(!chromium.text("main").await.contains("authenticator app"));
        chromium.click("#cancel").await;
        let (_, answer) = chromium.arrival().await;
        let error = value(&answer, "error");
        assert_eq!(error, Some("unmet_authentication_requirements"));
    })
    .await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        chromium.open(&asked).await;
        chromium.look("#passkey-button").await;
        assert!(!chromium.text("main").await.contains("authenticator app"));
        let phone = chromium.platform_authenticator().await;
        phone.touch(true).await;
        chromium.click("#passkey-button").await;
        chromium.find("#new-codes").await;
        // Back to the page that made it, and pressed again: there is one already.
        chromium.client.back().await.unwrap();
        chromium.click("#passkey-button").await;
        let known = t(Locale::En, "factors-passkey-known");
        chromium.see("[data-passkey-known]", &known).await;
        assert_eq!(phone.credentials().await.len(), 1);
        chromium.client.forward().await.unwrap();
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
        // Signed in a moment ago, they go on to what the app waits for.
        chromium.click("#sign-in").await;
        chromium.find("#no-factors").await;
        chromium.click("#add-totp").await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        chromium.fill("[name=code]", &app.code(server)).await;
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
