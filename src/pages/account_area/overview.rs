//! What protects the account, and who was here last.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Area, AreaView, Task};
use crate::i18n::{FluentValue, Locale, date, date_time, t, t_args};
use crate::pages::PageContext;
use crate::pages::device::device;
use crate::pages::frame::Frame;
use crate::pages::text::display_name;

/// The first page of the area, which is also the start page of a signed-in person. Its form posts
/// `csrf` and `then`: `signed-out`, or `sign-in` to go on with another account.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// What all pages of the area show.
    pub view: AreaView,
    /// The person's name.
    pub name: Option<String>,
    /// Their role.
    pub role: Option<String>,
    /// The sign-in before this one; `None` at the first.
    pub last_sign_in: Option<Visit>,
    /// How many sessions are live, this one included.
    pub sessions: u32,
    /// What protects the account.
    pub protected: Protected,
    /// Address of the page that describes the API.
    pub docs: Option<String>,
}

/// What stands between a stranger and an account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protected {
    /// `None`: not since the account was made.
    pub password_changed_at: Option<OffsetDateTime>,
    /// An authenticator app.
    pub totp: bool,
    pub passkey: bool,
    /// Codes by mail.
    pub email: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u32,
}

/// A sign-in.
#[derive(Clone, Debug)]
pub struct Visit {
    /// When, in the offset in which it is to be shown.
    pub at: OffsetDateTime,
    /// From where.
    pub ip: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/account/overview.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a Overview,
    name: Option<String>,
    last: Option<Last>,
    sessions: String,
    password: String,
    factors: Vec<&'static str>,
    codes: Option<String>,
    /// What to do if a factor is lost.
    advice: &'static str,
}

struct Last {
    machine: String,
    text: String,
    from: Vec<String>,
}

impl Overview {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Overview, "account-title");
        let last = self.last_sign_in.as_ref().map(|last| Last {
            machine: last.at.format(&Rfc3339).unwrap_or_default(),
            text: date_time(ctx.locale, last.at),
            from: [
                last.user_agent
                    .as_deref()
                    .map(|agent| device(ctx.locale, agent)),
                last.ip.clone(),
            ]
            .into_iter()
            .flatten()
            .collect(),
        });
        let count = [("n", FluentValue::from(self.sessions))];
        let sessions = t_args(ctx.locale, "home-sessions-count", &count);
        let name = self
            .name
            .as_deref()
            .map(display_name)
            .filter(|name| !name.is_empty());
        let page = Page {
            f,
            area,
            it: self,
            name,
            last,
            sessions,
            password: self.protected.password(ctx.locale),
            factors: self.protected.factors(),
            codes: self.protected.codes(ctx.locale),
            advice: self.protected.advice(),
        };
        Area::respond(ctx, &self.view, &page)
    }
}

impl Protected {
    fn password(&self, locale: Locale) -> String {
        match self.password_changed_at {
            Some(at) => t_args(
                locale,
                "overview-password-changed",
                &[("date", date(locale, at).into())],
            ),
            None => t(locale, "overview-password"),
        }
    }

    /// The keys of what the second factors are called.
    fn factors(&self) -> Vec<&'static str> {
        let all = [
            (self.passkey, "overview-passkey"),
            (self.totp, "overview-totp"),
            (self.email, "overview-email-code"),
        ];
        let enrolled = all.into_iter().filter(|(enrolled, _)| *enrolled);
        enrolled.map(|(_, key)| key).collect()
    }

    fn has_factor(&self) -> bool {
        self.totp || self.passkey || self.email
    }

    /// How many recovery codes are left, where there is a factor to be lost.
    fn codes(&self, locale: Locale) -> Option<String> {
        let left = [("n", FluentValue::from(self.recovery_codes_left))];
        self.has_factor()
            .then(|| t_args(locale, "overview-recovery-codes", &left))
    }

    fn advice(&self) -> &'static str {
        match (self.has_factor(), self.recovery_codes_left) {
            (false, _) => "overview-advice-none",
            (true, 0) => "overview-advice-no-codes",
            (true, _) => "overview-advice",
        }
    }
}
