//! The life of an account as its owner sees it, from the booking application's "Sign in" to the
//! deletion and back. At every page: its layout, what axe finds, a picture.

mod account;
mod change;
mod factors;
mod leave;
mod mailbox;
mod recover;
mod register;
mod sign_in;

use auth_api::i18n::{Locale, t};

use crate::album::{Album, LAPTOP, PHONE};
use crate::chromium::{Chromium, Settings, browse};
use crate::platform::Platform;
use crate::support::authenticator_app::AuthenticatorApp;

/// The pictures of one language together stay a small download.
const MAX_BYTES: u64 = 3_000_000;
/// Of the other pages, the pictures are in English.
const IN_FRENCH_TOO: [&str; 11] = [
    "create-account",
    "delete-sure",
    "factors",
    "history",
    "link-used",
    "mail-verify-email",
    "overview-protected",
    "profile",
    "second-factor-totp",
    "sign-in",
    "totp",
];

/// A person on their way, and what they keep in mind, in hand and on paper.
pub struct Journey<'a> {
    pub platform: &'a Platform,
    pub chromium: &'a Chromium,
    pub locale: Locale,
    scripts: bool,
    album: Album,
    pub email: String,
    pub password: String,
    pub codes: Vec<String>,
}

#[tokio::test]
async fn the_life_of_an_account_in_english() {
    live(Locale::En, true).await;
}

#[tokio::test]
async fn the_life_of_an_account_in_french() {
    live(Locale::Fr, true).await;
}

/// All but the passkeys.
#[tokio::test]
async fn the_life_of_an_account_without_scripts() {
    live(Locale::En, false).await;
}

async fn live(locale: Locale, scripts: bool) {
    let platform = Platform::start().await;
    let settings = Settings {
        language: locale.tag(),
        scripts,
    };
    browse(settings, async |chromium: &Chromium| {
        let mut journey = Journey {
            platform: &platform,
            chromium,
            locale,
            scripts,
            album: Album::open("account"),
            email: "lea.moreau@booking.test".into(),
            password: "velvet tractor ninety rivers".into(),
            codes: Vec::new(),
        };
        journey.register().await;
        let app = journey.enrol_app().await;
        if scripts {
            let phone = journey.enrol_passkey().await;
            journey.sign_in_by_passkey(&phone).await;
            journey.sign_in_by_password(&phone, &app).await;
        } else {
            journey.be_told_of_scripts(&app).await;
        }
        journey.sign_in_by_recovery_code().await;
        journey.forget_password(&app).await;
        journey.tour().await;
        journey.change_password().await;
        journey.change_email().await;
        journey.delete_and_restore(&app).await;
        journey.album.close(MAX_BYTES);
    })
    .await;
}

impl Journey<'_> {
    /// A text of the pages.
    pub fn t(&self, key: &str) -> String {
        t(self.locale, key)
    }

    pub async fn open(&self, path: &str) {
        self.chromium.open(&self.platform.server.url(path)).await;
    }

    /// Has come to the page that has the element: looks at it, and keeps pictures of it.
    pub async fn at(&mut self, element: &str, name: &str) {
        if !self.scripts {
            // Looking is done by scripts.
            self.chromium.find(element).await;
            return;
        }
        self.chromium.look(element).await;
        let lang = self.chromium.find("html").await.attr("lang").await;
        assert_eq!(lang.unwrap().as_deref(), Some(self.locale.tag()), "{name}");
        // Both sizes and both schemes, without eight pictures of each page.
        let (name, laptop_is_dark) = match self.locale {
            Locale::En => (name.to_owned(), false),
            Locale::Fr if IN_FRENCH_TOO.contains(&name) => (format!("{name}-fr"), true),
            Locale::Fr => return,
        };
        for (screen, dark) in [(LAPTOP, laptop_is_dark), (PHONE, !laptop_is_dark)] {
            self.album.add(self.chromium, &name, screen, dark).await;
        }
        self.chromium.resize(LAPTOP.0, LAPTOP.1).await;
    }

    /// Has come to a page whose heading is that text.
    pub async fn heading(&self, key: &str) {
        self.chromium.see("h1", &self.t(key)).await;
    }

    /// Starts at the booking application and comes to the sign-in page.
    pub async fn to_sign_in(&self) {
        self.chromium.open(&self.platform.booking).await;
        self.chromium.click("#sign-in").await;
        self.chromium.find("#login-submit").await;
    }

    pub async fn enter_password(&self) {
        self.chromium.fill("#username", &self.email).await;
        self.chromium.fill("#password", &self.password).await;
        self.chromium.click("#login-submit").await;
    }

    /// Is signed in to the booking application; signs out of it and of the server.
    pub async fn sign_out_of_app(&self) {
        self.chromium.find("#user-name").await;
        self.chromium.click("#sign-out").await;
        self.chromium.find("#notice").await;
    }

    /// Signs in at the server itself, by password and app.
    pub async fn sign_in_here(&self, app: &AuthenticatorApp) {
        self.open("/login").await;
        self.enter_password().await;
        self.answer_by_app(app).await;
        self.chromium.find(".facts").await;
    }

    /// Chooses the app for the second factor, and enters its next code.
    pub async fn answer_by_app(&self, app: &AuthenticatorApp) {
        self.chromium.find("#start-over").await;
        if self.chromium.count("#use-totp").await > 0 {
            self.chromium.click("#use-totp").await;
        }
        let code = app.next_code(&self.platform.server);
        self.chromium.enter_code(&code).await;
    }
}
