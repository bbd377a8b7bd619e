//! What every handler of the JSON API under `/api/auth` shares.
//!
//! A handler takes [`Caller`] (who is signed in), [`Language`], [`PathId`], [`Query`] and, last,
//! [`Body`], and returns `Result<_, ApiFault>`. A refusal is `Err(Problem::new(Kind::…).into())`,
//! invalid input `Err(Problem::invalid([FieldError::new(…)]).into())`. [`in_problems`] stands around
//! all of them and writes every error as RFC 9457 says, in the caller's language.

mod answer;
mod body;
mod caller;
mod collect;
mod fault;
mod language;
mod members;
mod query;

pub use answer::in_problems;
pub use body::Body;
pub use caller::Caller;
pub use fault::ApiFault;
pub use language::Language;
pub use members::Members;
pub use query::{PathId, Query};

pub use crate::http::problem::{FieldError, Kind, Problem};

/// Where the API is, below the issuer.
pub const BASE_PATH: &str = "/api/auth";

/// The realm of its challenges (RFC 9110, section 11.5).
pub const REALM: &str = "api/auth";
