//! Keeps the access token alive with the refresh token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{AccessToken, RequestTokenError};

use crate::app::App;
use crate::session::{Session, Tokens};

/// Refresh this long before the end, so that the token does not expire on its way to the API.
const MARGIN: Duration = Duration::from_secs(30);

/// Why there is no access token.
#[derive(Debug, PartialEq, Eq)]
pub enum NoToken {
    /// The issuer has ended the grant: the person has to sign in again.
    Ended,
    /// The issuer cannot be asked at the moment.
    Unavailable,
}

/// An access token that is good for a while; refreshed first if need be.
pub async fn access_token(app: &Arc<App>, session: &Arc<Session>) -> Result<AccessToken, NoToken> {
    token(app, session, None).await
}

/// Another token than `refused`, which an API did not accept although it should still be good: it
/// was revoked, or the issuer's keys have changed.
pub async fn after_refusal(
    app: &Arc<App>,
    session: &Arc<Session>,
    refused: AccessToken,
) -> Result<AccessToken, NoToken> {
    token(app, session, Some(refused)).await
}

async fn token(
    app: &Arc<App>,
    session: &Arc<Session>,
    refused: Option<AccessToken>,
) -> Result<AccessToken, NoToken> {
    let (app, session) = (Arc::clone(app), Arc::clone(session));
    // In a task of its own: the browser may go away while the issuer rotates the refresh token,
    // and an answer thrown away then would end the session.
    let task = tokio::spawn(async move {
        let mut tokens = session.tokens.lock().await;
        let is_refused = refused.is_some_and(|refused| refused == tokens.access);
        if !is_refused && tokens.expires > Instant::now() + MARGIN {
            return Ok(tokens.access.clone());
        }
        *tokens = refresh(&app, &tokens).await?;
        Ok(tokens.access.clone())
    });
    task.await.unwrap_or(Err(NoToken::Unavailable))
}

async fn refresh(app: &App, tokens: &Tokens) -> Result<Tokens, NoToken> {
    let refresh = tokens.refresh.clone().ok_or(NoToken::Ended)?;
    let discovered = app
        .provider
        .get(&app.http)
        .await
        .map_err(|_| NoToken::Unavailable)?;
    let mut request = discovered
        .client
        .exchange_refresh_token(&refresh)
        .map_err(|_| NoToken::Unavailable)?;
    for resource in app.resources() {
        request = request.add_extra_param("resource", resource);
    }
    match request.request_async(&app.http).await {
        // An ID token in the answer is not used, so it need not be verified: who is signed in was
        // settled at sign-in (OpenID Connect Core 1.0, section 12.2).
        Ok(answer) => Ok(Tokens::new(&answer, Some(refresh))),
        Err(RequestTokenError::ServerResponse(answer))
            if *answer.error() == CoreErrorResponseType::InvalidGrant =>
        {
            tracing::info!("the issuer has ended the grant");
            Err(NoToken::Ended)
        }
        Err(error) => {
            tracing::warn!("refreshing failed: {}", crate::sign_in::describe(&error));
            Err(NoToken::Unavailable)
        }
    }
}
