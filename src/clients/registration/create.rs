//! `POST /register` (RFC 7591, section 3).

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use time::OffsetDateTime;

use super::bearer::Bearer;
use super::error::RegistrationError;
use super::{RegistrationState, body, respond};
use crate::audit::{self, Event};
use crate::clients::model::NewClient;
use crate::clients::store;
use crate::clients::validation::{Registrant, check_sector_document, validate};
use crate::config::RegistrationMode;
use crate::foundation::secret::SecretHash;
use crate::http::context::RequestContext;

/// Registers a client.
///
/// # Errors
/// The refusal, as an answer.
pub async fn register(
    State(state): State<RegistrationState>,
    request: Request,
) -> Result<Response, RegistrationError> {
    let now = state.clock.now();
    let (parts, body) = request.into_parts();
    let context = RequestContext::of(&parts);
    let initial_token = admit(&state, &parts, now).await?;
    let body = body::read(&parts.headers, body).await?;
    let valid = validate(body, Registrant::Developer { keeps: None })?;
    check_sector_document(&valid.metadata, &state.documents).await?;

    let mut new = NewClient::new(valid, now);
    let registration_token = new.grant_self_management();
    // The initial access token loses a use exactly if the client is stored.
    let mut transaction = state.pool.begin().await?;
    if let Some(token) = initial_token
        && !store::initial_access_token::consume(&mut *transaction, &token, now).await?
    {
        return Err(RegistrationError::WrongToken);
    }
    store::client::insert(&mut *transaction, &new.client).await?;
    let client_id = Some(new.client.client_id.as_str());
    audit::record(
        &mut *transaction,
        &Event::ClientRegistered,
        None,
        client_id,
        &context,
    )
    .await?;
    transaction.commit().await?;
    Ok(respond::client_information(
        StatusCode::CREATED,
        &new.client,
        new.client_secret.as_ref(),
        &registration_token,
        &state.registration_endpoint,
    ))
}

/// Whether the caller may register at all; the initial access token that pays for it. Decided
/// before the body is read, so that a stranger cannot make the server fetch documents.
async fn admit(
    state: &RegistrationState,
    parts: &Parts,
    now: OffsetDateTime,
) -> Result<Option<SecretHash>, RegistrationError> {
    match state.mode {
        RegistrationMode::Closed => Err(RegistrationError::Closed),
        RegistrationMode::Open => {
            state
                .anonymous_limit
                .ask(parts)
                .await
                .map_err(RegistrationError::TooMany)?;
            Ok(None)
        }
        RegistrationMode::Token => match Bearer::of(&parts.headers) {
            Bearer::Absent => Err(RegistrationError::NoToken),
            Bearer::Malformed => Err(RegistrationError::WrongToken),
            Bearer::Token(token) => {
                let token = token.hash();
                if store::initial_access_token::is_usable(&state.pool, &token, now).await? {
                    Ok(Some(token))
                } else {
                    Err(RegistrationError::WrongToken)
                }
            }
        },
    }
}
