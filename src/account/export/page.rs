//! `/account/export`: what is in the document, and the button that downloads it.

use axum::response::Response;

use super::json::answer;
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::pages::FormProblems;
use crate::pages::account_area::ExportPage;

/// `GET /account/export`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, _: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    Ok(page(app, visitor, &session, FormProblems::default()))
}

/// `POST /account/export`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let locale = area::facts(app, visitor, &session).locale();
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        return Ok(page(app, visitor, &session, problems));
    }
    let export = super::export(app, &session.user, None, &visitor.context).await?;
    Ok(answer(&export))
}

fn page(app: &App, visitor: &Visitor, session: &Session, problems: FormProblems) -> Response {
    let facts = area::facts(app, visitor, session);
    let page = ExportPage {
        view: area::view(session, problems),
    };
    page.render(&facts.context(app))
}
