//! Changing the password and the address.

use super::Journey;

impl Journey<'_> {
    /// With the old password; the session goes on.
    pub async fn change_password(&mut self) {
        let chromium = self.chromium;
        chromium.click("nav a[href$='/account/password']").await;
        self.at("#old_password", "password").await;
        let new = "seven maple umbrellas drifting";
        chromium.fill("#old_password", "not the password").await;
        chromium.fill("#new_password", new).await;
        chromium.click("#save").await;
        self.at(".summary", "password-error").await;
        chromium.fill("#old_password", &self.password).await;
        chromium.fill("#new_password", new).await;
        chromium.click("#save").await;
        self.at("#done", "password-done").await;
        new.clone_into(&mut self.password);
        self.open_mail(&self.email, "mail-password-changed").await;
    }

    /// The new address confirms, the old one is told and could undo it.
    pub async fn change_email(&mut self) {
        let chromium = self.chromium;
        let new = "lea@moreau.test";
        self.open("/account").await;
        chromium.click("nav a[href$='/account/email']").await;
        self.at("#current-email", "email").await;
        chromium.fill("#email", "lea at moreau").await;
        chromium.click("#save").await;
        self.at(".summary", "email-error").await;
        let kept = chromium.find("#email").await.prop("value").await;
        assert_eq!(kept.unwrap().as_deref(), Some("lea at moreau"));
        chromium.fill("#email", new).await;
        chromium.click("#save").await;
        self.at("#pending", "email-pending").await;
        self.open_mail(&self.email, "mail-email-change-asked").await;
        self.open_mail(new, "mail-confirm-email-change").await;
        self.follow("/confirm-email").await;
        self.at("#link-confirm", "confirm-email").await;
        chromium.click("#link-confirm").await;
        self.heading("email-changed-title").await;
        self.at("#way-on", "email-changed").await;
        chromium.click("#way-on").await;
        assert!(chromium.text(".facts").await.contains(new));
        self.open_mail(&self.email, "mail-email-changed").await;
        self.follow("/undo-email-change").await;
        self.at("#link-confirm", "undo-email-change").await;
        new.clone_into(&mut self.email);
    }
}
