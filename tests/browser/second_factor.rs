//! The second step of a sign-in, as browsers and people really behave.

use std::time::Duration;

use auth_api::cli::demo;
use auth_api::i18n::{Locale, t};

use crate::chromium::{Chromium, Settings, browse};
use crate::keyboard::{ENTER, TAB, focus, walk_to};
use crate::person::value;
use crate::platform::Platform;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::CUSTOMER;

async fn with_app() -> (Platform, AuthenticatorApp) {
    let platform = Platform::start().await;
    let app = AuthenticatorApp::enrolled(&platform.server, CUSTOMER).await;
    (platform, app)
}

#[tokio::test]
async fn by_keyboard_alone() {
    let (platform, app) = with_app().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.find("#username").await;
        walk_to(chromium, "username").await;
        chromium.press(CUSTOMER).await;
        chromium.press(TAB).await;
        chromium.press(demo::PASSWORD).await;
        chromium.press(ENTER).await;
        chromium.find("[name=code]").await;
        assert_eq!(
            focus(chromium).await,
            "totp-code",
            "it is the first thing to do"
        );
        chromium.press("000 000").await;
        chromium.press(ENTER).await;
        // The summary has the focus, and leads to the field.
        chromium.find(".summary").await;
        chromium.press(TAB).await;
        chromium.press(ENTER).await;
        assert_eq!(focus(chromium).await, "totp-code");
        // People type the space that their app shows.
        let code = app.next_code(&platform.server);
        chromium
            .press(&format!("{} {}", &code[..3], &code[3..]))
            .await;
        chromium.press(ENTER).await;
        chromium.find("#consent-allow").await;
        walk_to(chromium, "consent-allow").await;
        chromium.press(ENTER).await;
        chromium.see("#user-name", "Camille Durand").await;
    })
    .await;
}

#[tokio::test]
async fn without_scripts() {
    let (platform, app) = with_app().await;
    let settings = Settings {
        scripts: false,
        ..Settings::default()
    };
    browse(settings, async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        chromium.enter_code(&app.next_code(&platform.server)).await;
        chromium.click("#consent-allow").await;
        chromium.see("#user-name", "Camille Durand").await;
    })
    .await;
}

#[tokio::test]
async fn two_tabs_sign_in_at_once_and_both_arrive() {
    let (platform, app) = with_app().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        let client = &chromium.client;
        let first = client.window().await.unwrap();
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;

        let second = client.new_window(true).await.unwrap().handle;
        client.switch_to_window(second.clone()).await.unwrap();
        chromium.open(&platform.authorize(&[])).await;
        chromium.see("h1", "Sign in to Gig Planner").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;

        client.switch_to_window(first).await.unwrap();
        chromium.enter_code(&app.next_code(server)).await;
        chromium
            .see("h1", "Allow Booking App to use your account")
            .await;

        // The second tab's own second step still stands, and its own app still waits.
        client.switch_to_window(second).await.unwrap();
        chromium.enter_code(&app.next_code(server)).await;
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
async fn a_tab_that_waits_at_the_password_goes_on_when_another_signed_in() {
    let (platform, app) = with_app().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        let client = &chromium.client;
        let first = client.window().await.unwrap();
        chromium.open(&platform.authorize(&[])).await;
        chromium.find("#login-submit").await;
        let second = client.new_window(true).await.unwrap().handle;
        client.switch_to_window(second).await.unwrap();
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.enter_code(&app.next_code(&platform.server)).await;
        chromium.find("#consent-allow").await;

        client.switch_to_window(first).await.unwrap();
        client.refresh().await.unwrap();
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
async fn going_back_skips_nothing_and_loses_nobody() {
    let (platform, app) = with_app().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        let client = &chromium.client;
        chromium.open(&platform.authorize(&[])).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        // The password alone opens nothing.
        client.back().await.unwrap();
        chromium.find("#login-submit").await;
        for path in ["/account", "/account/factors", "/account/password"] {
            chromium.open(&server.url(path)).await;
            chromium.find("#login-submit").await;
        }
        chromium
            .open(&platform.authorize(&[("prompt", "none")]))
            .await;
        let (_, answer) = chromium.arrival().await;
        assert_eq!(value(&answer, "error"), Some("login_required"));

        chromium.open(&platform.authorize(&[])).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        chromium.enter_code(&app.next_code(server)).await;
        chromium.find("#consent-allow").await;
        // Back at a step that is done, it leads on again.
        for _ in 0..2 {
            client.back().await.unwrap();
            chromium
                .see("h1", "Allow Gig Planner to use your account")
                .await;
        }
        chromium.click("#consent-allow").await;
        let (_, answer) = chromium.arrival().await;
        assert!(value(&answer, "code").is_some(), "{answer:?}");
    })
    .await;
}

#[tokio::test]
async fn a_form_that_was_sent_can_be_reloaded() {
    let (platform, app) = with_app().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        let client = &chromium.client;
        chromium.open(&platform.authorize(&[])).await;
        chromium.fill("#username", CUSTOMER).await;
        chromium.fill("#password", "not the password").await;
        chromium.click("#login-submit").await;
        chromium.find(".summary").await;
        // It is sent once more; what it says is no dead end.
        client.refresh().await.unwrap();
        chromium.find(".summary").await;
        let kept = chromium.find("#username").await.prop("value").await;
        assert_eq!(kept.unwrap().as_deref(), Some(CUSTOMER));
        server.app.clock.advance(Duration::from_mins(30));
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        client.refresh().await.unwrap();
        chromium.find("[name=code]").await;
        chromium.enter_code("123456").await;
        chromium.find(".summary").await;
        client.refresh().await.unwrap();
        chromium.find(".summary").await;
        server.app.clock.advance(Duration::from_mins(5));
        chromium.enter_code(&app.next_code(server)).await;
        chromium.find("#consent-allow").await;
        client.refresh().await.unwrap();
        chromium.find("#consent-allow").await;
    })
    .await;
}

#[tokio::test]
async fn who_takes_too_long_signs_in_again_and_still_comes_to_the_app() {
    let (platform, app) = with_app().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.authorize(&[])).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        let patience = server.app.config.account.factor_ttl;
        server.app.clock.advance(patience + Duration::from_secs(1));
        chromium.enter_code(&app.next_code(server)).await;
        let over = t(Locale::En, "sign-in-over");
        chromium.see(".summary li", &over).await;
        chromium.see("h1", "Sign in to Gig Planner").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        chromium.enter_code(&app.next_code(server)).await;
        chromium
            .see("h1", "Allow Gig Planner to use your account")
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_code_is_good_once_and_another_person_can_start_over() {
    let (platform, app) = with_app().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        let code = app.next_code(server);
        chromium.enter_code(&code).await;
        chromium.click("#sign-out").await;
        chromium.see("h1", "You are signed out").await;
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find("[name=code]").await;
        chromium.enter_code(&code).await;
        let wrong = t(Locale::En, "factor-code-wrong");
        chromium.see("#code-problem", &wrong).await;
        chromium.click("#start-over").await;
        chromium.find("#login-submit").await;
    })
    .await;
}
