//! Validates the JWT access tokens (RFC 9068) of an OAuth 2 issuer in tower and axum services.
//!
//! A [`TokenGuard`] knows one issuer and one audience. It finds the issuer's keys by itself, keeps
//! them fresh, and judges tokens without asking the issuer again.
//!
//! ```no_run
//! use axum::{Router, routing::{get, post}};
//! use token_guard::{AccessToken, TokenGuard};
//!
//! # fn app() -> Result<Router, token_guard::BuildError> {
//! let guard = TokenGuard::builder("http://localhost:3001", "http://localhost:3004").build()?;
//! let app = Router::new()
//!     .route("/artists", post(create).layer(guard.require_permission("artists:write")))
//!     .route("/me", get(me))
//!     .layer(guard.layer()); // 401 without a good token
//! # Ok(app)
//! # }
//!
//! async fn create() -> &'static str { "created" }
//! async fn me(token: AccessToken) -> String { token.sub.clone() }
//! ```
//!
//! What is refused, and how, is written in [`Rejection`].

mod algorithm;
mod bearer;
mod builder;
mod claims;
mod extract;
mod guard;
mod keys;
mod layer;
mod rejection;
mod require;
mod validate;

pub use algorithm::Algorithm;
pub use builder::{BuildError, TokenGuardBuilder};
pub use claims::Claims;
pub use extract::AccessToken;
pub use guard::TokenGuard;
pub use layer::{GuardLayer, Guarded};
pub use rejection::{InvalidToken, Reason, Rejection};
pub use require::{RequireLayer, Required, Requirement};
