//! `GET` and `DELETE /api/auth/me/apps[/{client_id}]`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{ConnectedApp, disconnect, find, list};
use crate::account::area;
use crate::account::json::{ApiFault, Caller, Kind, Problem};
use crate::app::App;
use crate::clients::model::is_client_id;

/// `GET me/apps`: the newest connected apps, and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn get_all(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, ApiFault> {
    let connected = list(&app.pool, caller.user().id_user, caller.context.now).await?;
    let mut apps = Vec::with_capacity(connected.listed.len());
    for one in connected.listed {
        apps.push(told(&app, one, &caller).await?);
    }
    Ok(Json(json!({ "apps": apps, "total": connected.total })))
}

/// `GET me/apps/{client_id}`.
///
/// # Errors
/// 404 where the app is not connected.
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    client_id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiFault> {
    let client_id = named(client_id)?;
    let id_user = caller.user().id_user;
    let found = find(&app.pool, id_user, &client_id, caller.context.now).await?;
    let found = found.ok_or_else(|| Problem::new(Kind::NOT_FOUND))?;
    Ok(Json(told(&app, found, &caller).await?))
}

/// `DELETE me/apps/{client_id}`: takes back what the app was allowed; where it is the calling one, its
/// token dies with that.
///
/// # Errors
/// 404 where the app is not connected.
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    client_id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiFault> {
    let client_id = named(client_id)?;
    if disconnect(&app.pool, caller.user(), &client_id, &caller.context).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Kind::NOT_FOUND).into())
    }
}

/// What is no client's identifier is no app.
fn named(client_id: Result<Path<String>, PathRejection>) -> Result<String, ApiFault> {
    match client_id {
        Ok(Path(client_id)) if is_client_id(&client_id) => Ok(client_id),
        _ => Err(Problem::new(Kind::NOT_FOUND).into()),
    }
}

async fn told(app: &App, connected: ConnectedApp, caller: &Caller) -> Result<Value, sqlx::Error> {
    let client = app.clients.get(&connected.client_id).await?;
    let name = client
        .as_deref()
        .map(|client| area::client_name(client, caller.locale));
    Ok(json!({
        "client_id": connected.client_id,
        "client_name": name,
        "first_party": client.is_some_and(|client| client.first_party),
        "scope": connected.scope.join(" "),
        "since": connected.since.format(&Rfc3339).unwrap_or_default(),
        "active": connected.active,
    }))
}
