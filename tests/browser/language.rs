//! Pages speak the person's language.

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

const FRENCH: Settings = Settings {
    language: "fr",
    scripts: true,
};

#[tokio::test]
async fn a_french_browser_gets_french_pages_all_the_way() {
    let platform = Platform::start().await;
    browse(FRENCH, async |chromium: &Chromium| {
        chromium.open(&platform.booking).await;
        chromium.see("#sign-in", "Se connecter").await;
        chromium.click("#sign-in").await;
        let heading = "Se connecter à Appli de réservation";
        chromium.see("h1", heading).await;
        assert_eq!(lang(chromium).await.as_deref(), Some("fr"));
        chromium.sign_in(CUSTOMER).await;
        chromium.see("#consent-allow", "Autoriser").await;
        chromium.click("#consent-allow").await;
        chromium.see("h1", "Vos réservations").await;
        chromium.click("#sign-out").await;
        chromium.see("#notice", "Votre session est fermée.").await;
    })
    .await;
}

#[tokio::test]
async fn the_browser_decides_where_the_app_says_nothing() {
    let platform = Platform::start().await;
    for (settings, heading) in [
        (FRENCH, "Se connecter à Gig Planner"),
        (Settings::default(), "Sign in to Gig Planner"),
    ] {
        browse(settings, async |chromium: &Chromium| {
            chromium.open(&platform.authorize(&[])).await;
            chromium.see("h1", heading).await;
            assert_eq!(lang(chromium).await.as_deref(), Some(settings.language));
            // Nor does it change on the way: the customer's profile says nothing.
            chromium.sign_in(CUSTOMER).await;
            chromium.find("#consent-deny").await;
            assert_eq!(lang(chromium).await.as_deref(), Some(settings.language));
            chromium.open(&platform.server.url("/")).await;
            chromium.find(".facts").await;
            assert_eq!(lang(chromium).await.as_deref(), Some(settings.language));
        })
        .await;
    }
}

#[tokio::test]
async fn the_profile_decides_once_the_person_is_known() {
    let platform = Platform::start().await;
    for (settings, locale) in [(FRENCH, "en"), (Settings::default(), "fr-CA")] {
        let profile = &locale[..2];
        platform.prefer(Some(locale)).await;
        browse(settings, async |chromium: &Chromium| {
            chromium.open(&platform.authorize(&[])).await;
            chromium.find("#login-submit").await;
            assert_eq!(lang(chromium).await.as_deref(), Some(settings.language));
            chromium.sign_in(CUSTOMER).await;
            chromium.find("#consent-deny").await;
            assert_eq!(lang(chromium).await.as_deref(), Some(profile));
            chromium.look("#consent-deny").await;
            for path in ["/account", "/nowhere", "/verify-email?token=x"] {
                chromium.open(&platform.server.url(path)).await;
                assert_eq!(lang(chromium).await.as_deref(), Some(profile), "{path}");
            }
            // Their own choice in the footer stands above it.
            let footer = format!("footer a[lang={}]", settings.language);
            chromium.open(&platform.server.url("/account")).await;
            chromium.click(&footer).await;
            let chosen = format!("html[lang={}]", settings.language);
            chromium.find(&chosen).await;
            chromium
                .open(&platform.server.url("/account/profile"))
                .await;
            chromium.find(&chosen).await;
        })
        .await;
    }
}

#[tokio::test]
async fn the_switch_keeps_the_place_even_after_an_error() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium
            .open(&platform.authorize(&[("login_hint", CUSTOMER)]))
            .await;
        let here = chromium.url().await;
        chromium.click("footer a[lang=fr]").await;
        chromium.see("#login-submit", "Se connecter").await;
        assert_eq!(chromium.url().await, here);
        chromium.click("#login-submit").await;
        chromium.find(".summary").await;
        chromium.click("footer a[lang=en]").await;
        chromium.see("#login-submit", "Sign in").await;
        assert_eq!(chromium.url().await, here);
        chromium.click("footer a[lang=fr]").await;
        chromium.see("#login-submit", "Se connecter").await;
        chromium.sign_in(CUSTOMER).await;
        chromium.see("#consent-allow", "Autoriser").await;
        chromium.click("footer a[lang=en]").await;
        chromium.see("#consent-allow", "Allow").await;
        chromium.click("#consent-allow").await;
        let (_, answer) = chromium.arrival().await;
        assert!(value(&answer, "code").is_some(), "{answer:?}");
    })
    .await;
}

async fn lang(chromium: &Chromium) -> Option<String> {
    chromium.find("html").await.attr("lang").await.unwrap()
}
