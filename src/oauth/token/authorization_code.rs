//! `grant_type=authorization_code` (RFC 6749, section 4.1.3; RFC 7636, section 4.6).

use axum::response::Response;

use super::issue::{self, Plan};
use super::target::Target;
use crate::app::App;
use crate::audit::{self, Event};
use crate::clients::Client;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::oauth::error::{EndpointError, ErrorCode};
use crate::oauth::grant::model::{Redeemed, TokenId};
use crate::oauth::grant::store::{self, Presented};
use crate::oauth::machine::CodeRedemption;
use crate::oauth::pkce;

/// Redeems a code.
///
/// # Errors
/// The protocol's refusal, or a failure.
pub async fn exchange(
    app: &App,
    context: &RequestContext,
    client: &Client,
    params: &Params,
) -> Result<Response, EndpointError> {
    let redemption = CodeRedemption::begin(&client.client_id, params)?;
    let code_challenge = params
        .get("code_verifier")
        .map(|verifier| {
            pkce::challenge_of(verifier).ok_or_else(|| {
                EndpointError::refused(ErrorCode::InvalidRequest, "the code_verifier is malformed")
            })
        })
        .transpose()?;
    let now = context.now;
    let refresh_token = Secret::generate();
    let presented = Presented {
        code: &Secret::new(redemption.code()),
        client_id: &client.client_id,
        redirect_uri: params.get("redirect_uri"),
        code_challenge: code_challenge.as_deref(),
        resource: params.resources(),
        refresh_token: &refresh_token,
        refresh_idle_expires_at: now + app.config.tokens.refresh_idle_ttl,
    };
    let mut connection = app.kept.take().await?;
    let redeemed = store::redeem(&mut connection, &presented, now).await?;
    connection.keep();
    let grant = match redeemed {
        Redeemed::Fresh(grant) => grant,
        Redeemed::Replayed { grant } => {
            // The revocation is committed; only then is the client told.
            let event = Event::GrantRevokedByReplay {
                what: "authorization code",
                grant,
            };
            audit::record(&app.pool, &event, None, Some(&client.client_id), context).await?;
            return Err(redemption
                .finish(None)
                .err()
                .map_or_else(code_refused, Into::into));
        }
        Redeemed::TargetRefused => {
            let description = "the resource was not granted";
            return Err(EndpointError::refused(
                ErrorCode::InvalidTarget,
                description,
            ));
        }
        Redeemed::Rejected => {
            return Err(redemption
                .finish(None)
                .err()
                .map_or_else(code_refused, Into::into));
        }
    };
    let scope = redemption.finish(Some((&grant.client_id, &grant.scope)))?;
    let catalogue = app.resources.get().await?;
    let issuer = app.issuer.as_str();
    let has_refresh_token = scope.contains("offline_access");
    issue::for_person(
        app,
        &Plan {
            client,
            target: Target::of_grant(
                issuer,
                &catalogue,
                &grant.resource,
                params.resources(),
                &scope,
            ),
            jti: TokenId::generate(Some(grant.id)),
            issued_at: now,
            refresh_token: has_refresh_token.then_some(&refresh_token),
            nonce: grant.nonce.as_deref(),
            grant: &grant,
        },
    )
    .await
}

fn code_refused() -> EndpointError {
    EndpointError::refused(
        ErrorCode::InvalidGrant,
        "the code is unknown, expired or used",
    )
}
