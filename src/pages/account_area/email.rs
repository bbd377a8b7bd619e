//! The form that changes the address.

use askama::Template;
use axum::response::Response;

use super::{Area, AreaView, Task};
use crate::i18n::{duration, t_args};
use crate::pages::PageContext;
use crate::pages::frame::Frame;

/// The form: posts `csrf` and `email`.
#[derive(Clone, Debug, Default)]
pub struct EmailPage {
    /// What all pages of the area show.
    pub view: AreaView,
    /// The address that the account has is proved.
    pub verified: bool,
    /// An address that was mailed a link and has not confirmed yet.
    pub pending: Option<String>,
    /// For how many seconds such a link is good.
    pub valid_for: u64,
    /// What was entered before an error.
    pub entered: String,
}

#[derive(Template)]
#[template(path = "pages/account/email.html")]
struct Page<'a> {
    f: Frame<'a>,
    area: Area<'a>,
    it: &'a EmailPage,
    pending: Option<String>,
}

impl EmailPage {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let (f, area) = Area::new(ctx, &self.view, Task::Email, "account-email");
        let wait = duration(ctx.locale, self.valid_for);
        let pending = self.pending.as_deref().map(|email| {
            let args = [("email", email.into()), ("wait", wait.into())];
            t_args(ctx.locale, "email-pending", &args)
        });
        let page = Page {
            f,
            area,
            it: self,
            pending,
        };
        Area::respond(ctx, &self.view, &page)
    }
}
