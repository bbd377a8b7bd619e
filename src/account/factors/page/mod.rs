//! `/account/factors` and the pages below it. Each form is posted to the address of its page, so
//! that a sign-in that comes in between leads back to it.

pub mod email;
pub mod manage;
pub mod passkey;
pub mod recovery_codes;
pub mod totp;
mod way;

use axum::http::StatusCode;
use axum::response::Response;

use super::{Enrolled, Person, protection};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, PageFacts, Visitor, see_other};
use crate::authn::factors::Factor;
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::pages::factors::{FactorLine, FactorList, NewCodes};
use crate::pages::{ErrorMessage, FormProblems};
use way::Way;

const PATH: &str = "/account/factors";

/// `GET /account/factors`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let way = Way::of(app, visitor, query, None).await?;
    let asked = Params::parse(query.as_bytes())?;
    let facts = way.facts(app, visitor, &session, PATH);
    let locale = facts.locale();
    let problem = match asked.get("problem") {
        Some("over") => Some("factors-over"),
        Some("too-many") => Some("factors-too-many"),
        Some("demanded") => Some("factors-last-demanded"),
        Some("gone") => Some("factors-gone"),
        _ => None,
    };
    let done = match asked.get("done") {
        Some("totp") => Some("factors-done-totp"),
        Some("passkey") => Some("factors-done-passkey"),
        Some("email") => Some("factors-done-email"),
        Some("renamed") => Some("factors-done-renamed"),
        Some("removed") => Some("factors-done-removed"),
        _ => None,
    };
    let mut problems = FormProblems::default();
    if let Some(key) = problem {
        problems.push(None, t(locale, key));
    }
    let mut view = area::view(&session, problems);
    view.done = done.map(|key| t(locale, key));
    let protection = protection(app, session.user.id_user).await?;
    let page = FactorList {
        view,
        errand: way.errand(app, locale),
        factors: protection.factors.into_iter().map(line).collect(),
        recovery_codes_left: protection.recovery_codes_left,
        demanded: session.user.second_factor_required,
        passkeys: app.passkeys.available(),
        password_from_mail: session.user.password_from_mail,
        cancel: way.cancel(app),
    };
    Ok(page.render(&facts.context(app)))
}

fn line(factor: Factor) -> FactorLine {
    FactorLine {
        id: factor.id.to_string(),
        kind: factor.kind.as_str(),
        name: factor.name,
        created_at: factor.created_at,
        last_used_at: factor.last_used_at,
    }
}

/// The name that was typed for a new factor, or what it is called without.
///
/// # Errors
/// What is wrong with it.
fn name_of(params: &Params, default: String, locale: Locale) -> Result<String, FormProblems> {
    match params.get("name") {
        None => Ok(default),
        Some(typed) if typed.trim().is_empty() => Ok(default),
        Some(typed) => {
            let bad = || FormProblems::at("name", t(locale, "factors-name-bad"));
            super::name(typed).ok_or_else(bad)
        }
    }
}

/// Where an answer to a challenge leads; `Err` with it where it can be tried again.
fn concluded(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    way: &Way,
    enrolled: Enrolled,
) -> Result<Response, Enrolled> {
    match enrolled {
        Enrolled::Added {
            recovery_codes: Some(codes),
            ..
        } => {
            // The codes are shown once: the language switch leads to the list, not to another
            // enrolment.
            let facts = way.facts(app, visitor, session, PATH);
            let page = NewCodes {
                view: area::view(session, FormProblems::default()),
                codes,
                onward: app.issuer.path(&way.destination()),
                app: way.app_name(app, facts.locale()),
            };
            Ok(page.render(&facts.context(app)))
        }
        Enrolled::Added { .. } if way.is_errand() => Ok(see_other(app, &way.destination())),
        Enrolled::Added { factor, .. } => {
            let done = factor.kind.as_str();
            Ok(see_other(app, &format!("{PATH}?done={done}")))
        }
        Enrolled::Over => Ok(see_other(app, &way.page(PATH, &[("problem", "over")]))),
        Enrolled::TooMany => Ok(see_other(app, &way.page(PATH, &[("problem", "too-many")]))),
        again => Err(again),
    }
}

/// The person of a page.
fn person<'a>(visitor: &'a Visitor, session: &'a Session, facts: &PageFacts) -> Person<'a> {
    Person::of_session(session, facts.locale(), &visitor.context)
}

fn not_found() -> Fault {
    Fault::told(StatusCode::NOT_FOUND, "not_found", ErrorMessage::NotFound)
}
