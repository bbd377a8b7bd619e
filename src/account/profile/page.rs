//! `/account/profile`.

use std::collections::BTreeMap;

use axum::response::Response;
use serde_json::Value;

use super::{FIELDS, Field, Invalid, ProfileError, Typed, change, claims};
use crate::account::area::{self, Poster};
use crate::account::guard;
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::{Locale, t, t_args};
use crate::pages::FormProblems;
use crate::pages::account_area::ProfilePage;

const PATH: &str = "/account/profile";

/// The three fields of a date.
const DATE: [&str; 3] = ["birth_year", "birth_month", "birth_day"];

/// `GET /account/profile`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let facts = area::facts(app, visitor, &session);
    let mut page = page(&session, kept(&session), FormProblems::default());
    if query == "done" {
        page.view.done = Some(t(facts.locale(), "profile-done"));
    }
    Ok(page.render(&facts.shown_at(app.issuer.path(PATH)).context(app)))
}

/// `POST /account/profile`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await;
    let session = match area::poster(app, visitor, params, session).await? {
        Poster::Person(session) => session,
        Poster::Kept(page) => return Ok(page),
    };
    let facts = area::facts(app, visitor, &session).shown_at(app.issuer.path(PATH));
    let locale = facts.locale();
    let again = |values, problems| {
        let page = page(&session, values, problems);
        Ok(page.render(&facts.context(app)))
    };
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        // What was entered about one person is not shown to another.
        let others = area::is_others(params, &session) && visitor.owns_form(params);
        let values = if others {
            kept(&session)
        } else {
            entered(params)
        };
        return again(values, problems);
    }
    let typed = typed(params);
    match change(&app.pool, session.user.id_user, &typed, &visitor.context).await {
        Ok(_) => Ok(see_other(app, &format!("{PATH}?done"))),
        Err(ProfileError::Invalid(invalid)) => again(entered(params), problems(&invalid, locale)),
        Err(ProfileError::Gone) => Ok(see_other(app, "/")),
        Err(ProfileError::Database(error)) => Err(error.into()),
    }
}

fn page(
    session: &Session,
    values: BTreeMap<String, String>,
    problems: FormProblems,
) -> ProfilePage {
    ProfilePage {
        view: area::view(session, problems),
        phone_verified: session.user.phone_number_verified,
        values,
    }
}

/// The name of a claim's field in the form: an address part has its own.
fn input(field: Field) -> &'static str {
    field.address_part().unwrap_or(field.name)
}

/// The form has every claim but the whole address, which follows its parts.
fn fields() -> impl Iterator<Item = Field> {
    FIELDS
        .into_iter()
        .filter(|field| field.address_part() != Some("formatted"))
}

/// The form's values as the account has them.
fn kept(session: &Session) -> BTreeMap<String, String> {
    let claims = claims(&session.user);
    let mut values = BTreeMap::new();
    for field in fields() {
        let value = match field.address_part() {
            Some(part) => claims.get("address").and_then(|address| address.get(part)),
            None => claims.get(field.name),
        };
        if let Some(value) = value.and_then(Value::as_str) {
            values.insert(input(field).to_owned(), value.to_owned());
        }
    }
    if let Some(date) = values.remove("birthdate") {
        let parts = date.split('-').map(|part| part.trim_start_matches('0'));
        values.extend(
            DATE.map(str::to_owned)
                .into_iter()
                .zip(parts.map(str::to_owned)),
        );
    }
    values
}

/// The form's values as they were entered.
fn entered(params: &Params) -> BTreeMap<String, String> {
    let names = fields().map(input).chain(DATE);
    names
        .filter_map(|name| Some((name.to_owned(), params.get(name)?.to_owned())))
        .collect()
}

fn typed(params: &Params) -> Typed {
    let mut typed: Typed = fields()
        .map(|field| (field.name, params.get(input(field)).map(str::to_owned)))
        .collect();
    typed.insert("birthdate", date(params));
    typed
}

/// The date that three fields amount to. A year that is not told is written `0000`, a year alone
/// stands for itself (OpenID Connect Core 1.0, section 5.1).
fn date(params: &Params) -> Option<String> {
    let [year, month, day] = DATE.map(|name| params.get(name).map(str::trim).unwrap_or_default());
    match (year, month, day) {
        ("", "", "") => None,
        (year, "", "") => Some(format!("{year:0>4}")),
        (year, month, day) => Some(format!("{year:0>4}-{month:0>2}-{day:0>2}")),
    }
}

fn problems(invalid: &[Invalid], locale: Locale) -> FormProblems {
    let mut problems = FormProblems::default();
    for invalid in invalid {
        let name = input(invalid.field);
        let label = t(locale, &format!("profile-{}", name.replace('_', "-")));
        let text = t_args(
            locale,
            "profile-problem",
            &[
                ("label", label.into()),
                ("text", invalid.message(locale).into()),
            ],
        );
        let at = if name == "birthdate" {
            "birth_day"
        } else {
            name
        };
        problems.push(Some(at), text);
    }
    problems
}
