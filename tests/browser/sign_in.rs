//! Signing in to the booking application.

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::{ADMIN, CUSTOMER};

#[tokio::test]
async fn a_customer_signs_in_to_the_booking_app_and_sees_their_bookings() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.find("#artists li").await;
        chromium.click("#sign-in").await;
        chromium.see("h1", "Sign in to Booking App").await;
        assert_eq!(
            chromium.url().await.origin().ascii_serialization(),
            platform.server.issuer
        );
        chromium.sign_in(CUSTOMER).await;
        chromium
            .see("h1", "Allow Booking App to use your account")
            .await;
        // Who they are comes first, and last what goes on without them.
        let first = "Recognise you when you sign in";
        chromium.see(".asks li:first-child", first).await;
        let last = "Keep this access while you are not using it";
        chromium.see(".asks li:last-child", last).await;
        chromium.click("#consent-allow").await;
        chromium.see("#user-name", "Camille Durand").await;
        chromium.see("#user-role", "customer").await;
        assert_eq!(chromium.count("#bookings li").await, 3);
        assert_eq!(
            chromium.url().await.as_str(),
            format!("{}/", platform.booking),
            "the code is out of the address"
        );
        chromium.client.refresh().await.unwrap();
        chromium.see("#user-name", "Camille Durand").await;
        assert_eq!(chromium.count("#bookings li").await, 3);
    })
    .await;
}

#[tokio::test]
async fn an_administrator_is_shown_as_one() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.sign_in_to_booking(&platform.booking, ADMIN).await;
        chromium.see("#user-name", "Ada Martin").await;
        chromium.see("#user-role", "admin").await;
    })
    .await;
}

#[tokio::test]
async fn who_denies_comes_back_to_the_app_and_can_start_again() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-deny").await;
        chromium.see("#error-code", "access_denied").await;
        assert!(chromium.url().await.as_str().starts_with(&platform.booking));
        // The way on asks again, and this time for consent alone.
        chromium.click("#sign-in").await;
        chromium.click("#consent-allow").await;
        chromium.see("#user-name", "Camille Durand").await;
    })
    .await;
}

#[tokio::test]
async fn who_cancels_at_the_sign_in_page_comes_back_to_the_app() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.click("#cancel").await;
        chromium.see("#error-code", "access_denied").await;
        assert!(chromium.url().await.as_str().starts_with(&platform.booking));
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_email_kept() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.click("#sign-in").await;
        chromium.fill("#username", CUSTOMER).await;
        chromium.fill("#password", "not the password").await;
        chromium.click("#login-submit").await;
        chromium.find(".summary").await;
        let focused = "return document.activeElement.className";
        assert_eq!(chromium.run(focused).await, "summary");
        assert!(chromium.client.title().await.unwrap().starts_with("Error:"));
        let value = |css| async move { chromium.find(css).await.prop("value").await.unwrap() };
        assert_eq!(value("#username").await.as_deref(), Some(CUSTOMER));
        assert_eq!(value("#password").await.as_deref(), Some(""));
        let described = chromium.find("#password").await;
        let described = described.attr("aria-describedby").await.unwrap();
        assert_eq!(described.as_deref(), Some("password-problem"));
        // The summary leads to the field.
        chromium.click(".summary a").await;
        let focused = "return document.activeElement.id";
        assert_eq!(chromium.run(focused).await, "username");
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-allow").await;
        chromium.find("#user-name").await;
    })
    .await;
}

#[tokio::test]
async fn the_redirect_uri_may_lead_on_to_another_origin() {
    let platform = Platform::start().await;
    let address = platform.authorize(&[("redirect_uri", &platform.callback_elsewhere)]);
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&address).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-allow").await;
        chromium.find("#answer").await;
        assert_eq!(chromium.url().await.path(), "/arrived");
    })
    .await;
}
