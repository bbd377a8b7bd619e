//! Creating an account.

use super::Journey;

impl Journey<'_> {
    /// From the application's "Sign in" to the application, with a new account.
    pub async fn register(&mut self) {
        let chromium = self.chromium;
        self.to_sign_in().await;
        chromium.click("#create-account").await;
        self.at("#create-account-submit", "create-account").await;
        chromium.fill("#email", &self.email).await;
        chromium.fill("#password", "password1").await;
        chromium.fill("#given_name", "Léa").await;
        chromium.click("#create-account-submit").await;
        self.at(".summary", "create-account-error").await;
        let kept = async |css: &str| chromium.find(css).await.prop("value").await.unwrap();
        assert_eq!(kept("#email").await.as_deref(), Some(&*self.email));
        assert_eq!(kept("#given_name").await.as_deref(), Some("Léa"));
        assert_eq!(kept("#password").await.as_deref(), Some(""));
        chromium.fill("#password", &self.password).await;
        chromium.fill("#family_name", "Moreau").await;
        chromium.click("#create-account-submit").await;
        self.at("#send-again", "check-mail").await;

        // Nobody is signed in by an address that is not proved.
        chromium.click("#sign-in").await;
        chromium.find("#login-submit").await;
        self.enter_password().await;
        self.heading("check-mail").await;

        self.open_mail(&self.email, "mail-verify-email").await;
        self.at("#mail", "mail-verify-email").await;
        self.follow("/verify-email").await;
        self.at("#link-confirm", "verify-email").await;
        chromium.click("#link-confirm").await;
        self.at("#login-submit", "verified").await;
        self.enter_password().await;
        chromium.click("#consent-allow").await;
        chromium.see("#user-name", "Léa Moreau").await;

        // The link is spent, and says so.
        self.open_mail(&self.email, "mail-verify-email").await;
        self.follow("/verify-email").await;
        self.heading("link-used-title").await;
        self.at("#link-way-on", "link-used").await;
    }
}
