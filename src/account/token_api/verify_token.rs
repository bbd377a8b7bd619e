//! `POST /api/auth/verify-token`: whether a token is good, for whoever holds it.
//!
//! It tells what the token itself tells, and whether it was revoked: a client authenticates for
//! `/introspect`, where it learns of others' tokens; here the token is all that there is to show.
//! It is not limited by rate: a token has 256 random bits or a signature, which nobody guesses, and
//! a call costs what one to `/userinfo` does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::complete::needed;
use crate::account::json::{ApiFault, Body, Language, Problem};
use crate::app::App;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::oauth::introspect;

/// What is sent.
#[derive(Debug, Deserialize)]
pub struct Asked {
    token: Secret,
}

/// `POST /api/auth/verify-token`.
///
/// # Errors
/// See [`ApiFault`].
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    Language(locale): Language,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, ApiFault> {
    if asked.token.expose().is_empty() {
        return Err(Problem::invalid([needed("token", locale)]).into());
    }
    let found = introspect::by_holder(&app, &context, &asked.token).await?;
    Ok(Json(
        found.map_or_else(|| json!({ "active": false }), Value::Object),
    ))
}
