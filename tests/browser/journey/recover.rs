//! A forgotten password.

use super::Journey;
use crate::support::authenticator_app::AuthenticatorApp;

impl Journey<'_> {
    /// By mail; the second factor is asked for as before.
    pub async fn forget_password(&mut self, app: &AuthenticatorApp) {
        let chromium = self.chromium;
        self.to_sign_in().await;
        chromium.click("#forgot-password").await;
        self.at("#forgot-password-submit", "forgot-password").await;
        chromium.fill("#email", &self.email).await;
        chromium.click("#forgot-password-submit").await;
        self.at("#send-again", "forgot-password-sent").await;
        self.open_mail(&self.email, "mail-reset-password").await;
        self.follow("/reset-password").await;
        self.at("#reset-password-submit", "reset-password").await;
        chromium.fill("#new_password", "azerty123").await;
        chromium.click("#reset-password-submit").await;
        self.at(".summary", "reset-password-error").await;
        self.password = "quiet lanterns over gravel".into();
        chromium.fill("#new_password", &self.password).await;
        chromium.click("#reset-password-submit").await;
        chromium
            .see("#done", &self.t("registration-reset-done"))
            .await;
        self.enter_password().await;
        self.answer_by_app(app).await;
        self.sign_out_of_app().await;
        self.open_mail(&self.email, "mail-password-reset").await;
        self.at("#mail", "mail-password-reset").await;
        self.sign_in_here(app).await;
    }
}
