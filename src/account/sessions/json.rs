//! `GET` and `DELETE /api/auth/me/sessions[/{id}]`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{OpenSession, end, end_others, find, list};
use crate::account::json::{ApiFault, Caller, Kind, PathId, Problem};
use crate::app::App;
use crate::pages::device;

/// `GET me/sessions`: the live sessions that were used last, and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn get_all(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, ApiFault> {
    let (id_user, own) = (caller.user().id_user, caller.sid());
    let (lifetimes, now) = (app.session_lifetimes(), caller.context.now);
    let open = list(&app.pool, id_user, own, lifetimes, now).await?;
    let listed = open.listed.iter().map(|open| told(open, &caller));
    let listed: Vec<Value> = listed.collect();
    Ok(Json(json!({ "sessions": listed, "total": open.total })))
}

/// `GET me/sessions/{id}`.
///
/// # Errors
/// 404 where the person has no such session.
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    PathId(sid): PathId,
) -> Result<Json<Value>, ApiFault> {
    let (id_user, lifetimes) = (caller.user().id_user, app.session_lifetimes());
    let found = find(&app.pool, id_user, sid, lifetimes, caller.context.now).await?;
    let found = found.ok_or_else(|| Problem::new(Kind::NOT_FOUND))?;
    Ok(Json(told(&found, &caller)))
}

/// `DELETE me/sessions/{id}`: ends it; the caller's own too, whose token dies with it.
///
/// # Errors
/// 404 where the person has no such session.
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    PathId(sid): PathId,
) -> Result<StatusCode, ApiFault> {
    if end(&app.pool, caller.user(), sid, caller.sid(), &caller.context).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Kind::NOT_FOUND).into())
    }
}

/// `DELETE me/sessions`: ends all but the caller's own.
///
/// # Errors
/// When the database fails.
pub async fn delete_others(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<StatusCode, ApiFault> {
    let mut tx = app.pool.begin().await?;
    end_others(&mut tx, caller.user(), caller.sid(), &caller.context).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn told(open: &OpenSession, caller: &Caller) -> Value {
    let time = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    json!({
        "id": open.sid,
        "current": caller.sid() == Some(open.sid),
        "client_id": open.client_id,
        "signed_in_at": time(open.auth_time),
        "amr": open.amr,
        "device": open.user_agent.as_deref().map(|agent| device(caller.locale, agent)),
        "user_agent": open.user_agent,
        "ip": open.ip,
        "last_seen_at": time(open.last_seen_at),
        "expires_at": time(open.expires_at),
    })
}
