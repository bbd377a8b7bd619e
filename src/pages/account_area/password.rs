//! The form that changes the password.

use askama::Template;
use axum::response::Response;

use super::{Area, AreaView, Task};
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// The form: posts `csrf`, `old_password` and `new_password`.
#[derive(Clone, Debug, Default)]
pub struct PasswordPage {
    /// What all pages of the area show.
    pub view: AreaView,
}

#[derive(Template)]
#[template(path = "pages/account/password.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
}

impl PasswordPage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Password, "password-title");
        Area::respond_with_script(ctx, &self.view, &Page { f, area }, Some("'self'"))
    }
}
