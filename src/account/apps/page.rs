//! `/account/apps`; `?disconnect=` and an app's `client_id` asks whether that is meant, and its button
//! does it.

use axum::response::Response;

use super::{ConnectedApp, disconnect, find, list};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::{Locale, t_args};
use crate::oauth::authorize::consent;
use crate::pages::FormProblems;
use crate::pages::account_area::{AppItem, AppList, DisconnectApp};

const PATH: &str = "/account/apps";

/// `GET /account/apps`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let query = Params::parse(query.as_bytes())?;
    let none = FormProblems::default();
    match query.get("disconnect") {
        Some(client_id) => question(app, visitor, &session, client_id, none).await,
        None => page(app, visitor, &session, query.get("done"), none).await,
    }
}

/// `POST /account/apps`: `disconnect` is the app's `client_id`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let locale = area::facts(app, visitor, &session).locale();
    let problems = area::hindrance(visitor, params, &session, locale);
    let Some(client_id) = params.get("disconnect") else {
        return page(app, visitor, &session, None, problems.unwrap_or_default()).await;
    };
    if let Some(problems) = problems {
        return question(app, visitor, &session, client_id, problems).await;
    }
    // One that was disconnected meanwhile is as it should be.
    disconnect(&app.pool, &session.user, client_id, &visitor.context).await?;
    Ok(see_other(app, &address("done", client_id)))
}

/// The page's address with something to tell of an app.
fn address(what: &str, client_id: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair(what, client_id);
    format!("{PATH}?{}", query.finish())
}

/// `done` is the app that was disconnected.
async fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    done: Option<&str>,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let facts = area::facts(app, visitor, session).shown_at(app.issuer.path(PATH));
    let locale = facts.locale();
    let (id_user, now) = (session.user.id_user, visitor.context.now);
    let connected = list(&app.pool, id_user, now).await?;
    let mut view = area::view(session, problems);
    // A link from elsewhere may claim it of one that is connected, or that does not exist.
    if let Some(gone) = done
        && find(&app.pool, id_user, gone, now).await?.is_none()
        && let Some(name) = name(app, gone, locale).await?
    {
        view.done = Some(t_args(locale, "apps-done", &[("app", name.into())]));
    }
    let mut apps = Vec::with_capacity(connected.listed.len());
    for one in connected.listed {
        apps.push(item(app, one, locale).await?);
    }
    let page = AppList {
        view,
        apps,
        total: connected.total,
    };
    Ok(page.render(&facts.context(app)))
}

async fn question(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    client_id: &str,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let (id_user, now) = (session.user.id_user, visitor.context.now);
    if find(&app.pool, id_user, client_id, now).await?.is_none() {
        return page(app, visitor, session, None, problems).await;
    }
    let here = app.issuer.path(&address("disconnect", client_id));
    let facts = area::facts(app, visitor, session).shown_at(here);
    let name = name(app, client_id, facts.locale()).await?;
    let page = DisconnectApp {
        view: area::view(session, problems),
        id: client_id.to_owned(),
        name: name.unwrap_or_else(|| client_id.to_owned()),
    };
    Ok(page.render(&facts.context(app)))
}

async fn name(app: &App, client_id: &str, locale: Locale) -> Result<Option<String>, sqlx::Error> {
    let client = app.clients.get(client_id).await?;
    Ok(client.map(|client| area::client_name(&client, locale)))
}

async fn item(app: &App, connected: ConnectedApp, locale: Locale) -> Result<AppItem, sqlx::Error> {
    let client = app.clients.get(&connected.client_id).await?;
    let catalogue = app.resources.get().await?;
    let name = client
        .as_deref()
        .map(|client| area::client_name(client, locale));
    Ok(AppItem {
        disconnect: app
            .issuer
            .path(&address("disconnect", &connected.client_id)),
        name: name.unwrap_or(connected.client_id),
        verified: client.is_some_and(|client| client.first_party),
        may: consent::all_in_words(&catalogue, &connected.scope, locale),
        since: connected.since,
    })
}
