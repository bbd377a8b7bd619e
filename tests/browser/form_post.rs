//! `response_mode=form_post`: the page that sends itself.

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

#[tokio::test]
async fn the_answer_arrives_by_itself() {
    let platform = Platform::start().await;
    let address = platform.authorize(&[("response_mode", "form_post")]);
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&address).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-allow").await;
        let (method, answer) = chromium.arrival().await;
        assert_eq!(method, "POST");
        assert!(value(&answer, "code").is_some(), "{answer:?}");
        assert_eq!(value(&answer, "iss"), Some(&*platform.server.issuer));
        assert_eq!(
            chromium.url().await.as_str(),
            platform.callback,
            "no code in it"
        );
    })
    .await;
}

#[tokio::test]
async fn an_error_arrives_too() {
    let platform = Platform::start().await;
    let params = [("response_mode", "form_post"), ("prompt", "none")];
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.authorize(&params)).await;
        let (method, answer) = chromium.arrival().await;
        assert_eq!(method, "POST");
        assert_eq!(value(&answer, "error"), Some("login_required"));
    })
    .await;
}

#[tokio::test]
async fn the_client_may_lead_on_to_another_origin() {
    let platform = Platform::start().await;
    let elsewhere = platform.callback_elsewhere.as_str();
    let params = [("response_mode", "form_post"), ("redirect_uri", elsewhere)];
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.authorize(&params)).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.click("#consent-allow").await;
        chromium.find("#answer").await;
        assert_eq!(chromium.url().await.path(), "/arrived");
    })
    .await;
}
