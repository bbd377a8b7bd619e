//! Deleting the account: what it means, and the question whether it is meant.

use askama::Template;
use axum::response::Response;
use time::OffsetDateTime;

use super::{Area, AreaView, Task};
use crate::i18n::date;
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// What deletion means, or, when `sure` is asked, the form that does it: posts `csrf` and `whose`.
#[derive(Clone, Debug)]
pub struct DeletePage {
    /// What all pages of the area show.
    pub view: AreaView,
    /// Until when it could be undone.
    pub undo_until: OffsetDateTime,
    /// The question is asked.
    pub sure: bool,
}

#[derive(Template)]
#[template(path = "pages/account/delete.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a DeletePage,
    until: String,
}

impl DeletePage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let heading = if self.sure {
            "delete-sure-title"
        } else {
            "account-delete"
        };
        let (f, area) = Area::new(ctx, &self.view, Task::Delete, heading);
        let page = Page {
            f,
            area,
            it: self,
            until: date(ctx.locale, self.undo_until),
        };
        Area::respond(ctx, &self.view, &page)
    }
}
