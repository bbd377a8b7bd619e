//! Why something that a person without a session asked for was not done: told by a page or as a
//! problem of the JSON API.

use axum::http::StatusCode;

use super::json::{ApiFault, Kind, Problem};
use super::mailed_token::Found;
use crate::app::Fault;
use crate::authn::password::PasswordError;
use crate::http::problem::FieldError;
use crate::i18n::{Locale, t};
use crate::mail::MailError;
use crate::pages::{ErrorMessage, FormProblems};

/// After how many seconds to come again where too many passwords wait to be hashed.
const BUSY: u64 = 5;

/// Why it was not done.
#[derive(Debug)]
pub enum Refusal {
    /// Nobody may create an account here.
    Closed,
    /// What was entered is not right; in the language that was asked for.
    Invalid(Vec<FieldError>),
    /// Too many attempts.
    Wait {
        seconds: u32,
    },
    /// Too many passwords wait to be hashed.
    Busy,
    /// Another account has the address by now.
    Taken,
    /// The mailed link is not good, and what became of it.
    Link(Found),
    /// The session, or the grant, in which it was asked for has just ended.
    Ended,
    /// The machinery failed.
    Database(sqlx::Error),
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl Refusal {
    /// What stands over the form.
    ///
    /// # Errors
    /// Where it is a page of its own.
    pub fn on_form(self, locale: Locale) -> Result<FormProblems, Fault> {
        match self {
            Self::Invalid(errors) => {
                let mut problems = FormProblems::default();
                for error in errors {
                    problems.push(Some(&error.field), error.detail);
                }
                Ok(problems)
            }
            Self::Wait { seconds } => Ok(FormProblems::wait(locale, seconds.into())),
            Self::Busy => Ok(FormProblems::busy(locale)),
            Self::Taken => {
                let mut problems = FormProblems::default();
                problems.push(None, t(locale, "email-taken"));
                Ok(problems)
            }
            Self::Closed => Err(Fault::told(
                StatusCode::FORBIDDEN,
                "registration_closed",
                ErrorMessage::RegistrationClosed,
            )),
            // Handlers show the page of the link instead.
            Self::Link(_) => Err(Fault::told(
                StatusCode::BAD_REQUEST,
                "invalid_link",
                ErrorMessage::BadRequest,
            )),
            Self::Ended => Err(Fault::ended()),
            Self::Database(error) => Err(error.into()),
            Self::Failed(error) => Err(Fault::Internal(error)),
        }
    }
}

impl From<Refusal> for ApiFault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Problem::new(Kind::REGISTRATION_CLOSED).into(),
            Refusal::Invalid(errors) => Problem::invalid(errors).into(),
            Refusal::Wait { seconds } => Problem::wait(seconds.into()).into(),
            Refusal::Busy => Self::busy(BUSY),
            Refusal::Taken => Problem::new(Kind::CONFLICT).into(),
            Refusal::Link(found) => Problem::new(Kind::INVALID_LINK)
                .with_member("reason", reason(&found))
                .into(),
            Refusal::Ended => Self::ended(),
            Refusal::Database(error) => error.into(),
            Refusal::Failed(error) => Self::Internal(error),
        }
    }
}

fn reason(found: &Found) -> &'static str {
    match found {
        Found::Used => "used",
        Found::Expired => "expired",
        Found::Withdrawn => "withdrawn",
        Found::Unknown | Found::Good { .. } => "unknown",
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<MailError> for Refusal {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Database(error) => Self::Database(error),
            error => Self::Failed(Box::new(error)),
        }
    }
}

impl From<PasswordError> for Refusal {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Overloaded => Self::Busy,
            error => Self::Failed(Box::new(error)),
        }
    }
}
