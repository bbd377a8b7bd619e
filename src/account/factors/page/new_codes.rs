//! `/account/factors/recovery-codes/new`: the codes that were just made. An address of their own, so
//! that neither a reload nor the switch of the language loses them.

use axum::response::Response;

use super::person;
use super::way::Way;
use crate::account::factors::{forget_shown, shown_codes};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::http::form::Params;
use crate::pages::FormProblems;
use crate::pages::factors::NewCodes;

pub(super) const PATH: &str = "/account/factors/recovery-codes/new";

/// `GET /account/factors/recovery-codes/new`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let way = Way::of(app, visitor, query, None).await?;
    let facts = way.facts(app, visitor, &session, PATH);
    let Some(codes) = shown_codes(app, &person(visitor, &session, &facts)).await? else {
        return Ok(see_other(app, &way.destination()));
    };
    let page = NewCodes {
        view: area::view(&session, FormProblems::default()),
        codes,
        // They are shown for minutes after they were made.
        made_at: visitor.context.now,
        errand: way.errand(app, facts.locale()),
    };
    Ok(page.render(&facts.context(app)))
}

/// `POST /account/factors/recovery-codes/new`: they are kept.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let way = Way::of(app, visitor, query, Some(params)).await?;
    let facts = way.facts(app, visitor, &session, PATH);
    if area::hindrance(visitor, params, &session, facts.locale()).is_none() {
        forget_shown(app, &person(visitor, &session, &facts)).await?;
    }
    Ok(see_other(app, &way.destination()))
}
