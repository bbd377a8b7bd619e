//! The start page: for a person who is signed in, and for one who is not.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::PageContext;
use super::device::device;
use super::frame::{Answer, Forms, Frame, respond};
use super::text::display_name;
use crate::i18n::{FluentValue, date_time, t_args};

/// The start page of a signed-in person. Its form posts `csrf` and `then`: `signed-out`, or
/// `sign-in` to go on with another account.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The person's name.
    pub name: Option<String>,
    /// The address they sign in with.
    pub email: String,
    /// Their role.
    pub role: Option<String>,
    /// The sign-in before this one; `None` at the first.
    pub last_sign_in: Option<LastSignIn>,
    /// How many sessions are live, this one included.
    pub sessions: u32,
    /// Where the sign-out form is posted to.
    pub sign_out_action: String,
    /// Address of the page that describes the API.
    pub docs: Option<String>,
}

/// A sign-in of the past.
#[derive(Clone, Debug)]
pub struct LastSignIn {
    /// When, in the offset in which it is to be shown.
    pub at: OffsetDateTime,
    /// From where.
    pub ip: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/home.html")]
struct HomePage<'a> {
    f: Frame<'a>,
    it: &'a Home,
    name: Option<String>,
    last: Option<Last>,
    sessions: String,
}

struct Last {
    machine: String,
    text: String,
    from: Vec<String>,
}

impl Home {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t("home-title");
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
        let page = HomePage {
            f,
            it: self,
            name,
            last,
            sessions,
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::Here))
    }
}

/// The start page of a person who is not signed in.
#[derive(Clone, Debug, Default)]
pub struct Welcome {
    /// Address of the sign-in page.
    pub sign_in: String,
    /// Address of the page that describes the API.
    pub docs: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/welcome.html")]
struct WelcomePage<'a> {
    f: Frame<'a>,
    it: &'a Welcome,
}

impl Welcome {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.heading = f.t1("welcome-title", "brand", &ctx.brand.name);
        respond(
            ctx,
            &WelcomePage { f, it: self },
            &Answer::new(StatusCode::OK, Forms::None),
        )
    }
}
