//! `/account/factors/totp`.

use axum::response::Response;
use uuid::Uuid;

use super::way::Way;
use super::{ANOTHERS, concluded, is_anothers, name_of, person};
use crate::account::area::{self, Poster};
use crate::account::factors::{Enrolled, begin_totp, confirm_totp, default_name, resume_totp};
use crate::account::guard;
use crate::app::{App, Asked, Fault, PageFacts, Posted, Visitor, see_other};
use crate::authn::factors::Kind;
use crate::authn::factors::totp::Enrolment;
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::FormProblems;
use crate::pages::factors::TotpEnrolment;

const PATH: &str = "/account/factors/totp";

/// `GET /account/factors/totp`: begins, and leads to an address that can be loaded again without
/// another key.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let way = Way::of(app, visitor, query, None).await?;
    let asked = Params::parse(query.as_bytes())?;
    let facts = way.facts(app, visitor, &session, PATH);
    let person = person(visitor, &session, &facts);
    let enrolment = match id(&asked) {
        Some(id) => resume_totp(app, &person, id).await?,
        None => None,
    };
    let Some(enrolment) = enrolment else {
        let begun = begin_totp(app, &person).await?.ceremony.to_string();
        return Ok(see_other(app, &way.page(PATH, &[("enrolment", &begun)])));
    };
    let name = default_name(Kind::Totp, facts.locale(), &visitor.context);
    let none = FormProblems::default();
    Ok(page(app, &session, facts, &way, enrolment, name, none))
}

/// `POST /account/factors/totp`.
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
    let person = person(visitor, &session, &facts);
    let locale = facts.locale();
    if is_anothers(visitor, params, &session) {
        return Ok(see_other(app, &way.page(super::PATH, &[ANOTHERS])));
    }
    let default = default_name(Kind::Totp, locale, &visitor.context);
    let typed = params.get("name").unwrap_or(&default).to_owned();
    let Some(ceremony) = id(params) else {
        return Ok(see_other(app, &way.page(PATH, &[])));
    };
    let problems = 'wrong: {
        if !visitor.owns_form(params) {
            break 'wrong FormProblems::expired(locale);
        }
        let name = match name_of(params, default, locale) {
            Ok(name) => name,
            Err(problems) => break 'wrong problems,
        };
        let Some(code) = params.secret("code") else {
            break 'wrong FormProblems::at("code", t(locale, "factors-code-empty"));
        };
        let enrolled = confirm_totp(app, &person, ceremony, &code, &name).await?;
        match concluded(app, &person, &way, enrolled).await? {
            Some(response) => return Ok(response),
            None => FormProblems::at("code", t(locale, "factors-code-wrong")),
        }
    };
    let Some(enrolment) = resume_totp(app, &person, ceremony).await? else {
        let led = concluded(app, &person, &way, Enrolled::Over).await?;
        return Ok(led.unwrap_or_else(|| see_other(app, &way.page(PATH, &[]))));
    };
    Ok(page(app, &session, facts, &way, enrolment, typed, problems))
}

fn id(params: &Params) -> Option<Uuid> {
    Uuid::parse_str(params.get("enrolment")?).ok()
}

fn page(
    app: &App,
    session: &Session,
    facts: PageFacts,
    way: &Way,
    enrolment: Enrolment,
    name: String,
    problems: FormProblems,
) -> Response {
    let id = enrolment.ceremony.to_string();
    let here = app.issuer.path(&way.page(PATH, &[("enrolment", &id)]));
    let page = TotpEnrolment {
        view: area::view(session, problems),
        errand: way.errand(app, facts.locale()),
        enrolment: id,
        key: enrolment.key,
        url: enrolment.url,
        name,
    };
    page.render(&facts.shown_at(here).context(app))
}
