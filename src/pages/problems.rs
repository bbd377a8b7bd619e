//! Every kind of problem that the JSON API tells of, each at the anchor that its `type` names.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::frame::{Answer, Forms, Frame, respond};
use crate::http::problem::Kind;
use crate::i18n::t;

/// The page of all problems.
#[derive(Clone, Copy, Debug)]
pub struct Problems;

#[derive(Template)]
#[template(path = "pages/problems.html")]
struct ProblemsPage<'a> {
    f: Frame<'a>,
    kinds: Vec<(&'static Kind, String, String)>,
}

impl Problems {
    /// The page.
    pub fn render(self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.wide = true;
        f.heading = f.t("problems-title");
        let texts = |kind: &'static Kind| {
            let detail = t(ctx.locale, &format!("{}.detail", kind.text));
            (kind, t(ctx.locale, kind.text), detail)
        };
        let kinds = Kind::ALL.iter().map(texts).collect();
        let page = ProblemsPage { f, kinds };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::None))
    }
}
