//! The person's mailbox: what the server caught instead of sending it.

use fantoccini::Locator;

use super::Journey;

impl Journey<'_> {
    /// Opens the newest mail to that address whose subject is that text.
    pub async fn open_mail(&self, to: &str, subject: &str) {
        let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
        self.open(&format!("/dev/mail?to={to}")).await;
        self.chromium.find("#mails").await;
        let subject = self.t(subject);
        let mail = self.chromium.client.find(Locator::LinkText(&subject)).await;
        let Ok(mail) = mail else {
            let mails = self.chromium.text("#mails").await;
            panic!("no mail {subject:?} among:\n{mails}");
        };
        mail.click().await.unwrap();
        self.chromium.see("h1", &subject).await;
    }

    /// Follows the mail's link to that page.
    pub async fn follow(&self, page: &str) {
        let link = format!("#mail a[href*='{page}?']");
        self.chromium.click(&link).await;
    }
}
