//! Something was done: what it was, and one way on.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::error::WayOn;
use super::frame::{Answer, Forms, Frame, respond};
use super::text::local_path;

/// The page. Nothing in it is posted.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What was done, in the language of the page.
    pub heading: String,
    /// What follows from it.
    pub text: Vec<String>,
    /// Where to go.
    pub way_on: WayOn,
}

#[derive(Template)]
#[template(path = "pages/notice.html")]
struct NoticePage<'a> {
    f: Frame<'a>,
    it: &'a Notice,
    way_on: Option<(String, &'a str)>,
}

impl Notice {
    /// The page: 200.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let f = Frame::new(ctx, self.heading.clone());
        let way_on = local_path(&self.way_on.url).map(|url| (f.t(self.way_on.label.key()), url));
        let page = NoticePage {
            f,
            it: self,
            way_on,
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::None))
    }
}
