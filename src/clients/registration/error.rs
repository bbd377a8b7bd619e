//! Refusals of the registration endpoints, as JSON (RFC 7591, section 3.2.2; RFC 6750, section 3).

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::respond::never_stored;
use crate::clients::validation::MetadataError;
use crate::foundation::outage::is_out_of_reach;

/// Why a registration request is refused.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error("the body is not application/json")]
    NotJson,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body took too long")]
    TooSlow,
    #[error("the body is not a JSON object")]
    Malformed,
    /// No token where one is needed.
    #[error("no bearer token")]
    NoToken,
    /// A token that is wrong here. Also where there is no such client: the answer must not tell
    /// which clients exist (RFC 7592, section 2).
    #[error("the bearer token is not valid here")]
    WrongToken,
    #[error("registration is closed")]
    Closed,
    /// Too many registrations; wait that long.
    #[error("too many registrations")]
    TooMany(Duration),
    /// The server's own failure.
    #[error("the database failed")]
    Unavailable(#[from] sqlx::Error),
}

impl RegistrationError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Metadata(_) | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoToken | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::Closed => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(error) if is_out_of_reach(error) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unavailable(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Metadata(error) => error.code().as_str(),
            Self::NotJson | Self::TooLarge | Self::TooSlow | Self::Malformed => {
                "invalid_client_metadata"
            }
            Self::NoToken | Self::WrongToken => "invalid_token",
            Self::Closed => "access_denied",
            Self::TooMany(_) => "temporarily_unavailable",
            Self::Unavailable(error) if is_out_of_reach(error) => "temporarily_unavailable",
            Self::Unavailable(_) => "server_error",
        }
    }

    fn description(&self) -> String {
        match self {
            Self::Metadata(error) => error.description().to_owned(),
            Self::Unavailable(_) => "the server failed, try again later".to_owned(),
            other => other.to_string(),
        }
    }
}

impl IntoResponse for RegistrationError {
    fn into_response(self) -> Response {
        if let Self::Unavailable(error) = &self {
            tracing::error!(%error, "a registration request failed");
        }
        let body = json!({"error": self.code(), "error_description": self.description()});
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        match self {
            // RFC 6750, section 3.1: no error code where no token was sent.
            Self::NoToken => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::WrongToken => {
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            Self::TooMany(wait) => {
                headers.insert(
                    header::RETRY_AFTER,
                    HeaderValue::from(wait.as_secs().max(1)),
                );
            }
            Self::Unavailable(error) if is_out_of_reach(&error) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        never_stored(response)
    }
}
