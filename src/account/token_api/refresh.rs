//! `POST /api/auth/refresh`: what the token endpoint does for `grant_type=refresh_token`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::client::first_party;
use super::complete::needed;
use crate::account::json::{ApiFault, Body, Kind, Language, Problem};
use crate::app::App;
use crate::http::context::RequestContext;
use crate::http::form::Params;
use crate::oauth::token::refresh_token;

/// What is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    refresh_token: crate::foundation::secret::Secret,
    client_id: Option<String>,
    scope: Option<String>,
}

/// `POST /api/auth/refresh`.
///
/// # Errors
/// See [`ApiFault`].
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    Language(locale): Language,
    headers: HeaderMap,
    Body(asked): Body<Asked>,
) -> Result<Response, ApiFault> {
    let client = first_party(&app, &context, &headers, asked.client_id.as_deref()).await?;
    if asked.refresh_token.expose().is_empty() {
        return Err(Problem::invalid([needed("refresh_token", locale)]).into());
    }
    let params = params(&asked)?;
    Ok(refresh_token::exchange(&app, &context, &client, &params).await?)
}

/// The token request that says the same (RFC 6749, section 6).
fn params(asked: &Asked) -> Result<Params, Problem> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token");
    form.append_pair("refresh_token", asked.refresh_token.expose());
    if let Some(scope) = &asked.scope {
        form.append_pair("scope", scope);
    }
    Params::parse(form.finish().as_bytes()).map_err(|_| Problem::new(Kind::INVALID_REQUEST))
}
