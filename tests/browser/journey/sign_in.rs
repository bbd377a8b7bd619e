//! Every way to sign in.

use super::Journey;
use crate::authenticator::Authenticator;
use crate::support::authenticator_app::AuthenticatorApp;

impl Journey<'_> {
    /// Without a password: by the button, and offered by the browser where the address is typed in.
    pub async fn sign_in_by_passkey(&mut self, phone: &Authenticator<'_>) {
        let chromium = self.chromium;
        // Nobody chooses what the browser offers.
        phone.touch(false).await;
        self.to_sign_in().await;
        self.at("#passkey-button", "sign-in").await;
        phone.touch(true).await;
        chromium.click("#passkey-button").await;
        self.sign_out_of_app().await;

        // The person chooses what the browser offers.
        chromium.open(&self.platform.booking).await;
        chromium.click("#sign-in").await;
        self.sign_out_of_app().await;
        phone.touch(false).await;
    }

    /// With a password, then either factor.
    pub async fn sign_in_by_password(&mut self, phone: &Authenticator<'_>, app: &AuthenticatorApp) {
        let chromium = self.chromium;
        let server = &self.platform.server;
        self.to_sign_in().await;
        self.enter_password().await;
        chromium.find("#use-totp").await;
        self.at("#passkey-button", "second-factor-passkey").await;
        chromium.click("#use-totp").await;
        self.at("[name=code]", "second-factor-totp").await;
        chromium.enter_code("000000").await;
        self.at(".summary", "second-factor-error").await;
        chromium.enter_code(&app.next_code(server)).await;
        self.sign_out_of_app().await;

        self.to_sign_in().await;
        self.enter_password().await;
        chromium.find("#use-totp").await;
        phone.touch(true).await;
        chromium.click("#passkey-button").await;
        self.sign_out_of_app().await;
        phone.touch(false).await;
    }

    /// With a password and a code from paper. It is spent then, and the person is told.
    pub async fn sign_in_by_recovery_code(&mut self) {
        let chromium = self.chromium;
        let code = self.codes.remove(0);
        self.to_sign_in().await;
        self.enter_password().await;
        chromium.click("#use-recovery_code").await;
        self.at("[name=code]", "second-factor-recovery-code").await;
        chromium.enter_code(&code).await;
        self.sign_out_of_app().await;
        self.open_mail(&self.email, "mail-recovery-code-used").await;

        self.to_sign_in().await;
        self.enter_password().await;
        chromium.click("#use-recovery_code").await;
        chromium.enter_code(&code).await;
        chromium
            .see("#code-problem", &self.t("factor-code-wrong"))
            .await;
    }
}
