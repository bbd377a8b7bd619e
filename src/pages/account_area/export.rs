//! Downloading everything that the server holds about the person.

use askama::Template;
use axum::response::Response;

use super::{Area, AreaView, Task};
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// The button that downloads: posts `csrf` and `whose`.
#[derive(Clone, Debug, Default)]
pub struct ExportPage {
    /// What all pages of the area show.
    pub view: AreaView,
}

#[derive(Template)]
#[template(path = "pages/account/export.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
}

impl ExportPage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Data, "account-data");
        Area::respond(ctx, &self.view, &Page { f, area })
    }
}
