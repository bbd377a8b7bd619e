//! Signing out, at the application and at the server.

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

#[tokio::test]
async fn signing_out_of_the_app_ends_the_session_at_the_server_too() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium
            .sign_in_to_booking(&platform.booking, CUSTOMER)
            .await;
        chromium.click("#sign-out").await;
        chromium.see("#notice", "You are signed out.").await;
        assert_eq!(chromium.count("#user-name").await, 0);
        chromium.open(&platform.booking).await;
        chromium.find("#sign-in").await;
        chromium
            .open(&platform.authorize(&[("prompt", "none")]))
            .await;
        let (_, answer) = chromium.arrival().await;
        assert_eq!(value(&answer, "error"), Some("login_required"));
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.find("#password").await;
        // Consent was given before, so the password is all.
        chromium.sign_in(CUSTOMER).await;
        chromium.find("#user-name").await;
    })
    .await;
}

#[tokio::test]
async fn a_second_app_needs_no_password_while_the_session_lasts() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium
            .sign_in_to_booking(&platform.booking, CUSTOMER)
            .await;
        chromium.open(&platform.authorize(&[])).await;
        chromium.click("#consent-allow").await;
        let (_, answer) = chromium.arrival().await;
        assert!(value(&answer, "code").is_some(), "{answer:?}");
        assert_eq!(value(&answer, "state"), Some("the-state"));
        assert_eq!(value(&answer, "iss"), Some(&*platform.server.issuer));
    })
    .await;
}

#[tokio::test]
async fn signing_out_at_the_server_asks_only_where_nobody_vouches_for_the_wish() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        chromium.open(&server.url("/logout")).await;
        chromium.click("#logout-stay").await;
        chromium.find(".facts").await;
        chromium.open(&server.url("/logout")).await;
        chromium.click("#logout-confirm").await;
        chromium.see("h1", "You are signed out").await;
        chromium.open(&server.url("/")).await;
        chromium.find("#sign-in").await;
        // The start page's own button needs no question.
        chromium.click("#sign-in").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#sign-out").await;
        // The heading, which the page before does not have: opened earlier, the next page would be
        // overtaken by the form's answer.
        chromium.see("h1", "You are signed out").await;
        chromium.open(&server.url("/")).await;
        chromium.find("#sign-in").await;
    })
    .await;
}
