//! The checks of an authorization request, in order, as one list. Until client and redirect URI are
//! known to be good, an error is shown to the person and never redirected (RFC 6749, section
//! 4.1.2.1).

use std::sync::Arc;

use axum::http::StatusCode;
use time::OffsetDateTime;

use super::acr::AcrRequest;
use super::parameters::{claims, code_challenge, max_age, opaque, prompt, resource, wanted_sub};
use super::request::{AuthorizationRequest, ResponseMode, ReturnAddress};
use crate::app::{App, Fault};
use crate::clients::Client;
use crate::clients::metadata::GrantType;
use crate::http::form::Params;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::machine;
use crate::oauth::scope::{Scope, is_allowed};
use crate::pages::{ErrorMessage, ErrorPage};

/// Why a request is refused.
pub enum Refusal {
    /// The person is told; nothing is redirected.
    Page(Fault),
    /// The client is told, at its own address.
    Client(ReturnAddress, OAuthError),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Page(fault)
    }
}

/// Vets a request.
///
/// # Errors
/// The [`Refusal`].
pub async fn vet(
    app: &App,
    params: &Params,
    now: OffsetDateTime,
) -> Result<(Arc<Client>, AuthorizationRequest), Refusal> {
    let client = client(app, params).await?;
    let mut return_address = return_address(&client, params)?;
    let rest = match response_mode(params) {
        Ok(mode) => {
            return_address.response_mode = mode;
            state(params).map(|state| return_address.state = state)
        }
        Err(error) => {
            return_address.state = state(params).unwrap_or_default();
            Err(error)
        }
    };
    let vetted = match rest {
        Ok(()) => rest_of(app, &client, &return_address, params, now).await,
        Err(error) => Err(Outcome::Told(error)),
    };
    match vetted {
        Ok(request) => Ok((client, request)),
        Err(Outcome::Told(error)) => Err(Refusal::Client(return_address, error)),
        Err(Outcome::Failed(fault)) => Err(Refusal::Page(fault)),
    }
}

/// What one check found wrong.
pub(super) enum Outcome {
    Told(OAuthError),
    Failed(Fault),
}

impl From<OAuthError> for Outcome {
    fn from(error: OAuthError) -> Self {
        Self::Told(error)
    }
}

async fn rest_of(
    app: &App,
    client: &Client,
    return_address: &ReturnAddress,
    params: &Params,
    now: OffsetDateTime,
) -> Result<AuthorizationRequest, Outcome> {
    no_repetition(params)?;
    no_request_object(params)?;
    let allowed = allowed_scope(client);
    let scope = machine::authorization_request(&client.client_id, params, &allowed)?;
    may_use_code(client)?;
    let claims = claims(params)?;
    let request = AuthorizationRequest {
        client_id: client.client_id.clone(),
        return_address: return_address.clone(),
        resource: resource(app, params).await?,
        nonce: opaque(params, "nonce")?,
        code_challenge: code_challenge(client, params)?,
        prompt: prompt(params)?,
        max_age: max_age(client, params)?,
        acr: AcrRequest::of(
            claims.as_ref(),
            params.get("acr_values"),
            &client.metadata.default_acr_values,
        ),
        login_hint: params
            .get("login_hint")
            .map(|hint| hint.chars().take(320).collect()),
        wanted_sub: wanted_sub(app, client, claims.as_ref(), params, now).await?,
        ui_locales: params
            .get("ui_locales")
            .map(|tags| tags.chars().take(200).collect()),
        scope,
        claims,
    };
    Ok(request)
}

/// The client, if it is registered.
async fn client(app: &App, params: &Params) -> Result<Arc<Client>, Refusal> {
    let page = |message, detail| {
        let page =
            ErrorPage::new(StatusCode::BAD_REQUEST, "invalid_request", message).with_detail(detail);
        Refusal::Page(Fault::Told(Box::new(page)))
    };
    // Repeated, it could mean one client to us and another to whoever reads the log.
    if params.is_repeated("client_id") {
        return Err(page(ErrorMessage::BadRequest, "client_id was sent twice"));
    }
    let client_id = params
        .get("client_id")
        .ok_or_else(|| page(ErrorMessage::BadRequest, "client_id is missing"))?;
    let found = app.clients.get(client_id).await.map_err(Fault::from)?;
    found.ok_or_else(|| page(ErrorMessage::UnknownApp, "client_id is not registered"))
}

/// The registered address to answer to.
fn return_address(client: &Client, params: &Params) -> Result<ReturnAddress, Refusal> {
    let sent = params.get("redirect_uri");
    let repeated = params.is_repeated("redirect_uri");
    let found = if repeated {
        None
    } else {
        ReturnAddress::find(client, sent)
    };
    found.ok_or_else(|| {
        let status = StatusCode::BAD_REQUEST;
        let detail = match sent {
            _ if repeated => "redirect_uri was sent twice",
            None => "redirect_uri is missing",
            Some(_) => "redirect_uri is not one of those the client registered",
        };
        let page = ErrorPage::new(status, "invalid_request", ErrorMessage::BadReturnAddress)
            .with_detail(detail);
        Refusal::Page(Fault::Told(Box::new(page)))
    })
}

fn response_mode(params: &Params) -> Result<ResponseMode, OAuthError> {
    let refused = || {
        OAuthError::new(
            ErrorCode::InvalidRequest,
            "the response_mode is not supported",
        )
    };
    params
        .get("response_mode")
        .map_or(Ok(ResponseMode::default()), |mode| {
            ResponseMode::parse(mode).ok_or_else(refused)
        })
}

fn state(params: &Params) -> Result<Option<String>, OAuthError> {
    opaque(params, "state")
}

/// RFC 6749, section 3.1: parameters must not be included more than once.
fn no_repetition(params: &Params) -> Result<(), OAuthError> {
    match params.repeated() {
        Some(_) => Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "a parameter was sent more than once",
        )),
        None => Ok(()),
    }
}

/// OpenID Connect Core 1.0, section 3.1.2.6: what is not supported is said, not ignored.
fn no_request_object(params: &Params) -> Result<(), OAuthError> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() {
            return Err(OAuthError::new(
                code,
                format!("the {name} parameter is not supported"),
            ));
        }
    }
    Ok(())
}

/// What the client registered. `offline_access` only makes sense with refresh tokens (OpenID
/// Connect Core 1.0, section 11).
fn allowed_scope(client: &Client) -> Scope {
    let refreshes = client.metadata.allows_grant(GrantType::RefreshToken);
    client
        .metadata
        .scope
        .iter()
        .filter(|value| *value != "offline_access" || refreshes)
        .filter(|value| is_allowed(client, value))
        .map(str::to_owned)
        .collect()
}

fn may_use_code(client: &Client) -> Result<(), OAuthError> {
    if client.metadata.allows_grant(GrantType::AuthorizationCode) {
        return Ok(());
    }
    let description = "the client is not registered for the authorization code grant";
    Err(OAuthError::new(ErrorCode::UnauthorizedClient, description))
}
