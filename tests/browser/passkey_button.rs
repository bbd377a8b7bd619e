//! The button that asks the browser for a passkey, while the browser asks the person.

use serde_json::json;

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::flow::CUSTOMER;

/// A browser whose person takes their time, and then does not want to.
const HESITATE: &str = "window.asked = 0;
navigator.credentials.create = () => {
  asked += 1;
  return new Promise((made, refused) => { window.refuse = () => refused(new Error('no')); });
};";

#[tokio::test]
async fn pressed_again_in_the_middle_it_does_nothing_and_it_is_never_disabled() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        let page = platform.server.url("/account/factors/passkeys");
        chromium.open(&page).await;
        chromium.find("#passkey-button:not([hidden])").await;
        chromium.run(HESITATE).await;
        chromium.click("#passkey-button").await;
        chromium.find("#passkey-button[aria-busy=true]").await;
        chromium.click("#passkey-button").await;
        chromium.press("\u{e007}").await;
        assert_eq!(chromium.run("return asked").await, json!(1));
        let focused = chromium.run("return document.activeElement.id").await;
        assert_eq!(focused, "passkey-button");
        // Nothing on it is disabled, and its words can be read.
        chromium.look("[aria-busy]").await;
        chromium.run("refuse()").await;
        chromium.find("[data-passkey-failed]:not([hidden])").await;
        assert_eq!(chromium.count("[aria-busy]").await, 0);
        chromium.click("#passkey-button").await;
        chromium.find("#passkey-button[aria-busy=true]").await;
        assert_eq!(chromium.run("return asked").await, json!(2));
    })
    .await;
}
