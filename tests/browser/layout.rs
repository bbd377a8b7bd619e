//! What every page has in common: it fits the screen, is light, and says what is what.

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::many;

#[tokio::test]
async fn pages_fit_every_screen_in_both_languages_light_and_dark() {
    for language in ["en", "fr"] {
        let platform = Platform::start().await;
        let settings = Settings {
            language,
            scripts: true,
        };
        browse(settings, async |chromium: &Chromium| {
            every_page(chromium, &platform).await;
        })
        .await;
    }
}

/// Comes by every page and looks at it.
async fn every_page(chromium: &Chromium, platform: &Platform) {
    let server = &platform.server;
    for path in [
        "/",
        "/login",
        "/create-account",
        "/forgot-password",
        "/nothing-here",
        "/docs",
        "/docs/problems",
        "/dev/mail",
        "/authorize",
        // What may be told after a change of address was undone, at its longest.
        "/undo-email-change/done?taken=passkey+totp+email+recovery_codes+password",
    ] {
        chromium.open(&server.url(path)).await;
        chromium.look("h1").await;
    }
    chromium.open(&server.url("/docs/accounts")).await;
    chromium.look_at_reference(".call").await;
    chromium.open(&platform.booking).await;
    chromium.look("#artists").await;
    chromium.click("#sign-in").await;
    chromium.look("#login-submit").await;
    chromium.click("#login-submit").await;
    chromium.look(".summary").await;
    chromium.sign_in(CUSTOMER).await;
    chromium.look("#consent-deny").await;
    chromium.click("#consent-deny").await;
    chromium.look("#error-code").await;
    chromium.click("#sign-in").await;
    chromium.click("#consent-allow").await;
    chromium.look("#bookings").await;

    chromium.open(&server.url("/")).await;
    chromium.look(".facts").await;
    let everything = "openid profile email address phone roles bookings:read";
    chromium
        .open(&platform.authorize(&[("scope", everything)]))
        .await;
    chromium.look("#consent-allow").await;
    chromium
        .open(&platform.authorize(&[("prompt", "select_account")]))
        .await;
    chromium.look("#account-other").await;
    chromium
        .open(&platform.authorize(&[("prompt", "login")]))
        .await;
    chromium.look("#login-submit").await;
    for path in ["/account/apps", "/account/sessions", "/account/history"] {
        chromium.open(&server.url(path)).await;
        chromium.look("h1").await;
    }
    chromium.open(&server.url("/account/apps")).await;
    chromium.click(".cards p > a").await;
    chromium.look("#disconnect-yes").await;
    chromium
        .open(&platform.authorize(&[("prompt", "create")]))
        .await;
    chromium.look("#create-account-submit").await;
    chromium.open(&server.url("/logout")).await;
    chromium.look("#logout-confirm").await;
    chromium.click("#logout-confirm").await;
    chromium.look("main .after").await;

    chromium.open(&server.url("/login")).await;
    chromium.sign_in(ADMIN).await;
    chromium.find(".facts").await;
    for path in ["/account/audit", "/account/audit?who=nobody"] {
        chromium.open(&server.url(path)).await;
        chromium.look("h1").await;
    }
    // As many as a page lists, and more.
    many::sessions(&server.app.pool).await;
    many::apps(&server.app.pool).await;
    for path in ["/account/sessions", "/account/apps"] {
        chromium.open(&server.url(path)).await;
        chromium.look("#not-all").await;
    }
}
