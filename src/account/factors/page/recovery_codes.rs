//! `/account/factors/recovery-codes`.

use axum::response::Response;

use super::way::Way;
use super::{new_codes, person};
use crate::account::area::{self, Poster};
use crate::account::factors::{keep_shown, make_recovery_codes, protection};
use crate::account::guard;
use crate::app::{App, Asked, Fault, PageFacts, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::pages::FormProblems;
use crate::pages::factors::RecoveryCodes;

const PATH: &str = "/account/factors/recovery-codes";

/// `GET /account/factors/recovery-codes`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let way = Way::of(app, visitor, query, None).await?;
    let facts = way.facts(app, visitor, &session, PATH);
    page(app, &session, &facts, FormProblems::default()).await
}

/// `POST /account/factors/recovery-codes`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(
    app: &App,
    visitor: &Visitor,
    query: &str,
    params: &Params,
) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await;
    let session = match area::poster(app, visitor, params, session).await? {
        Poster::Person(session) => session,
        Poster::Kept(page) => return Ok(page),
    };
    let way = Way::of(app, visitor, query, Some(params)).await?;
    let facts = way.facts(app, visitor, &session, PATH);
    if let Some(problems) = area::hindrance(visitor, params, &session, facts.locale()) {
        return page(app, &session, &facts, problems).await;
    }
    let person = person(visitor, &session, &facts);
    match make_recovery_codes(app, &person).await? {
        Some(codes) => {
            keep_shown(app, &person, &codes).await?;
            Ok(see_other(app, &way.page(new_codes::PATH, &[])))
        }
        None => page(app, &session, &facts, FormProblems::default()).await,
    }
}

async fn page(
    app: &App,
    session: &Session,
    facts: &PageFacts,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let protection = protection(app, session.user.id_user).await?;
    let page = RecoveryCodes {
        view: area::view(session, problems),
        left: protection.recovery_codes_left,
        possible: !protection.factors.is_empty(),
    };
    Ok(page.render(&facts.context(app)))
}
