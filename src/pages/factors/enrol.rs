//! Enrolling a factor.

use askama::Template;
use axum::response::Response;

use super::Errand;
use super::qr::{Drawing, draw};
use crate::foundation::secret::Secret;
use crate::pages::PageContext;
use crate::pages::account_area::{Area, AreaView, Task};
use crate::pages::app::AppView;
use crate::pages::frame::Frame;

/// An authenticator app: posts `csrf`, `enrolment`, `code`, `name` and `continuation`.
#[derive(Clone, Debug)]
pub struct TotpEnrolment {
    pub view: AreaView,
    pub errand: Errand,
    /// The name of the challenge.
    pub enrolment: String,
    /// The key in base32.
    pub key: Secret,
    /// The `otpauth:` URL of the key.
    pub url: Secret,
    /// What the factor will be called.
    pub name: String,
}

#[derive(Template)]
#[template(path = "pages/account/factors/totp.html")]
struct TotpPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a TotpEnrolment,
    qr: Option<Drawing>,
    /// In groups of four, to be read aloud or typed.
    key: String,
}

impl TotpEnrolment {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-totp-title");
        let mut key = String::new();
        for (at, symbol) in self.key.expose().chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                key.push(' ');
            }
            key.push(symbol);
        }
        let page = TotpPage {
            f,
            area,
            it: self,
            qr: draw(self.url.expose()),
            key,
        };
        Area::respond(ctx, &self.view, &page)
    }
}

/// A passkey: posts `csrf`, `ceremony`, `credential`, `name` and `continuation`; the page's script
/// fills the form in.
#[derive(Clone, Debug, Default)]
pub struct PasskeyEnrolment {
    pub view: AreaView,
    pub errand: Errand,
    /// The name of the challenge, and the options of `navigator.credentials.create` as JSON. `None`
    /// where this server can have no passkeys.
    pub challenge: Option<(String, String)>,
    /// What the factor will be called.
    pub name: String,
}

#[derive(Template)]
#[template(path = "pages/account/factors/passkey.html")]
struct PasskeyPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a PasskeyEnrolment,
    /// The app that asks for a passkey and nothing else.
    app: Option<&'a AppView>,
}

impl PasskeyEnrolment {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-passkey-title");
        let app = self.errand.app.as_ref();
        let page = PasskeyPage {
            f,
            area,
            it: self,
            app: app.filter(|_| self.errand.passkey_only),
        };
        Area::respond_with_script(ctx, &self.view, &page, Some("'self'"))
    }
}

/// Codes by mail: posts `csrf`, `send` and `continuation`; then `enrolment` and `code`.
#[derive(Clone, Debug, Default)]
pub struct EmailEnrolment {
    pub view: AreaView,
    pub errand: Errand,
    /// A code was mailed: the name of the challenge.
    pub enrolment: Option<String>,
    /// They are on already.
    pub on: bool,
    /// The password was set by way of the mailbox.
    pub password_from_mail: bool,
}

#[derive(Template)]
#[template(path = "pages/account/factors/email.html")]
struct EmailPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a EmailEnrolment,
}

impl EmailEnrolment {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-email-title");
        let page = EmailPage { f, area, it: self };
        Area::respond(ctx, &self.view, &page)
    }
}
