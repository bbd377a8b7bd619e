//! Connected apps.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Area, AreaView, Task, not_all};
use crate::i18n::date;
use crate::pages::PageContext;
use crate::pages::frame::Frame;
use crate::pages::text::display_name;

/// The list.
#[derive(Clone, Debug, Default)]
pub struct AppList {
    /// What all pages of the area show.
    pub view: AreaView,
    /// Connected apps.
    pub apps: Vec<AppItem>,
    /// How many there are, listed or not.
    pub total: i64,
}

/// A connected app.
#[derive(Clone, Debug)]
pub struct AppItem {
    pub name: String,
    /// It belongs to whoever runs this server.
    pub verified: bool,
    /// Address of the question whether to disconnect it.
    pub disconnect: String,
    /// What it may do, in the language of the page.
    pub may: Vec<String>,
    pub since: OffsetDateTime,
}

struct Line<'a> {
    disconnect: &'a str,
    name: String,
    verified: bool,
    may: &'a [String],
    since: (String, String),
}

/// The question whether to disconnect an app: posts `csrf` and `disconnect`, its identifier.
#[derive(Clone, Debug, Default)]
pub struct DisconnectApp {
    /// What all pages of the area show.
    pub view: AreaView,
    /// The `client_id`.
    pub id: String,
    pub name: String,
}

#[derive(Template)]
#[template(path = "pages/account/disconnect.html")]
struct Question<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a DisconnectApp,
}

impl DisconnectApp {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (mut f, area) = Area::new(ctx, &self.view, Task::Apps, "apps-disconnect");
        f.heading = f.t1("apps-disconnect-title", "app", &display_name(&self.name));
        let page = Question { f, area, it: self };
        Area::respond(ctx, &self.view, &page)
    }
}

#[derive(Template)]
#[template(path = "pages/account/apps.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    lines: Vec<Line<'a>>,
    /// That there are more.
    not_all: Option<String>,
}

impl AppList {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Apps, "account-apps");
        let lines = self.apps.iter().map(|item| Line {
            disconnect: &item.disconnect,
            name: display_name(&item.name),
            verified: item.verified,
            may: &item.may,
            since: (
                item.since.format(&Rfc3339).unwrap_or_default(),
                date(ctx.locale, item.since),
            ),
        });
        let page = Page {
            not_all: not_all(ctx.locale, "apps-not-all", self.apps.len(), self.total),
            f,
            area,
            lines: lines.collect(),
        };
        Area::respond(ctx, &self.view, &page)
    }
}
