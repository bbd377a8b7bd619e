//! Dynamic client registration (RFC 7591) and its management (RFC 7592), OpenID Connect Dynamic
//! Client Registration 1.0.
//!
//! | call | handler |
//! |---|---|
//! | `POST /register` | [`register`] |
//! | `GET /register/{client_id}` | [`read`] |
//! | `PUT /register/{client_id}` | [`replace`] |
//! | `DELETE /register/{client_id}` | [`delete`] |
//!
//! Decisions: the registration access token stays the same for the life of the client. Secrets are
//! kept as hashes, so a client's secret is shown when it is made and never again: `read` answers
//! without `client_secret`. A `replace` keeps the secret, or makes one where the new authentication
//! method needs one and there was none.

mod bearer;
mod body;
mod create;
mod error;
mod limit;
mod manage;
mod respond;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use sqlx::PgPool;
use url::Url;

use super::cache::Clients;
use super::documents::Documents;
use crate::config::RegistrationMode;
use crate::foundation::clock::Clock;
use crate::http::context::RequestContext;

use limit::PerAddress;

pub use create::register;
pub use manage::{delete, read, replace};

/// What the registration endpoints stand on. The server's state gives it by `FromRef`.
#[derive(Clone, Debug)]
pub struct RegistrationState {
    pub pool: PgPool,
    pub clients: Arc<Clients>,
    pub documents: Documents,
    pub clock: Clock,
    /// The public URL of `POST /register`; `registration_client_uri` is made of it.
    pub registration_endpoint: Url,
    pub mode: RegistrationMode,
    /// Asked before an anonymous registration, in [`RegistrationMode::Open`].
    pub anonymous_limit: AnonymousLimit,
}

type Admission = Pin<Box<dyn Future<Output = Result<(), Duration>> + Send>>;

/// Decides whether a stranger may register now; a refusal says how long to wait.
#[derive(Clone)]
pub struct AnonymousLimit(Arc<dyn Fn(&Parts) -> Admission + Send + Sync>);

impl AnonymousLimit {
    /// Wraps a function from the request's head (address, headers) to the decision.
    pub fn new<F, R>(decide: F) -> Self
    where
        F: Fn(&Parts) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), Duration>> + Send + 'static,
    {
        Self(Arc::new(move |parts| Box::pin(decide(parts))))
    }

    /// At most `per_hour` registrations from one address; 0 for no limit.
    pub fn per_address(per_hour: u32) -> Self {
        let limit = Arc::new(PerAddress::new(per_hour));
        Self::new(move |parts: &Parts| {
            let asked = parts.extensions.get::<RequestContext>();
            let counted = asked.map_or(Ok(()), |asked| limit.count(asked.ip, asked.now));
            std::future::ready(counted)
        })
    }

    /// Lets everybody in: where a layer in front of the handler limits them.
    pub fn none() -> Self {
        Self::new(|_| std::future::ready(Ok(())))
    }

    fn ask(&self, parts: &Parts) -> Admission {
        (self.0)(parts)
    }
}

impl fmt::Debug for AnonymousLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnonymousLimit")
    }
}
