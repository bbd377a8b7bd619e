//! Refusals, and how they look on the wire (RFC 6750 §3).

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::require::Requirement;

/// Why a request was refused. As a response: the status, `WWW-Authenticate` and a JSON body
/// `{"status", "error", "error_description"}`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Rejection {
    reason: Reason,
    realm: Arc<str>,
}

/// The reason of a [`Rejection`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// 401 without an error code: the request carries no Bearer token.
    #[error("a Bearer access token is required")]
    MissingToken,
    /// 400 `invalid_request`: the request says twice or unreadably who it is.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// 401 `invalid_token`.
    #[error("{0}")]
    InvalidToken(InvalidToken),
    /// 403 `insufficient_scope`: the token is good, but does not allow this.
    #[error("the access token lacks {0}")]
    Insufficient(Requirement),
    /// 503: the issuer's keys cannot be had, so that nothing can be said about the token.
    #[error("access tokens cannot be checked at the moment")]
    Unavailable,
    /// 500: a handler asks for the token on a route without a guard layer. A mistake in the
    /// service, answered so that the route is not open by accident.
    #[error("the route is not guarded")]
    Unguarded,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidToken {
    /// Longer than any honest token.
    #[error("the access token is too long")]
    TooLong,
    /// Not a JWT, an unknown algorithm such as `none`, or without a required claim.
    #[error("the access token is malformed")]
    Malformed,
    /// The header's `typ` is not `at+jwt`: an ID token, for example.
    #[error("the token is not an access token")]
    Type,
    /// The header has critical extensions.
    #[error("the access token has critical extensions")]
    Critical,
    /// The algorithm is not on the allow-list, or not the key's.
    #[error("the signature algorithm is not accepted")]
    Algorithm,
    /// The issuer has no such key: never had, or withdrew it.
    #[error("the signing key is unknown")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// From another issuer.
    #[error("the access token is from another issuer")]
    Issuer,
    /// For another API.
    #[error("the access token is for another audience")]
    Audience,
    /// Expired.
    #[error("the access token expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("the access token is not valid yet")]
    NotYetValid,
    /// Bound to a key (DPoP or mTLS), but sent as a bearer token.
    #[error("the access token is bound to a key and cannot be used as a Bearer token")]
    SenderConstrained,
}

impl Rejection {
    pub(crate) fn new(reason: Reason, realm: Arc<str>) -> Self {
        Self { reason, realm }
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        match self.reason {
            Reason::MissingToken | Reason::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Reason::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Reason::Insufficient(_) => StatusCode::FORBIDDEN,
            Reason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Reason::Unguarded => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error code, where there is one (RFC 6750 §3.1: none when no token was sent).
    pub fn error(&self) -> Option<&'static str> {
        match self.reason {
            Reason::MissingToken => None,
            Reason::InvalidRequest(_) => Some("invalid_request"),
            Reason::InvalidToken(_) => Some("invalid_token"),
            Reason::Insufficient(_) => Some("insufficient_scope"),
            Reason::Unavailable => Some("temporarily_unavailable"),
            Reason::Unguarded => Some("server_error"),
        }
    }

    /// The value of `WWW-Authenticate`, for the statuses that have one.
    fn challenge(&self) -> Option<HeaderValue> {
        let mut challenge = format!("Bearer realm=\"{}\"", self.realm);
        match &self.reason {
            Reason::Unavailable | Reason::Unguarded => return None,
            Reason::MissingToken => {}
            Reason::InvalidRequest(_) | Reason::InvalidToken(_) | Reason::Insufficient(_) => {
                let error = self.error().unwrap_or_default();
                let description = quotable(&self.reason.to_string());
                // Writing to a String cannot fail.
                let _ = write!(
                    challenge,
                    ", error=\"{error}\", error_description=\"{description}\""
                );
            }
        }
        if let Reason::Insufficient(requirement) = &self.reason {
            let scopes = quotable(&requirement.scopes().join(" "));
            if !scopes.is_empty() {
                let _ = write!(challenge, ", scope=\"{scopes}\"");
            }
        }
        HeaderValue::from_str(&challenge).ok()
    }
}

/// Only the characters that `error_description` and `scope` may have (RFC 6750 §3).
fn quotable(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'))
        .collect()
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut body = serde_json::json!({
            "status": status.as_u16(),
            "error_description": self.reason.to_string(),
        });
        if let (Some(error), Some(body)) = (self.error(), body.as_object_mut()) {
            body.insert("error".to_owned(), error.into());
        }
        let mut response = (status, Json(body)).into_response();
        if let Some(challenge) = self.challenge() {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
