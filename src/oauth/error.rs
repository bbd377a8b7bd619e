//! The only mapping to OAuth errors on the wire. What happened inside stays in the log; the client
//! sees what the RFC allows.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::clients::authenticate::{ClientAuthError, Refusal as ClientRefusal};
use crate::foundation::outage::is_out_of_reach;
use crate::http::form::ParamsError;
use crate::keys::KeysError;

/// An error code, by the document that defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    // RFC 6749, sections 4.1.2.1 and 5.2
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    InvalidScope,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
    // RFC 6750, section 3.1
    InvalidToken,
    InsufficientScope,
    // RFC 7009, section 2.2.1
    UnsupportedTokenType,
    // RFC 8707, section 2
    InvalidTarget,
    // OpenID Connect Core 1.0, section 3.1.2.6
    InteractionRequired,
    LoginRequired,
    AccountSelectionRequired,
    ConsentRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
    UnmetAuthenticationRequirements,
}

impl ErrorCode {
    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidTarget => "invalid_target",
            Self::InteractionRequired => "interaction_required",
            Self::LoginRequired => "login_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
        }
    }
}

/// A refusal that the client is told: a protocol outcome, not a failure of the machinery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    pub code: ErrorCode,
    pub description: Cow<'static, str>,
}

impl OAuthError {
    /// `description` is cut to what RFC 6749, section 5.2, allows: printable ASCII without `"` and
    /// `\`.
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        let description = if description.chars().all(allowed) {
            description
        } else {
            Cow::Owned(
                description
                    .chars()
                    .map(|c| if allowed(c) { c } else { '?' })
                    .collect::<String>(),
            )
        };
        Self { code, description }
    }
}

impl From<ParamsError> for OAuthError {
    fn from(error: ParamsError) -> Self {
        Self::new(ErrorCode::InvalidRequest, error.description())
    }
}

/// An answer of an endpoint that speaks JSON (token, introspection, revocation): a refusal with its
/// status, or a failure of the machinery.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// RFC 6749, section 5.2: 400 unless said otherwise.
    #[error("refused: {0:?}")]
    Refused(OAuthError),
    /// The parameters could not be read.
    #[error("unreadable: {0:?}")]
    Unreadable(ParamsError),
    /// Client authentication failed: 401, with `WWW-Authenticate` when Basic was tried.
    #[error("client refused: {0:?}")]
    Client(ClientRefusal),
    /// Too busy: 503 with `Retry-After`.
    #[error("temporarily unavailable")]
    Unavailable,
    /// The machinery failed: the client learns nothing, the log all.
    #[error("internal error: {0}")]
    Internal(#[from] Box<dyn std::error::Error + Send + Sync>),
}

impl EndpointError {
    /// A refusal with a code.
    pub fn refused(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(OAuthError::new(code, description))
    }

    /// Wraps a failure.
    pub fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<OAuthError> for EndpointError {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for EndpointError {
    fn from(error: sqlx::Error) -> Self {
        if !is_out_of_reach(&error) {
            return Self::internal(error);
        }
        tracing::warn!(%error, "a request had no database");
        Self::Unavailable
    }
}

impl From<KeysError> for EndpointError {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Busy => Self::Unavailable,
            KeysError::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<ClientAuthError> for EndpointError {
    fn from(error: ClientAuthError) -> Self {
        match error {
            ClientAuthError::Refused(refusal) => Self::Client(refusal),
            ClientAuthError::Unavailable(error) => error.into(),
        }
    }
}

impl From<ParamsError> for EndpointError {
    fn from(error: ParamsError) -> Self {
        Self::Unreadable(error)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    error_description: &'a str,
}

impl IntoResponse for EndpointError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(error) => {
                tracing::info!(code = error.code.as_str(), why = %error.description, "refused");
                json(
                    StatusCode::BAD_REQUEST,
                    error.code.as_str(),
                    &error.description,
                )
            }
            Self::Unreadable(error) => json(error.status(), "invalid_request", error.description()),
            Self::Client(refusal) => {
                tracing::info!(why = %refusal.description, "client authentication failed");
                let mut response = json(refusal.status(), refusal.error(), refusal.description);
                if let Some(challenge) = refusal.www_authenticate() {
                    response
                        .headers_mut()
                        .insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
            Self::Unavailable => {
                let mut response = json(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "temporarily_unavailable",
                    "try again shortly",
                );
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            Self::Internal(error) => {
                tracing::error!(%error, "request failed inside");
                json(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    "the server met an unexpected condition",
                )
            }
        }
    }
}

/// An error body.
pub fn json(status: StatusCode, code: &str, description: &str) -> Response {
    let body = Body {
        error: code,
        error_description: description,
    };
    (
        status,
        [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        Json(body),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_what_rfc_6749_allows() {
        let error = OAuthError::new(ErrorCode::InvalidRequest, "a\"b\\c\u{e9}\n");
        assert_eq!(error.description, "a?b?c??");
    }
}
