//! `POST /introspect` (RFC 7662). A client learns about tokens that were issued to it, and about
//! those issued for an API that it is the client of; anything else is `active: false`, so that the
//! endpoint tells nobody what exists.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::bearer::verified;
use super::claims::subject;
use super::error::{EndpointError, ErrorCode};
use super::grant::model::TokenId;
use super::grant::store;
use super::token::endpoint::authenticate;
use super::token::issue::{ACCESS_TOKEN_TYPE, never_stored};
use crate::app::App;
use crate::clients::Client;
use crate::clients::authenticate::Refusal;
use crate::clients::metadata::TokenEndpointAuthMethod;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::{Form, Params};
use crate::keys::VerifyError;

/// `POST /introspect`.
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let result = match form {
        Ok(params) => introspect(&app, &context, &headers, &params).await,
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(body) => never_stored(Json(body).into_response()),
        Err(error) => error.into_response(),
    }
}

async fn introspect(
    app: &App,
    context: &RequestContext,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Value, EndpointError> {
    let caller = authenticate(app, context, headers, params).await?;
    // Section 2.1: the endpoint requires authorization, and anyone can claim to be a public client.
    // So no authentication was included (RFC 6749, section 5.2).
    if caller.method == TokenEndpointAuthMethod::None {
        let refusal = Refusal::unauthenticated("a public client may not introspect tokens");
        return Err(EndpointError::Client(refusal));
    }
    let token = params.secret("token").ok_or_else(|| {
        EndpointError::refused(ErrorCode::InvalidRequest, "the token parameter is missing")
    })?;
    let found = describe(app, context, Some(&caller.client), &token).await?;
    Ok(found.map_or_else(|| json!({ "active": false }), Value::Object))
}

/// What is told to whoever holds the token: no more than it says itself, and that it is good.
///
/// # Errors
/// When the machinery fails.
pub async fn by_holder(
    app: &App,
    context: &RequestContext,
    token: &Secret,
) -> Result<Option<Map<String, Value>>, EndpointError> {
    describe(app, context, None, token).await
}

/// Whether a JWT is an access token that this server signed, though it may have expired.
pub async fn is_ours(app: &App, token: &Secret, now: OffsetDateTime) -> bool {
    let verified = app.keys.verify(token.expose(), &[ACCESS_TOKEN_TYPE], now);
    matches!(
        verified.await,
        Ok(_) | Err(VerifyError::Expired | VerifyError::NotYetValid)
    )
}

/// The grant of an access token of ours, dead or alive.
///
/// # Errors
/// When the machinery fails.
pub async fn grant_of(
    app: &App,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, EndpointError> {
    let verified = verified(app, token, now).await?;
    Ok(verified.and_then(|verified| {
        let text = |name: &str| verified.claims.get(name).and_then(Value::as_str);
        let jti = text("jti").filter(|_| text("iss") == Some(app.issuer.as_str()));
        TokenId::parse(jti?)?.grant
    }))
}

/// `token_type_hint` saves nothing: an access token is a JWT, a refresh token is none.
async fn describe(
    app: &App,
    context: &RequestContext,
    caller: Option<&Client>,
    token: &Secret,
) -> Result<Option<Map<String, Value>>, EndpointError> {
    if token.expose().contains('.') {
        access_token(app, context, caller, token).await
    } else {
        refresh_token(app, context, caller, token).await
    }
}

async fn access_token(
    app: &App,
    context: &RequestContext,
    caller: Option<&Client>,
    token: &Secret,
) -> Result<Option<Map<String, Value>>, EndpointError> {
    let Some(verified) = verified(app, token.expose(), context.now).await? else {
        return Ok(None);
    };
    let mut claims = verified.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(app.issuer.as_str()) {
        return Ok(None);
    }
    let Some(jti) = text("jti").and_then(TokenId::parse) else {
        return Ok(None);
    };
    if let Some(caller) = caller
        && text("client_id") != Some(&caller.client_id)
        && !is_audience(app, caller, &claims).await?
    {
        return Ok(None);
    }
    let alive = if let Some(grant) = jti.grant {
        let mut connection = app.kept.take().await?;
        let live = store::find_live(&mut connection, grant, jti.as_str(), context.now).await?;
        connection.keep();
        live.is_some()
    } else {
        // A person's grant goes with its client; a client's own token has no grant to go.
        let issued_to = text("client_id").unwrap_or_default();
        app.clients.get(issued_to).await?.is_some()
            && !store::is_access_token_revoked(&app.pool, jti.as_str()).await?
    };
    if !alive {
        return Ok(None);
    }
    claims.insert("active".into(), json!(true));
    claims.insert("token_type".into(), json!("Bearer"));
    Ok(Some(claims))
}

/// Whether the caller is the client of an API that the token is for.
async fn is_audience(
    app: &App,
    caller: &Client,
    claims: &Map<String, Value>,
) -> Result<bool, sqlx::Error> {
    let audience: Vec<String> = match claims.get("aud") {
        Some(Value::String(only)) => vec![only.clone()],
        Some(Value::Array(several)) => several
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
          SELECT FROM resource_server WHERE client_id = $1 AND identifier = ANY ($2)
        ) AS "found!"
        "#,
        caller.client_id,
        &audience,
    )
    .fetch_one(&app.pool)
    .await
}

async fn refresh_token(
    app: &App,
    context: &RequestContext,
    caller: Option<&Client>,
    token: &Secret,
) -> Result<Option<Map<String, Value>>, EndpointError> {
    let live = store::find_live_refresh_token(&app.pool, token, context.now).await?;
    let is_callers = |client_id: &str| caller.is_none_or(|caller| caller.client_id == client_id);
    let Some(live) = live.filter(|live| is_callers(&live.grant.client_id)) else {
        return Ok(None);
    };
    let Some(client) = app.clients.get(&live.grant.client_id).await? else {
        return Ok(None);
    };
    let sub = subject(app, &client, live.grant.user.sub).await?;
    let mut members = Map::new();
    members.insert("active".into(), json!(true));
    members.insert("iss".into(), json!(app.issuer.as_str()));
    members.insert("client_id".into(), json!(live.grant.client_id));
    members.insert("sub".into(), json!(sub));
    members.insert("scope".into(), json!(live.grant.scope.to_string()));
    members.insert("iat".into(), json!(live.issued_at.unix_timestamp()));
    members.insert("exp".into(), json!(live.expires_at.unix_timestamp()));
    Ok(Some(members))
}
