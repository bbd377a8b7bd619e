//! `/account/apps`.

use axum::response::Response;

use super::{ConnectedApp, disconnect, list};
use crate::account::{area, guard};
use crate::app::{App, Asked, Fault, Posted, Visitor, see_other};
use crate::authn::session::Session;
use crate::http::form::Params;
use crate::i18n::{Locale, t};
use crate::oauth::authorize::consent;
use crate::pages::FormProblems;
use crate::pages::account_area::{AppItem, AppList};

const PATH: &str = "/account/apps";

/// `GET /account/apps`.
pub async fn get(asked: Asked) -> Response {
    asked.answer(show).await
}

async fn show(app: &App, visitor: &Visitor, query: &str) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let done = query == "done";
    page(app, visitor, &session, done, FormProblems::default()).await
}

/// `POST /account/apps`: `disconnect` is the app's `client_id`.
pub async fn post(posted: Posted) -> Response {
    posted.answer(submit).await
}

async fn submit(app: &App, visitor: &Visitor, _: &str, params: &Params) -> Result<Response, Fault> {
    let session = guard::session(app, visitor).await?;
    let locale = area::facts(app, visitor, &session).locale();
    if let Some(problems) = area::hindrance(visitor, params, &session, locale) {
        return page(app, visitor, &session, false, problems).await;
    }
    // One that was disconnected meanwhile is as it should be.
    if let Some(client_id) = params.get("disconnect") {
        disconnect(&app.pool, &session.user, client_id, &visitor.context).await?;
    }
    Ok(see_other(app, &format!("{PATH}?done")))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    done: bool,
    problems: FormProblems,
) -> Result<Response, Fault> {
    let facts = area::facts(app, visitor, session).shown_at(app.issuer.path(PATH));
    let locale = facts.locale();
    let mut apps = Vec::new();
    for connected in list(&app.pool, session.user.id_user, visitor.context.now).await? {
        apps.push(item(app, connected, locale).await?);
    }
    let mut view = area::view(session, problems);
    view.done = done.then(|| t(locale, "apps-done"));
    let page = AppList { view, apps };
    Ok(page.render(&facts.context(app)))
}

async fn item(app: &App, connected: ConnectedApp, locale: Locale) -> Result<AppItem, sqlx::Error> {
    let client = app.clients.get(&connected.client_id).await?;
    let catalogue = app.resources.get().await?;
    let name = client
        .as_deref()
        .map(|client| area::client_name(client, locale));
    Ok(AppItem {
        name: name.unwrap_or_else(|| connected.client_id.clone()),
        id: connected.client_id,
        verified: client.is_some_and(|client| client.first_party),
        may: consent::all_in_words(&catalogue, &connected.scope, locale),
        since: connected.since,
    })
}
