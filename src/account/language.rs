//! `GET /language`: the language switch in the footer.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;

use crate::app::App;
use crate::pages::SwitchLanguage;

/// Keeps the choice and leads back.
pub async fn get(
    State(app): State<Arc<App>>,
    query: Result<Query<SwitchLanguage>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let switch = query.map(|Query(switch)| switch).unwrap_or_default();
    switch.respond(app.issuer.base_path(), app.issuer.is_secure())
}
