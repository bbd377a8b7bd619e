//! The API's description for people: `openapi.json` as a list, without script.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::PageContext;
use super::api_reference::Reference;
use super::frame::{Answer, Forms, Frame, respond};

/// An API's description as a page.
#[derive(Clone, Debug)]
pub struct ApiDocs<'a> {
    pub reference: &'a Reference,
    /// Address of the document itself.
    pub source: String,
    /// The text and the address of the other part of the reference.
    pub other: (&'static str, String),
}

#[derive(Template)]
#[template(path = "pages/api_docs.html")]
struct ApiDocsPage<'a> {
    f: Frame<'a>,
    it: &'a ApiDocs<'a>,
}

impl ApiDocs<'_> {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, String::new());
        f.wide = true;
        f.heading = match &self.reference.title {
            Some(title) => f.t1("docs-title-of", "title", title),
            None => f.t("docs-title"),
        };
        let page = ApiDocsPage { f, it: self };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::None))
    }
}
