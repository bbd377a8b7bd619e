//! Why a call of the JSON API is not answered as hoped.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Kind, Problem, REALM};
use crate::authn::factors::FactorError;
use crate::authn::password::PasswordError;
use crate::authn::sign_in::SignInError;
use crate::foundation::outage::is_out_of_reach;
use crate::keys::KeysError;
use crate::mail::MailError;
use crate::oauth::bearer::Denied;
use crate::oauth::error::{EndpointError, ErrorCode};

/// After how many seconds to come again where too many passwords wait to be hashed.
const BUSY: u64 = 5;

/// Why a call is not answered as hoped.
#[derive(Debug)]
pub enum ApiFault {
    /// The caller is told what is wrong.
    Told(Box<Problem>),
    /// The machinery failed: the caller learns the request id, the log the rest.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl ApiFault {
    /// Wraps a failure.
    pub fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }

    /// Too busy: come again after so many seconds.
    pub fn busy(seconds: u64) -> Self {
        Problem::new(Kind::TEMPORARILY_UNAVAILABLE)
            .retry_after(seconds)
            .into()
    }

    /// What the token stands on has just ended (RFC 6750, section 3.1).
    pub fn ended() -> Self {
        Denied::Token("the session has ended").into()
    }

    /// A 401 that is no matter of the token: the API still says what it takes (RFC 9110,
    /// section 15.5.2).
    pub fn unauthorized(kind: Kind) -> Self {
        Problem::new(kind)
            .with_header(
                header::WWW_AUTHENTICATE,
                &format!(r#"Bearer realm="{REALM}""#),
            )
            .into()
    }
}

impl From<Problem> for ApiFault {
    fn from(problem: Problem) -> Self {
        Self::Told(Box::new(problem))
    }
}

impl From<sqlx::Error> for ApiFault {
    fn from(error: sqlx::Error) -> Self {
        if !is_out_of_reach(&error) {
            return Self::internal(error);
        }
        tracing::warn!(%error, "a call had no database");
        Self::busy(1)
    }
}

impl From<KeysError> for ApiFault {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Busy => Self::busy(1),
            KeysError::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<MailError> for ApiFault {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<FactorError> for ApiFault {
    fn from(error: FactorError) -> Self {
        match error {
            FactorError::Database(error) => error.into(),
            FactorError::Ended => Self::ended(),
            error => Self::internal(error),
        }
    }
}

impl From<PasswordError> for ApiFault {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => Self::busy(BUSY),
            error => Self::internal(error),
        }
    }
}

impl From<SignInError> for ApiFault {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Password(error) => error.into(),
            SignInError::Database(error) => error.into(),
            SignInError::Mail(error) => error.into(),
            SignInError::Factor(error) => error.into(),
            SignInError::Outdated => Self::unauthorized(Kind::INVALID_CREDENTIALS),
        }
    }
}

impl From<EndpointError> for ApiFault {
    /// What the token endpoint would say.
    fn from(error: EndpointError) -> Self {
        let kind = match error {
            EndpointError::Refused(refused) => {
                tracing::info!(code = refused.code.as_str(), why = %refused.description, "refused");
                match refused.code {
                    ErrorCode::InvalidGrant => Kind::INVALID_GRANT,
                    ErrorCode::InvalidScope => Kind::INVALID_SCOPE,
                    ErrorCode::UnauthorizedClient => Kind::UNAUTHORIZED_CLIENT,
                    _ => Kind::INVALID_REQUEST,
                }
            }
            EndpointError::Unreadable(_) => Kind::INVALID_REQUEST,
            EndpointError::Client(refusal) => {
                tracing::info!(why = %refusal.description, "client authentication failed");
                if refusal.status() == StatusCode::BAD_REQUEST {
                    Kind::INVALID_REQUEST
                } else {
                    let challenge = r#"Basic realm="OAuth client", charset="UTF-8""#;
                    return Problem::new(Kind::INVALID_CLIENT)
                        .with_header(header::WWW_AUTHENTICATE, challenge)
                        .into();
                }
            }
            EndpointError::Unavailable => return Self::busy(1),
            EndpointError::Internal(error) => return Self::Internal(error),
        };
        Problem::new(kind).into()
    }
}

impl From<Denied> for ApiFault {
    fn from(denied: Denied) -> Self {
        let challenge = denied.challenge(REALM).unwrap_or_default();
        let kind = match denied {
            Denied::Absent | Denied::Token(_) => Kind::INVALID_TOKEN,
            Denied::Request(_) => Kind::INVALID_REQUEST,
            Denied::Scope(_) => Kind::INSUFFICIENT_SCOPE,
            Denied::Internal(error) => return error.into(),
        };
        Problem::new(kind)
            .with_header(header::WWW_AUTHENTICATE, &challenge)
            .into()
    }
}

impl IntoResponse for ApiFault {
    /// [`super::in_problems`] adds the body: it knows the language, the request and the issuer.
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Told(problem) => *problem,
            Self::Internal(error) => {
                tracing::error!(%error, "a call failed inside");
                Problem::new(Kind::SERVER_ERROR)
            }
        };
        let mut response = problem.kind.status.into_response();
        response.extensions_mut().insert(problem);
        response
    }
}
