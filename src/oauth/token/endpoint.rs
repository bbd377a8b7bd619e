//! `POST /token`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{authorization_code, client_credentials, refresh_token};
use crate::app::App;
use crate::clients::authenticate::{Authenticated, PresentedCredentials};
use crate::clients::metadata::GrantType;
use crate::http::context::RequestContext;
use crate::http::form::{Form, Params};
use crate::oauth::error::{EndpointError, ErrorCode};

/// `POST /token`.
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let result = match form {
        Ok(params) => exchange(&app, &context, &headers, &params).await,
        Err(error) => Err(error.into()),
    };
    result.unwrap_or_else(IntoResponse::into_response)
}

async fn exchange(
    app: &App,
    context: &RequestContext,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, EndpointError> {
    let client = authenticate(app, context, headers, params).await?.client;
    let grant_type = params.get("grant_type").ok_or_else(|| {
        EndpointError::refused(
            ErrorCode::InvalidRequest,
            "the grant_type parameter is missing",
        )
    })?;
    let registered = match grant_type {
        "authorization_code" => GrantType::AuthorizationCode,
        "refresh_token" => GrantType::RefreshToken,
        "client_credentials" => GrantType::ClientCredentials,
        _ => {
            let description = "the grant_type is not supported";
            return Err(EndpointError::refused(
                ErrorCode::UnsupportedGrantType,
                description,
            ));
        }
    };
    if !client.metadata.allows_grant(registered) {
        let description = "the client is not registered for this grant_type";
        return Err(EndpointError::refused(
            ErrorCode::UnauthorizedClient,
            description,
        ));
    }
    match registered {
        GrantType::AuthorizationCode => {
            authorization_code::exchange(app, context, &client, params).await
        }
        GrantType::RefreshToken => refresh_token::exchange(app, context, &client, params).await,
        GrantType::ClientCredentials => {
            client_credentials::exchange(app, context, &client, params).await
        }
    }
}

/// Authenticates the client of a form request (RFC 6749, section 2.3). Refuses a repeated parameter
/// first (section 3.2): it could carry two identities.
///
/// # Errors
/// `invalid_client`, `invalid_request`, or a failure.
pub async fn authenticate(
    app: &App,
    context: &RequestContext,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Authenticated, EndpointError> {
    if params.repeated().is_some() {
        let description = "a parameter was sent more than once";
        return Err(EndpointError::refused(
            ErrorCode::InvalidRequest,
            description,
        ));
    }
    let secret = params.secret("client_secret");
    let presented = PresentedCredentials {
        client_id: params.get("client_id"),
        client_secret: secret.as_ref(),
        client_assertion_type: params.get("client_assertion_type"),
        client_assertion: params.get("client_assertion"),
        ..PresentedCredentials::from_headers(headers)
    };
    Ok(app
        .authenticator
        .authenticate(&presented, context.now)
        .await?)
}
