//! Enrolling second factors.

use super::Journey;
use crate::authenticator::Authenticator;
use crate::support::authenticator_app::AuthenticatorApp;

impl<'a> Journey<'a> {
    /// An authenticator app, and the recovery codes that come with the first factor.
    pub async fn enrol_app(&mut self) -> AuthenticatorApp {
        let chromium = self.chromium;
        self.open("/").await;
        self.at(".facts", "overview").await;
        chromium.click("nav a[href$='/account/factors']").await;
        self.at("#no-factors", "factors-none").await;
        chromium.click("#add-totp").await;
        self.at("#key", "totp").await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        chromium.fill("#code", "000000").await;
        chromium.click("#totp-confirm").await;
        self.at(".summary", "totp-error").await;
        // It is the same key: the app need not be set up anew.
        let code = app.code(&self.platform.server);
        chromium.fill("#code", &code).await;
        chromium.click("#totp-confirm").await;
        self.at("#new-codes", "recovery-codes-new").await;
        let codes = chromium.run(
            "return [...document.querySelectorAll('#new-codes code')].map(it => it.textContent)",
        );
        self.codes = serde_json::from_value(codes.await).unwrap();
        assert_eq!(self.codes.len(), 10);
        chromium.click("#codes-kept").await;
        chromium.find("#factors").await;
        app
    }

    /// A passkey on the person's phone.
    pub async fn enrol_passkey(&mut self) -> Authenticator<'a> {
        let chromium = self.chromium;
        let phone = chromium.platform_authenticator().await;
        chromium.click("#add-passkey").await;
        self.at("#passkey-button", "passkey").await;
        chromium.fill("#name", "Léa’s phone").await;
        chromium.click("#passkey-button").await;
        chromium.find("#factors li:nth-child(2)").await;
        self.at("#factors", "factors").await;
        let kept = phone.credentials().await;
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0]["isResidentCredential"], true);
        chromium.open(&self.platform.booking).await;
        self.sign_out_of_app().await;
        phone
    }
}
