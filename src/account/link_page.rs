//! The page of a mailed link that is one button, from opening it to what it did. Links that ask for
//! more than a button have pages of their own, by [`Link`] too.

use axum::response::Response;

use super::mailed_link::Link;
use super::mailed_token::Purpose;
use super::refusal::Refusal;
use crate::app::{App, Asked, Posted, Visitor, see_other};
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::{FormProblems, Notice, WayOn, WayOnLabel};

/// `GET` and `HEAD`: changes nothing, for mail scanners fetch links.
pub async fn get(asked: Asked, purpose: Purpose) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, query: &str| {
            let link = Link::asked(app, visitor, purpose, query).await?;
            let found = link.peek(app, visitor).await?;
            Ok(link.page(app, visitor, found, FormProblems::default()))
        })
        .await
}

/// `POST`: `spend` does what the link is for, and says to which path of ours that leads.
pub async fn post<F>(posted: Posted, purpose: Purpose, spend: F) -> Response
where
    F: AsyncFnOnce(&App, &Visitor, &Link) -> Result<String, Refusal>,
{
    posted
        .answer(
            async |app: &App, visitor: &Visitor, query: &str, params: &Params| {
                let link = Link::posted(app, visitor, purpose, query, params).await?;
                if let Some(problems) = link.hindrance(app, visitor, params) {
                    let found = link.peek(app, visitor).await?;
                    return Ok(link.page(app, visitor, found, problems));
                }
                match spend(app, visitor, &link).await {
                    Ok(path) => Ok(see_other(app, &path)),
                    Err(refusal) => link.refused(app, visitor, refusal).await,
                }
            },
        )
        .await
}

/// The page that says what the button did.
pub fn done(
    app: &App,
    visitor: &Visitor,
    (heading, text): (&str, &[&str]),
    (label, path): (WayOnLabel, &str),
) -> Response {
    let locale = visitor.page(app, None, None).locale();
    let text = text.iter().map(|key| t(locale, key)).collect();
    notice(app, visitor, t(locale, heading), text, (label, path))
}

/// The same, in words of the caller's.
pub fn notice(
    app: &App,
    visitor: &Visitor,
    heading: String,
    text: Vec<String>,
    (label, path): (WayOnLabel, &str),
) -> Response {
    let facts = visitor.page(app, None, None);
    let page = Notice {
        heading,
        text,
        way_on: WayOn {
            label,
            url: app.issuer.path(&visitor.in_language(path)),
        },
    };
    page.render(&facts.context(app))
}
