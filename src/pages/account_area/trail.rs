//! The whole trail of security events by filter: for administrators.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Response;

use super::{Area, AreaView, HistoryItem, Task};
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// The filter, and what it lets through. Its form asks for the same address with `who`, `kind`, `actor`,
/// `from` and `to`.
#[derive(Clone, Debug, Default)]
pub struct TrailPage {
    /// What all pages of the area show.
    pub view: AreaView,
    /// What was entered, by the fields' names.
    pub values: BTreeMap<String, String>,
    /// Values and words to choose from.
    pub kinds: Vec<(String, String)>,
    pub actors: Vec<(String, String)>,
    /// The newest first.
    pub events: Vec<HistoryItem>,
    /// Address of the older events.
    pub older: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/account/trail.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a TrailPage,
}

impl TrailPage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::History, "trail-title");
        let page = Page { f, area, it: self };
        Area::respond(ctx, &self.view, &page)
    }

    fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }
}
