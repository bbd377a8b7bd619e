//! `/account/factors` and the pages below it. Each form is posted to the address of its page, so
//! that a sign-in that comes in between leads back to it.

pub mod email;
pub mod manage;
pub mod new_codes;
pub mod passkey;
pub mod recovery_codes;
pub mod totp;
mod way;

use axum::http::StatusCode;
use axum::response::Response;

use super::{Enrolled, Person, keep_shown, protection, shown_codes};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, PageFacts, Visitor, see_other};
use crate::authn::factors::Factor;
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::pages::factors::{FactorLine, FactorList};
use crate::pages::{ErrorMessage, FormProblems};
use way::Way;

const PATH: &str = "/account/factors";

/// Where a form about one factor leads that was shown to somebody else: the page says so.
const ANOTHERS: (&str, &str) = ("problem", "anothers");

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
        Some("anothers") => Some("form-other-person"),
        _ => None,
    };
    let done = match asked.get("done") {
        Some("totp") => Some("factors-done-totp"),
        Some("passkey") => Some("factors-done-passkey"),
        Some("email") => Some("factors-done-email"),
        Some("renamed") => Some("factors-done-renamed"),
        Some("removed") => Some("factors-done-removed"),
        Some("repeated") => Some("factors-done-repeated"),
        _ => None,
    };
    let mut problems = FormProblems::default();
    if let Some(key) = problem {
        problems.push(None, t(locale, key));
    }
    let mut view = area::view(&session, problems);
    view.done = done.map(|key| t(locale, key));
    let protection = protection(app, session.user.id_user).await?;
    let new_codes = shown_codes(app, &person(visitor, &session, &facts)).await?;
    let page = FactorList {
        view,
        errand: way.errand(app, locale),
        new_codes: new_codes.map(|_| app.issuer.path(&way.page(new_codes::PATH, &[]))),
        factors: protection.factors.into_iter().map(line).collect(),
        recovery_codes_left: protection.recovery_codes_left,
        demanded: session.user.second_factor_required,
        passkeys: app.passkeys.available(),
        password_from_mail: session.user.password_from_mail,
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

/// Where an answer to a challenge leads; `None` where it can be tried again.
async fn concluded(
    app: &App,
    person: &Person<'_>,
    way: &Way,
    enrolled: Enrolled,
) -> Result<Option<Response>, Fault> {
    // Of two answers with one passkey, the browser shows what came of the second.
    let waits = match enrolled {
        Enrolled::Repeated => shown_codes(app, person).await?.is_some(),
        _ => false,
    };
    let to = match enrolled {
        Enrolled::Added {
            recovery_codes: Some(codes),
            ..
        } => {
            keep_shown(app, person, &codes).await?;
            way.page(new_codes::PATH, &[])
        }
        Enrolled::Repeated if waits => way.page(new_codes::PATH, &[]),
        Enrolled::Added { .. } | Enrolled::Repeated if way.is_errand() => way.destination(),
        Enrolled::Added { factor, .. } => format!("{PATH}?done={}", factor.kind.as_str()),
        Enrolled::Repeated => format!("{PATH}?done=repeated"),
        Enrolled::Over => way.page(PATH, &[("problem", "over")]),
        Enrolled::TooMany => way.page(PATH, &[("problem", "too-many")]),
        Enrolled::Wrong | Enrolled::Known => return Ok(None),
    };
    Ok(Some(see_other(app, &to)))
}

/// Whether a form of ours was shown to somebody else, who was signed in before.
fn is_anothers(visitor: &Visitor, params: &Params, session: &Session) -> bool {
    visitor.owns_form(params) && area::is_others(params, session)
}

/// The person of a page.
fn person<'a>(visitor: &'a Visitor, session: &'a Session, facts: &PageFacts) -> Person<'a> {
    Person::of_session(session, facts.locale(), &visitor.context)
}

fn not_found() -> Fault {
    Fault::told(StatusCode::NOT_FOUND, "not_found", ErrorMessage::NotFound)
}
