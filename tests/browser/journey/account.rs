//! The pages of the account area that change little.

use super::Journey;

impl Journey<'_> {
    /// Comes by the history, the sessions, the apps, the profile and the download.
    pub async fn tour(&mut self) {
        let chromium = self.chromium;
        self.open("/account").await;
        self.at(".facts", "overview-protected").await;
        chromium.click("nav a[href$='/account/history']").await;
        self.at("#events", "history").await;
        chromium.click("nav a[href$='/account/sessions']").await;
        self.at(".cards", "sessions").await;
        chromium.click("nav a[href$='/account/apps']").await;
        self.at(".cards", "apps").await;
        chromium.click(".cards p > a").await;
        self.at("#disconnect-yes", "apps-disconnect").await;
        chromium.click("nav a[href$='/account/profile']").await;
        self.at("#save", "profile").await;
        chromium.fill("#phone_number", "call me").await;
        chromium.click("#save").await;
        self.at(".summary", "profile-error").await;
        chromium.fill("#phone_number", "+33123456789").await;
        chromium.click("#save").await;
        chromium.find("#done").await;
        chromium.click("nav a[href$='/account/export']").await;
        self.at("#export", "export").await;
        chromium.click("nav a[href$='/account/factors']").await;
        chromium.click("#recovery-codes").await;
        self.at("#make-codes", "recovery-codes").await;
    }
}
