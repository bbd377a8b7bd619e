//! `grant_type=refresh_token` (RFC 6749, section 6; RFC 9700, section 4.14.2): rotation with reuse
//! detection, and the same answer again for a retry within seconds.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::issue::{self, Plan};
use super::target::Target;
use crate::app::App;
use crate::audit::{self, Event};
use crate::clients::Client;
use crate::foundation::cipher::row_identity;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::oauth::error::{EndpointError, ErrorCode};
use crate::oauth::grant::model::{Grant, RetryAnswer, Rotated, TokenId};
use crate::oauth::grant::store::{self, PresentedRefresh, RotatedRow};
use crate::oauth::machine::Refreshing;
use crate::oauth::scope::Scope;

/// Rotates a refresh token.
///
/// # Errors
/// The protocol's refusal, or a failure.
pub async fn exchange(
    app: &App,
    context: &RequestContext,
    client: &Client,
    params: &Params,
) -> Result<Response, EndpointError> {
    let refreshing = Refreshing::begin(&client.client_id, params)?;
    let token = Secret::new(refreshing.token());
    let answer = RetryAnswer {
        refresh_token: Secret::generate().expose().to_owned(),
        issued_at: context.now.unix_timestamp(),
        scope: params.get("scope").map(str::to_owned),
        resource: params.resources().to_vec(),
    };
    match rotate(app, context, client, &token, &answer).await? {
        Rotated::Fresh(grant) => answer_with(app, client, refreshing, &grant, &answer).await,
        Rotated::Retried(grant, answer) => {
            answer_with(app, client, refreshing, &grant, &answer).await
        }
        Rotated::Reused { grant } => {
            // The revocation is committed; only then is the client told.
            let event = Event::GrantRevokedByReplay {
                what: "refresh token",
                grant,
            };
            audit::record(&app.pool, &event, None, Some(&client.client_id), context).await?;
            Err(refused(refreshing, params, None))
        }
        Rotated::ScopeRefused(granted) => Err(refused(
            refreshing,
            params,
            Some((&client.client_id, &granted)),
        )),
        Rotated::TargetRefused => {
            let description = "the resource was not granted";
            Err(EndpointError::refused(
                ErrorCode::InvalidTarget,
                description,
            ))
        }
        Rotated::Rejected => Err(refused(refreshing, params, None)),
    }
}

async fn rotate(
    app: &App,
    context: &RequestContext,
    client: &Client,
    token: &Secret,
    answer: &RetryAnswer,
) -> Result<Rotated, EndpointError> {
    let now = context.now;
    let kek = app.keys.key_encryption_key();
    let aad = retry_identity(token, client);
    let plain = serde_json::to_vec(answer).map_err(EndpointError::internal)?;
    let scope = match &answer.scope {
        Some(text) => Some(Scope::parse(text).ok_or_else(|| {
            EndpointError::refused(ErrorCode::InvalidScope, "the scope is malformed")
        })?),
        None => None,
    };
    let presented = PresentedRefresh {
        token,
        client_id: &client.client_id,
        scope: scope.as_ref(),
        resource: &answer.resource,
        successor: &Secret::new(answer.refresh_token.as_str()),
        successor_idle_expires_at: now + app.config.tokens.refresh_idle_ttl,
        retry_answer_sealed: &kek.seal(&aad, &plain),
        retry_window_began: now - app.config.tokens.refresh_retry_window,
    };
    let mut connection = app.kept.take().await?;
    let rotated = store::rotate(&mut connection, &presented, now).await?;
    connection.keep();
    match rotated {
        RotatedRow::Decided(rotated) => Ok(rotated),
        RotatedRow::Retry(grant, sealed) => {
            // A retry within seconds of a change of the key-encryption key: not to be answered, and
            // no reuse either.
            let Ok(plain) = kek.open(&aad, &sealed) else {
                return Ok(Rotated::Rejected);
            };
            let answer = serde_json::from_slice(&plain).map_err(EndpointError::internal)?;
            Ok(Rotated::Retried(grant, answer))
        }
    }
}

/// Binds a kept answer to its row and to the client that may have it.
fn retry_identity(token: &Secret, client: &Client) -> Vec<u8> {
    let hash = URL_SAFE_NO_PAD.encode(token.hash().as_bytes());
    row_identity(
        "refresh_token",
        "retry_answer_sealed",
        &format!("{hash} {}", client.client_id),
    )
}

async fn answer_with(
    app: &App,
    client: &Client,
    refreshing: Refreshing,
    grant: &Grant,
    answer: &RetryAnswer,
) -> Result<Response, EndpointError> {
    let granted = Some((grant.client_id.as_str(), &grant.scope));
    let scope = refreshing.finish(answer.scope.as_deref(), granted)?;
    let catalogue = app.resources.get().await?;
    let issuer = app.issuer.as_str();
    let issued_at =
        OffsetDateTime::from_unix_timestamp(answer.issued_at).map_err(EndpointError::internal)?;
    issue::for_person(
        app,
        &Plan {
            client,
            grant,
            target: Target::of_grant(
                issuer,
                &catalogue,
                &grant.resource,
                &answer.resource,
                &scope,
            ),
            jti: TokenId::derived(grant.id, &Secret::new(answer.refresh_token.as_str())),
            issued_at,
            refresh_token: Some(&Secret::new(answer.refresh_token.as_str())),
            nonce: None,
        },
    )
    .await
}

fn refused(
    refreshing: Refreshing,
    params: &Params,
    granted: Option<(&str, &Scope)>,
) -> EndpointError {
    match refreshing.finish(params.get("scope"), granted) {
        Err(error) => error.into(),
        // The statement refused what the machine would allow: the statement is right.
        Ok(_) => EndpointError::refused(ErrorCode::InvalidGrant, "the refresh token is not valid"),
    }
}
