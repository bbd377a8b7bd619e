//! `POST /api/auth/logout`: ends the session that a token belongs to.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::complete::needed;
use crate::account::json::{ApiFault, Body, Language, Problem};
use crate::app::App;
use crate::audit::{self, Event};
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::oauth::bearer::presented;
use crate::oauth::grant::store::{Of, sign_out};
use crate::oauth::introspect::grant_of;

/// What is sent, unless the access token is, as a bearer token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    refresh_token: Option<Secret>,
}

/// `POST /api/auth/logout`. Holding one of its tokens is the right to end a session. An unknown
/// token is answered as a known one (RFC 7009, section 2.2).
///
/// # Errors
/// See [`ApiFault`].
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    Language(locale): Language,
    headers: HeaderMap,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, ApiFault> {
    let header = headers.get(header::AUTHORIZATION);
    let of = match (&asked.refresh_token, header) {
        (Some(token), _) if !token.expose().is_empty() => Some(Of::RefreshToken(token)),
        (_, Some(value)) => {
            let token = presented(value.to_str().ok(), None)?;
            grant_of(&app, token, context.now).await?.map(Of::Grant)
        }
        _ => return Err(Problem::invalid([needed("refresh_token", locale)]).into()),
    };
    let ended = match of {
        Some(of) => sign_out(&app.pool, of, context.now).await?,
        None => None,
    };
    if let Some(ended) = ended {
        let (sub, client_id) = (Some(ended.sub), Some(ended.client_id.as_str()));
        audit::record(&app.pool, &Event::SignedOut, sub, client_id, &context).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
