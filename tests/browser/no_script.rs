//! Browsers that run no scripts.

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

const NO_SCRIPTS: Settings = Settings {
    language: "en",
    scripts: false,
};

#[tokio::test]
async fn the_whole_flow_without_scripts() {
    let platform = Platform::start().await;
    browse(NO_SCRIPTS, async |chromium: &Chromium| {
        chromium
            .sign_in_to_booking(&platform.booking, CUSTOMER)
            .await;
        assert_eq!(chromium.count("#bookings li").await, 3);
        chromium.click("#sign-out").await;
        chromium.find("#notice").await;
    })
    .await;
}

#[tokio::test]
async fn an_app_is_disconnected_after_a_question() {
    for (language, question, done) in [
        (
            "en",
            "Disconnect Booking App?",
            "Booking App no longer has access to your account.",
        ),
        (
            "fr",
            "Déconnecter Appli de réservation\u{202f}?",
            "Appli de réservation n’a plus accès à votre compte.",
        ),
    ] {
        let platform = Platform::start().await;
        let settings = Settings {
            language,
            ..NO_SCRIPTS
        };
        browse(settings, async |chromium: &Chromium| {
            chromium
                .sign_in_to_booking(&platform.booking, CUSTOMER)
                .await;
            chromium.open(&platform.server.url("/account/apps")).await;
            chromium.click(".cards p > a").await;
            chromium.see("h1", question).await;
            chromium.click("#disconnect-no").await;
            chromium.click(".cards p > a").await;
            chromium.click("#disconnect-yes").await;
            chromium.see("#done", done).await;
            assert_eq!(chromium.count(".cards").await, 0);
        })
        .await;
    }
}

#[tokio::test]
async fn a_form_post_answer_arrives_by_its_button() {
    let platform = Platform::start().await;
    let address = platform.authorize(&[("response_mode", "form_post")]);
    browse(NO_SCRIPTS, async |chromium: &Chromium| {
        chromium.open(&address).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-allow").await;
        chromium.click("#form-post-submit").await;
        let (method, answer) = chromium.arrival().await;
        assert_eq!(method, "POST");
        assert!(value(&answer, "code").is_some(), "{answer:?}");
    })
    .await;
}
