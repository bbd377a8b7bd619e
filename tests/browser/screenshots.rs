//! Pictures of the pages, for people to look at: `cargo xtask screenshots` keeps them in
//! `docs/screenshots`.

use crate::album::{Album, LAPTOP, PHONE, show};
use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

#[tokio::test]
async fn pictures_of_the_pages() {
    let mut album = Album::open("");
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        in_english(chromium, &platform, &mut album).await;
    })
    .await;
    let french = Settings {
        language: "fr",
        scripts: true,
    };
    browse(french, async |chromium: &Chromium| {
        in_french(chromium, &platform, &mut album).await;
    })
    .await;
    album.close(2_000_000);
}

async fn in_english(chromium: &Chromium, platform: &Platform, album: &mut Album) {
    let server = &platform.server;
    chromium.open(&server.url("/")).await;
    album.both(chromium, "welcome").await;
    chromium.open(&platform.booking).await;
    chromium.find("#artists").await;
    album.add(chromium, "booking-app", LAPTOP, false).await;
    chromium.click("#sign-in").await;
    chromium.find("#username").await;
    album.both(chromium, "sign-in").await;
    album.add(chromium, "sign-in", LAPTOP, true).await;
    chromium.fill("#username", CUSTOMER).await;
    chromium.fill("#password", "not the password").await;
    chromium.click("#password + button").await;
    album.add(chromium, "sign-in-shown", LAPTOP, false).await;
    chromium.click("#login-submit").await;
    chromium.find(".summary").await;
    album.both(chromium, "sign-in-error").await;
    chromium.sign_in(CUSTOMER).await;
    chromium.find("#consent-allow").await;
    album.add(chromium, "consent", LAPTOP, false).await;
    album.add(chromium, "consent", PHONE, true).await;
    chromium.click("#consent-allow").await;
    chromium.find("#bookings").await;
    album
        .add(chromium, "booking-app-signed-in", LAPTOP, false)
        .await;
    let params = [("prompt", "select_account")];
    chromium.open(&platform.authorize(&params)).await;
    chromium.find("#account-other").await;
    album.both(chromium, "select-account").await;
    chromium.open(&server.url("/docs")).await;
    chromium.find(".call").await;
    for screen in [(LAPTOP.0, 480), (PHONE.0, 480)] {
        // Only its beginning: it is long.
        show(chromium, screen, false).await;
        album.keep(chromium, "docs", screen, false).await;
    }
    chromium.open(&server.url("/logout")).await;
    chromium.find("#logout-confirm").await;
    album.both(chromium, "sign-out").await;
    chromium.click("#logout-confirm").await;
    chromium.find("main .after").await;
    album.both(chromium, "signed-out").await;
    let params = [("redirect_uri", "https://elsewhere.example/")];
    chromium.open(&platform.authorize(&params)).await;
    chromium.find("#error-code").await;
    album.both(chromium, "error").await;
}

async fn in_french(chromium: &Chromium, platform: &Platform, album: &mut Album) {
    chromium.open(&platform.booking).await;
    chromium.click("#sign-in").await;
    chromium.find("#username").await;
    album.add(chromium, "sign-in-fr", PHONE, false).await;
    // It was allowed in English before.
    chromium.sign_in(CUSTOMER).await;
    chromium.find("#bookings").await;
    album
        .add(chromium, "booking-app-signed-in-fr", PHONE, true)
        .await;
    let long = "openid profile email address phone roles";
    chromium.open(&platform.authorize(&[("scope", long)])).await;
    chromium.find("#consent-allow").await;
    album.add(chromium, "consent-fr", LAPTOP, false).await;
    chromium.open(&platform.server.url("/")).await;
    chromium.find(".facts").await;
    album.both(chromium, "home-fr").await;
    chromium.open(&platform.server.url("/nothing-here")).await;
    chromium.find("#error-code").await;
    album.add(chromium, "error-fr", PHONE, true).await;
}
