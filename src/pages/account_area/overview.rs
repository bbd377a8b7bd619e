//! What protects the account, and who was here last.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Area, AreaView, Task};
use crate::i18n::{FluentValue, date_time, t_args};
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
    /// Address of the page that describes the API.
    pub docs: Option<String>,
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
struct OverviewPage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a Overview,
    name: Option<String>,
    last: Option<Last>,
    sessions: String,
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
        let page = OverviewPage {
            f,
            area,
            it: self,
            name,
            last,
            sessions,
        };
        Area::respond(ctx, &self.view, &page)
    }
}
