//! `/account/delete`: what deletion means; `?sure=1` asks whether it is meant, and its button does it.

use axum::http::header;
use axum::response::Response;
use time::Date;
use time::macros::format_description;

use super::{By, Registry};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::cookies::Cookie;
use crate::http::form::Params;
use crate::i18n::{date, t, t_args};
use crate::pages::account_area::DeletePage;
use crate::pages::{FormProblems, Notice, WayOn, WayOnLabel};

/// `GET /account/delete`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let sure = Params::parse(query.as_bytes())?.get("sure").is_some();
    // Who they are is asked before the question, so that its answer counts.
    let session = if sure {
        guard::confirmed(app, visitor).await?
    } else {
        guard::session(app, visitor).await?
    };
    Ok(page(app, visitor, &session, sure, FormProblems::default()))
}

/// `POST /account/delete`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = match guard::confirmed(app, visitor).await {
        Ok(session) => session,
        // Back to the question, not to the address that only takes posts of it.
        Err(Fault::SeeOther(path)) => return Ok(see_other(app, &back_to_question(&path))),
        Err(fault) => return Err(fault),
    };
    let locale = area::facts(app, visitor, &session).locale();
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        return Ok(page(app, visitor, &session, true, problems));
    }
    let registry = Registry::from(app).in_language(locale);
    let purge_at = super::delete(registry, &session.user, By::OWNER, &visitor.context).await?;
    let day = format_description!("[year]-[month]-[day]");
    let until = purge_at.and_then(|at| at.format(&day).ok());
    let query = until.map_or_else(String::new, |until| format!("?until={until}"));
    let mut response = see_other(app, &format!("/account/deleted{query}"));
    let cookie = Cookie::Session.remove(app.issuer.is_secure());
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// `/login?then=/account/delete` leads on to the question.
fn back_to_question(path: &str) -> String {
    let encoded =
        |path: &str| -> String { url::form_urlencoded::byte_serialize(path.as_bytes()).collect() };
    path.replace(
        &encoded("/account/delete"),
        &encoded("/account/delete?sure=1"),
    )
}

fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    sure: bool,
    problems: FormProblems,
) -> Response {
    let facts = area::facts(app, visitor, session);
    let facts = if sure {
        facts.shown_at(app.issuer.path("/account/delete?sure=1"))
    } else {
        facts
    };
    let page = DeletePage {
        view: area::view(session, problems),
        undo_until: visitor.context.now + app.config.account.deletion_grace,
        sure,
    };
    page.render(&facts.context(app))
}

/// `GET /account/deleted`: it is done.
pub async fn deleted(asked: Asked) -> Response {
    asked
        .answer(async |app: &App, visitor: &Visitor, query: &str| {
            let query = Params::parse(query.as_bytes())?;
            let day = format_description!("[year]-[month]-[day]");
            let until = query
                .get("until")
                .and_then(|day_| Date::parse(day_, &day).ok());
            let facts = visitor.page(app, None, None);
            let locale = facts.locale();
            let mut text = vec![t(locale, "deleted-text")];
            text.extend(until.map(|until| {
                let until = date(locale, until.midnight().assume_utc());
                t_args(locale, "deleted-undo", &[("date", until.into())])
            }));
            let page = Notice {
                heading: t(locale, "deleted-title"),
                text,
                way_on: WayOn {
                    label: WayOnLabel::Home,
                    url: app.issuer.path("/"),
                },
            };
            Ok(page.render(&facts.context(app)))
        })
        .await
}
