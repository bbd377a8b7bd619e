//! What a person does on the pages.

use auth_api::cli::demo;

use crate::chromium::Chromium;

impl Chromium {
    /// Fills in the sign-in page and sends it.
    pub async fn sign_in(&self, email: &str) {
        self.fill("#username", email).await;
        self.fill("#password", demo::PASSWORD).await;
        self.click("#login-submit").await;
    }

    /// Answers for the second factor with a code.
    pub async fn enter_code(&self, code: &str) {
        self.fill("[name=code]", code).await;
        self.click("#factor-submit").await;
    }

    /// Signs in to the booking application, from its page to its page.
    pub async fn sign_in_to_booking(&self, booking: &str, email: &str) {
        self.open(booking).await;
        self.click("#sign-in").await;
        self.sign_in(email).await;
        self.click("#consent-allow").await;
        self.find("#user-name").await;
    }

    /// The parameters that the relying party was sent, and by which method.
    pub async fn arrival(&self) -> (String, Vec<(String, String)>) {
        let answer = self.text("#answer").await;
        let pairs = url::form_urlencoded::parse(answer.as_bytes());
        (self.text("#method").await, pairs.into_owned().collect())
    }
}

/// The value of a parameter.
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let pair = pairs.iter().find(|(key, _)| key == name);
    pair.map(|(_, value)| value.as_str())
}
