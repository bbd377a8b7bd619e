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
        chromium.fill("[name=code]", "000000").await;
        chromium.click("#totp-confirm").await;
        self.at(".summary", "totp-error").await;
        // It is the same key: the app need not be set up anew.
        let code = app.code(&self.platform.server);
        chromium.fill("[name=code]", &code).await;
        chromium.click("#totp-confirm").await;
        self.at("#new-codes", "recovery-codes-new").await;
        let codes = chromium.text("#new-codes").await;
        self.codes = codes.split_whitespace().map(str::to_owned).collect();
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

    /// Where a passkey cannot be made or used, a page says so and leaves the other ways open. Ends
    /// signed out.
    pub async fn be_told_of_scripts(&mut self, app: &AuthenticatorApp) {
        let chromium = self.chromium;
        chromium.click("#add-passkey").await;
        chromium
            .see("[data-passkey-missing]", &self.t("factors-passkey-missing"))
            .await;
        let button = chromium.find("#passkey-button").await;
        assert!(!button.is_displayed().await.unwrap());
        chromium.open(&self.platform.booking).await;
        self.sign_out_of_app().await;
        self.to_sign_in().await;
        let button = chromium.find("#passkey-button").await;
        assert!(!button.is_displayed().await.unwrap());
        self.enter_password().await;
        self.answer_by_app(app).await;
        self.sign_out_of_app().await;
    }
}
