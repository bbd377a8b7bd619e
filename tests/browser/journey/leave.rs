//! Deleting the account, and having it back.

use super::Journey;
use crate::support::authenticator_app::AuthenticatorApp;

impl Journey<'_> {
    /// Asked twice, done at once, and undone by the mailed link.
    pub async fn delete_and_restore(&mut self, app: &AuthenticatorApp) {
        let chromium = self.chromium;
        self.open("/account").await;
        chromium.click("nav a[href$='/account/delete']").await;
        self.at("#delete", "delete").await;
        chromium.click("#delete").await;
        self.at("#delete-yes", "delete-sure").await;
        chromium.click("#delete-yes").await;
        self.heading("deleted-title").await;
        self.at("#way-on", "deleted").await;
        self.open("/account").await;
        self.enter_password().await;
        self.at(".summary", "sign-in-deleted").await;
        self.open_mail(&self.email, "mail-account-deleted").await;
        self.follow("/restore-account").await;
        self.at("#link-confirm", "restore-account").await;
        chromium.click("#link-confirm").await;
        self.at("#way-on", "restored").await;
        self.sign_in_here(app).await;
    }
}
