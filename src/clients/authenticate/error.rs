//! What is answered to a client that could not be authenticated.

use axum::http::{HeaderValue, StatusCode};

/// `error` on the wire (RFC 6749, section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    InvalidClient,
    /// More than one method, or half of one.
    InvalidRequest,
}

/// The client's own fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: RefusalCode,
    /// `error_description`: ASCII without quotation mark and backslash.
    pub description: &'static str,
    /// Whether the client tried the Authorization header.
    pub basic_tried: bool,
}

impl Refusal {
    pub(super) fn invalid_client(description: &'static str, basic_tried: bool) -> Self {
        Self {
            code: RefusalCode::InvalidClient,
            description,
            basic_tried,
        }
    }

    pub(super) fn invalid_request(description: &'static str, basic_tried: bool) -> Self {
        Self {
            code: RefusalCode::InvalidRequest,
            description,
            basic_tried,
        }
    }

    /// For an endpoint that public clients may not use: none of them is authenticated.
    pub fn unauthenticated(description: &'static str) -> Self {
        Self::invalid_client(description, false)
    }

    /// The `error` member.
    pub fn error(&self) -> &'static str {
        match self.code {
            RefusalCode::InvalidClient => "invalid_client",
            RefusalCode::InvalidRequest => "invalid_request",
        }
    }

    /// The status: 401 for `invalid_client`, 400 for `invalid_request`.
    pub fn status(&self) -> StatusCode {
        match self.code {
            RefusalCode::InvalidClient => StatusCode::UNAUTHORIZED,
            RefusalCode::InvalidRequest => StatusCode::BAD_REQUEST,
        }
    }

    /// `WWW-Authenticate` of the 401: required where the client tried the Authorization header.
    pub fn www_authenticate(&self) -> Option<HeaderValue> {
        (self.basic_tried && self.code == RefusalCode::InvalidClient)
            .then(|| HeaderValue::from_static("Basic realm=\"OAuth client\", charset=\"UTF-8\""))
    }
}

/// Why a client is not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum ClientAuthError {
    /// The answer to the client.
    #[error("{}: {}", .0.error(), .0.description)]
    Refused(Refusal),
    /// The server's own failure: nothing is known about the client.
    #[error("clients cannot be looked up")]
    Unavailable(#[from] sqlx::Error),
}

impl From<Refusal> for ClientAuthError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
