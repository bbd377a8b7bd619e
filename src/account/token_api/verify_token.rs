//! `POST /api/auth/verify-token`: whether a token is good, for whoever holds it.
//!
//! It tells what the token itself tells, and whether it was revoked: a client authenticates for
//! `/introspect`, where it learns of others' tokens; here the token is all that there is to show.
//! An API asks for each of its requests, so that good tokens are not counted, and an access token of
//! ours is answered always, for it costs what one to `/userinfo` does: nobody makes an API unable to
//! tell good tokens by feeding it bad ones. Tokens that are none of ours count, by address and in
//! memory: to count in the database would cost more than the look-up that it saves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::complete::needed;
use crate::account::json::{ApiFault, Body, Language, Problem};
use crate::app::App;
use crate::authn::throttle::Gate;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::oauth::introspect;

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
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
    // Anything but a JWT takes a look into the database, so it counts before.
    let is_jwt = asked.token.expose().contains('.');
    if !is_jwt {
        count(&app, &context)?;
    }
    let found = introspect::by_holder(&app, &context, &asked.token).await?;
    let Some(claims) = found else {
        // An app sends a token that has just expired; its API must learn that it has.
        if is_jwt && !introspect::is_ours(&app, &asked.token, context.now).await {
            count(&app, &context)?;
        }
        return Ok(Json(json!({ "active": false })));
    };
    if !is_jwt {
        app.foreign_tokens.give_back(context.ip);
    }
    Ok(Json(Value::Object(claims)))
}

/// Counts a token that is none of ours, as far as is known yet.
fn count(app: &App, context: &RequestContext) -> Result<(), Problem> {
    match app.foreign_tokens.try_pass(context.ip, context.now) {
        Gate::Open => Ok(()),
        Gate::Wait { seconds } => Err(Problem::wait(seconds.into())),
    }
}
