//! `/account/factors/passkeys`.

use axum::response::Response;
use uuid::Uuid;

use super::way::Way;
use super::{concluded, name_of, person};
use crate::account::area::{self, Poster};
use crate::account::factors::{Enrolled, begin_passkey, confirm_passkey, default_name};
use crate::account::guard;
use crate::app::{App, Asked, Fault, PageFacts, Posted, Visitor};
use crate::authn::factors::Kind;
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::FormProblems;
use crate::pages::factors::PasskeyEnrolment;

const PATH: &str = "/account/factors/passkeys";

/// `GET /account/factors/passkeys`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let way = Way::of(app, visitor, query, None).await?;
    let facts = way.facts(app, visitor, &session, PATH);
    let name = default_name(Kind::Passkey, facts.locale(), &visitor.context);
    let none = FormProblems::default();
    page(app, visitor, &session, &facts, &way, name, none).await
}

/// `POST /account/factors/passkeys`.
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
    let locale = facts.locale();
    let default = default_name(Kind::Passkey, locale, &visitor.context);
    let typed = params.get("name");
    let typed = typed.filter(|_| !area::is_others(params, &session));
    let typed = typed.unwrap_or(&default).to_owned();
    let refused = |key: &str| {
        let mut problems = FormProblems::default();
        problems.push(None, t(locale, key));
        problems
    };
    let problems = 'wrong: {
        if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
            break 'wrong problems;
        }
        let name = match name_of(params, default, locale) {
            Ok(name) => name,
            Err(problems) => break 'wrong problems,
        };
        let ceremony = params.get("ceremony");
        let ceremony = ceremony.and_then(|id| Uuid::parse_str(id).ok());
        let credential = params.get("credential");
        let credential = credential.and_then(|text| serde_json::from_str(text).ok());
        let (Some(ceremony), Some(credential)) = (ceremony, credential) else {
            break 'wrong refused("factors-passkey-refused");
        };
        let person = person(visitor, &session, &facts);
        match confirm_passkey(app, &person, ceremony, credential, &name).await? {
            // Another challenge comes with the page.
            Enrolled::Over => refused("factors-passkey-refused"),
            enrolled => match concluded(app, &person, &way, enrolled).await? {
                Some(response) => return Ok(response),
                None => refused("factors-passkey-known"),
            },
        }
    };
    page(app, visitor, &session, &facts, &way, typed, problems).await
}

async fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    facts: &PageFacts,
    way: &Way,
    name: String,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let challenge = if app.passkeys.available() {
        let begun = begin_passkey(app, &person(visitor, session, facts)).await?;
        Some((begun.ceremony.to_string(), begun.public_key.to_string()))
    } else {
        None
    };
    let page = PasskeyEnrolment {
        view: area::view(session, problems),
        errand: way.errand(app, facts.locale()),
        challenge,
        name,
    };
    Ok(page.render(&facts.context(app)))
}
