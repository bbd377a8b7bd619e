//! `/account/sessions`.

use axum::response::Response;
use uuid::Uuid;

use super::{OpenSession, end, end_others, list};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::pages::FormProblems;
use crate::pages::account_area::{SessionItem, SessionList};

const PATH: &str = "/account/sessions";

/// `GET /account/sessions`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let done = match query {
        "done=one" => Some("sessions-done-one"),
        "done=others" => Some("sessions-done-others"),
        _ => None,
    };
    page(app, visitor, &session, done, FormProblems::default()).await
}

/// `POST /account/sessions`: `end` is the session to end, or `others`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let locale = area::facts(app, visitor, &session).locale();
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        return page(app, visitor, &session, None, problems).await;
    }
    if params.get("end") == Some("others") {
        let mut tx = app.pool.begin().await?;
        end_others(&mut tx, &session.user, Some(session.sid), &visitor.context).await?;
        tx.commit().await?;
        return Ok(see_other(app, &format!("{PATH}?done=others")));
    }
    // One that ended meanwhile is as it should be.
    let named = params.get("end").and_then(|sid| Uuid::parse_str(sid).ok());
    if let Some(sid) = named.filter(|sid| *sid != session.sid) {
        end(
            &app.pool,
            &session.user,
            sid,
            Some(session.sid),
            &visitor.context,
        )
        .await?;
    }
    Ok(see_other(app, &format!("{PATH}?done=one")))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    done: Option<&'static str>,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let facts = area::facts(app, visitor, session).shown_at(app.issuer.path(PATH));
    let locale = facts.locale();
    let (lifetimes, now) = (app.session_lifetimes(), visitor.context.now);
    let (id_user, own) = (session.user.id_user, Some(session.sid));
    let open = list(&app.pool, id_user, own, lifetimes, now).await?;
    let mut sessions = Vec::with_capacity(open.listed.len());
    for open in open.listed {
        sessions.push(item(app, open, session, locale).await?);
    }
    // This one first, the others as they were used.
    sessions.sort_by_key(|item| !item.current);
    let mut view = area::view(session, problems);
    view.done = done.map(|key| t(locale, key));
    let page = SessionList {
        view,
        sessions,
        total: open.total,
    };
    Ok(page.render(&facts.context(app)))
}

async fn item(
    app: &App,
    open: OpenSession,
    session: &Session,
    locale: Locale,
) -> Result<SessionItem, sqlx::Error> {
    let client = match &open.client_id {
        Some(client_id) => app.clients.get(client_id).await?,
        None => None,
    };
    let name = client.map(|client| area::client_name(&client, locale));
    Ok(SessionItem {
        id: open.sid.to_string(),
        current: open.sid == session.sid,
        app: name.or(open.client_id),
        user_agent: open.user_agent,
        ip: open.ip,
        signed_in_at: open.auth_time,
        last_seen_at: open.last_seen_at,
    })
}
