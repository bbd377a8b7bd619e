//! `POST /revoke` (RFC 7009). A refresh token takes its whole family with it, an access token itself
//! alone; what is unknown or another client's is answered like what was revoked (section 2.2).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use time::OffsetDateTime;

use super::bearer::verified;
use super::error::{EndpointError, ErrorCode};
use super::grant::model::TokenId;
use super::grant::store;
use super::token::endpoint::authenticate;
use super::token::issue::never_stored;
use crate::app::App;
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::{Form, Params};

/// `POST /revoke`.
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let result = match form {
        Ok(params) => revoke(&app, &context, &headers, &params).await,
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => never_stored(StatusCode::OK.into_response()),
        Err(error) => error.into_response(),
    }
}

async fn revoke(
    app: &App,
    context: &RequestContext,
    headers: &HeaderMap,
    params: &Params,
) -> Result<(), EndpointError> {
    let caller = authenticate(app, context, headers, params).await?.client;
    let token = params.secret("token").ok_or_else(|| {
        EndpointError::refused(ErrorCode::InvalidRequest, "the token parameter is missing")
    })?;
    let client_id = caller.client_id.as_str();
    let revoked = if token.expose().contains('.') {
        access_token(app, context, client_id, &token).await?
    } else {
        let grant = store::revoke_family(&app.pool, &token, client_id, context.now).await?;
        grant.map(|grant| Event::TokenRevoked { grant: Some(grant) })
    };
    if let Some(event) = revoked {
        audit::record(&app.pool, &event, None, Some(client_id), context).await?;
    }
    Ok(())
}

async fn access_token(
    app: &App,
    context: &RequestContext,
    client_id: &str,
    token: &Secret,
) -> Result<Option<Event>, EndpointError> {
    let Some(verified) = verified(app, token.expose(), context.now).await? else {
        return Ok(None);
    };
    let text = |name: &str| verified.claims.get(name).and_then(Value::as_str);
    let expires = verified
        .claims
        .get("exp")
        .and_then(Value::as_i64)
        .and_then(|exp| OffsetDateTime::from_unix_timestamp(exp).ok());
    match (text("jti").and_then(TokenId::parse), expires) {
        (Some(jti), Some(expires)) if text("client_id") == Some(client_id) => {
            store::revoke_access_token(&app.pool, jti.as_str(), expires).await?;
            Ok(Some(Event::TokenRevoked { grant: jti.grant }))
        }
        _ => Ok(None),
    }
}
