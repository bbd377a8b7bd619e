//! What happened to the account.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Area, AreaView, Task};
use crate::i18n::date_time;
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// A page of the account's history, the newest event first.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// What all pages of the area show.
    pub view: AreaView,
    pub events: Vec<HistoryItem>,
    /// Only attempts to sign in are shown.
    pub sign_ins_only: bool,
    /// The person may read what happened to everybody.
    pub reads_all: bool,
    /// Address of the older events.
    pub older: Option<String>,
    /// Address of the newest ones, where they are not shown.
    pub newest: Option<String>,
}

/// An event.
#[derive(Clone, Debug)]
pub struct HistoryItem {
    pub at: OffsetDateTime,
    /// What happened.
    pub text: String,
    /// What came of an attempt to sign in, and whether it is good news.
    pub outcome: Option<(String, bool)>,
    /// How, with what, from where.
    pub facts: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/account/history.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a HistoryPage,
}

impl HistoryPage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::History, "account-history");
        let page = Page { f, area, it: self };
        Area::respond(ctx, &self.view, &page)
    }
}

impl HistoryItem {
    pub(super) fn machine(&self) -> String {
        self.at.format(&Rfc3339).unwrap_or_default()
    }

    pub(super) fn time(&self, f: &Frame<'_>) -> String {
        date_time(f.ctx.locale, self.at)
    }
}
