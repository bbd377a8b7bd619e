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
