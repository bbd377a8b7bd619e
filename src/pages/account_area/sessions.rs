//! Where a person is signed in.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Area, AreaView, Task, not_all};
use crate::i18n::date_time;
use crate::pages::PageContext;
use crate::pages::device::device;
use crate::pages::frame::Frame;
use crate::pages::text::display_name;

/// The list. Its forms post `csrf` and `end`: a session's id, or `others`.
#[derive(Clone, Debug, Default)]
pub struct SessionList {
    /// What all pages of the area show.
    pub view: AreaView,
    /// Live sessions.
    pub sessions: Vec<SessionItem>,
    /// How many there are, listed or not.
    pub total: i64,
}

/// A live session.
#[derive(Clone, Debug)]
pub struct SessionItem {
    pub id: String,
    /// It is this browser's.
    pub current: bool,
    /// The name of the app that began it; `None` for a browser's.
    pub app: Option<String>,
    /// The `User-Agent` header of the sign-in.
    pub user_agent: Option<String>,
    /// The address of the sign-in.
    pub ip: Option<String>,
    pub signed_in_at: OffsetDateTime,
    pub last_seen_at: OffsetDateTime,
}

struct Line<'a> {
    id: &'a str,
    current: bool,
    title: String,
    ip: Option<&'a str>,
    signed_in: (String, String),
    last_seen: (String, String),
}

#[derive(Template)]
#[template(path = "pages/account/sessions.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    lines: Vec<Line<'a>>,
    /// That there are more.
    not_all: Option<String>,
}

impl SessionList {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Sessions, "account-sessions");
        let time = |at: OffsetDateTime| {
            let machine = at.format(&Rfc3339).unwrap_or_default();
            (machine, date_time(ctx.locale, at))
        };
        let lines = self.sessions.iter().map(|item| {
            let agent = item.user_agent.as_deref().unwrap_or_default();
            let device = device(ctx.locale, agent);
            let title = match &item.app {
                Some(app) => format!("{} – {device}", display_name(app)),
                None => device,
            };
            Line {
                id: &item.id,
                current: item.current,
                title,
                ip: item.ip.as_deref(),
                signed_in: time(item.signed_in_at),
                last_seen: time(item.last_seen_at),
            }
        });
        let page = Page {
            not_all: not_all(
                ctx.locale,
                "sessions-not-all",
                self.sessions.len(),
                self.total,
            ),
            f,
            area,
            lines: lines.collect(),
        };
        Area::respond(ctx, &self.view, &page)
    }
}
