//! `GET`, `PUT`, `DELETE /register/{client_id}` (RFC 7592, section 2).

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::bearer::Bearer;
use super::error::RegistrationError;
use super::{RegistrationState, body, respond};
use crate::audit::{self, Event};
use crate::clients::model::{Client, is_client_id};
use crate::clients::store;
use crate::clients::validation::{
    MetadataError, Registrant, ValidMetadata, check_sector_document, validate,
};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;

/// The client of the address. What is no UTF-8 names no client: the refusal is the endpoint's own.
pub struct ClientId(String);

impl<S: Send + Sync> FromRequestParts<S> for ClientId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(id)| id).unwrap_or_default()))
    }
}

/// Shows a client its registration.
///
/// # Errors
/// The refusal, as an answer.
pub async fn read(
    State(state): State<RegistrationState>,
    ClientId(client_id): ClientId,
    headers: HeaderMap,
) -> Result<Response, RegistrationError> {
    let (client, token) = authorize(&state, &client_id, &headers).await?;
    let endpoint = &state.registration_endpoint;
    Ok(respond::client_information(
        StatusCode::OK,
        &client,
        None,
        &token,
        endpoint,
    ))
}

/// Replaces a client's registration as a whole.
///
/// # Errors
/// The refusal, as an answer.
pub async fn replace(
    State(state): State<RegistrationState>,
    ClientId(client_id): ClientId,
    request: Request,
) -> Result<Response, RegistrationError> {
    let now = state.clock.now();
    let (parts, body) = request.into_parts();
    let context = RequestContext::of(&parts);
    let (mut client, token) = authorize(&state, &client_id, &parts.headers).await?;
    let body = body::read(&parts.headers, body).await?;
    check_identity(&client, &body)?;
    let keeps = Some(&client.metadata.scope);
    let ValidMetadata {
        metadata,
        require_pkce,
    } = validate(body, Registrant::Developer { keeps })?;
    check_sector_document(&metadata, &state.documents).await?;

    let needs_secret = metadata.token_endpoint_auth_method.uses_secret();
    let new_secret = (needs_secret && client.secret_hash.is_none()).then(Secret::generate);
    client.secret_hash = match &new_secret {
        Some(secret) => Some(secret.hash()),
        None => client.secret_hash.filter(|_| needs_secret),
    };
    client.metadata = metadata;
    client.require_pkce = require_pkce;
    client.updated_at = now;
    let mut transaction = state.pool.begin().await?;
    if !store::client::replace(&mut *transaction, &client, &token.hash()).await? {
        // Deleted in the meantime.
        return Err(RegistrationError::WrongToken);
    }
    let client_id = Some(client.client_id.as_str());
    audit::record(
        &mut *transaction,
        &Event::ClientReplaced,
        None,
        client_id,
        &context,
    )
    .await?;
    transaction.commit().await?;
    state.clients.invalidate(&client.client_id);
    Ok(respond::client_information(
        StatusCode::OK,
        &client,
        new_secret.as_ref(),
        &token,
        &state.registration_endpoint,
    ))
}

/// Removes a client; everything granted to it goes with it.
///
/// # Errors
/// The refusal, as an answer.
pub async fn delete(
    State(state): State<RegistrationState>,
    ClientId(client_id): ClientId,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<Response, RegistrationError> {
    let (client, token) = authorize(&state, &client_id, &headers).await?;
    let mut transaction = state.pool.begin().await?;
    let deleted =
        store::client::delete_by_token(&mut transaction, &client.client_id, &token.hash()).await?;
    if !deleted {
        return Err(RegistrationError::WrongToken);
    }
    let subject = Some(client.client_id.as_str());
    audit::record(
        &mut *transaction,
        &Event::ClientDeleted,
        None,
        subject,
        &context,
    )
    .await?;
    transaction.commit().await?;
    state.clients.invalidate(&client.client_id);
    Ok(respond::never_stored(
        StatusCode::NO_CONTENT.into_response(),
    ))
}

/// The client that the request's registration access token belongs to. Read from the table, not
/// from memory: a client that another replica deleted is gone at once.
async fn authorize(
    state: &RegistrationState,
    client_id: &str,
    headers: &HeaderMap,
) -> Result<(Client, Secret), RegistrationError> {
    let token = match Bearer::of(headers) {
        Bearer::Token(token) => token,
        Bearer::Absent => return Err(RegistrationError::NoToken),
        Bearer::Malformed => return Err(RegistrationError::WrongToken),
    };
    if !is_client_id(client_id) {
        return Err(RegistrationError::WrongToken);
    }
    let presented = token.hash();
    let client = store::client::find(&state.pool, client_id).await?;
    client
        .filter(|client| {
            client
                .registration_access_token_hash
                .is_some_and(|hash| hash.matches(&presented))
        })
        .map(|client| (client, token))
        .ok_or(RegistrationError::WrongToken)
}

/// RFC 7592, section 2.2: the request names its client, and may repeat the secret but not choose
/// it. The members that the server issues are ignored: many clients send back what they got.
fn check_identity(client: &Client, body: &Map<String, Value>) -> Result<(), MetadataError> {
    if body.get("client_id").and_then(Value::as_str) != Some(&client.client_id) {
        return Err(MetadataError::metadata(
            "client_id is missing or differs from the address",
        ));
    }
    match body.get("client_secret") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(secret)) if client.secret_matches(&Secret::new(secret.as_str())) => {
            Ok(())
        }
        Some(_) => Err(MetadataError::metadata(
            "client_secret differs from the one that was issued",
        )),
    }
}
