//! `/dev/mail`: mail that was caught instead of sent, for whoever develops.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use time::OffsetDateTime;

use super::PageContext;
use super::frame::{Answer, Forms, Frame, respond};
use super::text::web_link;
use crate::i18n;

/// One line of the list.
#[derive(Clone, Debug)]
pub struct CaughtLine {
    pub href: String,
    pub to: String,
    pub subject: String,
    pub at: OffsetDateTime,
}

/// The list, the newest first.
#[derive(Clone, Debug)]
pub struct CaughtList {
    pub lines: Vec<CaughtLine>,
}

#[derive(Template)]
#[template(path = "pages/caught_list.html")]
struct CaughtListPage<'a> {
    f: Frame<'a>,
    lines: &'a [CaughtLine],
}

impl CaughtListPage<'_> {
    fn at(&self, at: &OffsetDateTime) -> String {
        i18n::date_time(self.f.ctx.locale, *at)
    }
}

impl CaughtList {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, i18n::t(ctx.locale, "caught-mail"));
        f.wide = true;
        let page = CaughtListPage {
            f,
            lines: &self.lines,
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::None))
    }
}

/// One mail, as text with links that can be followed.
#[derive(Clone, Debug)]
pub struct CaughtLetter {
    pub to: String,
    pub subject: String,
    pub lang: &'static str,
    pub at: OffsetDateTime,
    pub text: String,
    /// Where its HTML is shown.
    pub html_href: String,
    pub list_href: String,
}

#[derive(Template)]
#[template(path = "pages/caught_letter.html")]
struct CaughtLetterPage<'a> {
    f: Frame<'a>,
    it: &'a CaughtLetter,
    at: String,
    paragraphs: Vec<Vec<Line<'a>>>,
}

struct Line<'a> {
    text: &'a str,
    link: Option<String>,
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            link: web_link(text),
        }
    }
}

impl CaughtLetter {
    /// The page.
    pub fn render(&self, ctx: &PageContext<'_>) -> Response {
        let mut f = Frame::new(ctx, self.subject.clone());
        f.wide = true;
        let page = CaughtLetterPage {
            f,
            it: self,
            at: i18n::date_time(ctx.locale, self.at),
            paragraphs: self
                .text
                .split("\n\n")
                .filter(|text| !text.trim().is_empty())
                .map(|text| text.lines().map(Line::new).collect())
                .collect(),
        };
        respond(ctx, &page, &Answer::new(StatusCode::OK, Forms::None))
    }
}
