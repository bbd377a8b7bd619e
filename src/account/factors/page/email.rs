//! `/account/factors/email`.

use axum::response::Response;
use uuid::Uuid;

use super::way::Way;
use super::{concluded, person};
use crate::account::area::{self, Poster};
use crate::account::factors::{BegunEmail, begin_email, confirm_email, default_name, email_waits};
use crate::account::guard;
use crate::app::{App, Asked, Fault, PageFacts, Posted, Visitor, see_other};
use crate::authn::factors::{Kind, store};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::t;
use crate::pages::FormProblems;
use crate::pages::factors::EmailEnrolment;

const PATH: &str = "/account/factors/email";

/// `GET /account/factors/email`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::confirmed(app, visitor).await?;
    let way = Way::of(app, visitor, query, None).await?;
    let asked = Params::parse(query.as_bytes())?;
    let facts = way.facts(app, visitor, &session, PATH);
    let none = FormProblems::default();
    page(app, visitor, &session, facts, &way, id(&asked), none).await
}

/// `POST /account/factors/email`.
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
    let enrolment = id(params);
    let problems = 'wrong: {
        if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
            break 'wrong problems;
        }
        if params.get("send").is_some() {
            match begin_email(app, &person).await? {
                // A reload mails no other.
                BegunEmail::Mailed(id) => {
                    let more = [("enrolment", &*id.to_string())];
                    return Ok(see_other(app, &way.page(PATH, &more)));
                }
                BegunEmail::Wait { seconds } => {
                    break 'wrong FormProblems::wait(locale, seconds.into());
                }
                BegunEmail::On | BegunEmail::PasswordFromMail => {
                    break 'wrong FormProblems::default();
                }
            }
        }
        let Some(ceremony) = enrolment else {
            break 'wrong FormProblems::default();
        };
        let Some(code) = params.secret("code") else {
            break 'wrong FormProblems::at("code", t(locale, "factors-code-empty"));
        };
        let name = default_name(Kind::Email, locale, &visitor.context);
        let enrolled = confirm_email(app, &person, ceremony, &code, &name).await?;
        match concluded(app, &person, &way, enrolled).await? {
            Some(response) => return Ok(response),
            None => FormProblems::at("code", t(locale, "factors-code-wrong")),
        }
    };
    page(app, visitor, &session, facts, &way, enrolment, problems).await
}

fn id(params: &Params) -> Option<Uuid> {
    Uuid::parse_str(params.get("enrolment")?).ok()
}

async fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    facts: PageFacts,
    way: &Way,
    enrolment: Option<Uuid>,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let enrolled = store::enrolled(&app.pool, session.user.id_user).await?;
    let enrolment = match enrolment {
        Some(id) if email_waits(app, &person(visitor, session, &facts), id).await? => Some(id),
        _ => None,
    };
    let enrolment = enrolment.map(|id| id.to_string());
    let more: Vec<_> = enrolment
        .iter()
        .map(|id| ("enrolment", id.as_str()))
        .collect();
    let here = app.issuer.path(&way.page(PATH, &more));
    let page = EmailEnrolment {
        view: area::view(session, problems),
        errand: way.errand(app, facts.locale()),
        enrolment,
        on: enrolled.email,
        password_from_mail: session.user.password_from_mail,
    };
    Ok(page.render(&facts.shown_at(here).context(app)))
}
