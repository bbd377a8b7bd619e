//! What people print.

use serde_json::json;

use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::CUSTOMER;

/// What is seen of the page, and whether it is dark on light.
const SEEN: &str = "const seen = css => document.querySelector(css).checkVisibility();
    const sum = colour => colour.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b);
    const colours = document.querySelector('#new-codes');
    return {
        codes: seen('#new-codes'), brand: seen('.top span'), owner: seen('#new-codes-owner'),
        menu: seen('#menu'), up: seen('.up'), footer: seen('footer'),
        file: seen('#download-codes'), button: seen('#codes-kept'),
        ink: sum(getComputedStyle(colours).color) < 200,
    }";

/// The codes, whose they are and since when; nothing to press, and no ground of a dark scheme.
#[tokio::test]
async fn recovery_codes_on_paper() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&platform.server.url("/login")).await;
        chromium.sign_in(CUSTOMER).await;
        chromium.find(".facts").await;
        let totp = platform.server.url("/account/factors/totp");
        chromium.open(&totp).await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        let code = app.code(&platform.server);
        chromium.fill("[name=code]", &code).await;
        chromium.click("#totp-confirm").await;
        chromium.find("#new-codes").await;
        let dark = json!([{ "name": "prefers-color-scheme", "value": "dark" }]);
        for (media, printed) in [("screen", false), ("print", true)] {
            let emulated = json!({ "media": media, "features": dark });
            chromium
                .devtools("Emulation.setEmulatedMedia", emulated)
                .await;
            let seen = chromium.run(SEEN).await;
            let for_screens = json!(!printed);
            for what in ["menu", "footer", "file", "button"] {
                assert_eq!(seen[what], for_screens, "{what} on {media}");
            }
            for what in ["codes", "brand", "owner"] {
                assert_eq!(seen[what], json!(true), "{what} on {media}");
            }
            assert_eq!(seen["ink"], json!(printed), "{media}");
            assert!(seen["up"] == for_screens || !printed, "{media}");
        }
        let owner = chromium.text("#new-codes-owner").await;
        assert!(owner.contains(CUSTOMER), "{owner}");
    })
    .await;
}
