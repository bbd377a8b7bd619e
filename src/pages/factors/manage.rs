//! Naming and removing a factor.

use askama::Template;
use axum::response::Response;

use crate::pages::PageContext;
use crate::pages::account_area::{Area, AreaView, Task};
use crate::pages::frame::Frame;
use crate::pages::text::display_name;

/// Another name for a factor: posts `csrf` and `name`.
#[derive(Clone, Debug, Default)]
pub struct RenameFactor {
    pub view: AreaView,
    /// Where the form is posted to.
    pub action: String,
    /// The name that it has, or that was typed.
    pub name: String,
}

#[derive(Template)]
#[template(path = "pages/account/factors/rename.html")]
struct RenamePage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a RenameFactor,
}

impl RenameFactor {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-rename-title");
        let page = RenamePage { f, area, it: self };
        Area::respond(ctx, &self.view, &page)
    }
}

/// The question whether to remove a factor: posts `csrf`.
#[derive(Clone, Debug, Default)]
pub struct RemoveFactor {
    pub view: AreaView,
    /// Where the form is posted to.
    pub action: String,
    pub name: String,
    /// `totp`, `passkey` or `email`.
    pub kind: &'static str,
    /// It is the last one.
    pub last: bool,
}

#[derive(Template)]
#[template(path = "pages/account/factors/remove.html")]
struct RemovePage<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a RemoveFactor,
    kind: String,
}

impl RemoveFactor {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (mut f, area) = Area::new(ctx, &self.view, Task::Factors, "factors-remove");
        f.heading = f.t1("factors-remove-title", "label", &display_name(&self.name));
        let page = RemovePage {
            kind: f.t(&format!("factors-kind-{}", self.kind)),
            f,
            area,
            it: self,
        };
        Area::respond(ctx, &self.view, &page)
    }
}
