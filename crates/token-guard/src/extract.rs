//! The axum extractors.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;

use crate::claims::Claims;
use crate::guard::TokenGuard;
use crate::rejection::{Reason, Rejection};
use crate::require::Requirement;

/// The validated access token of a request, as an axum extractor. Reads like its [`Claims`].
///
/// `AccessToken` refuses a request without a token; `Option<AccessToken>` is `None` then. Both
/// need a guard layer around the route and answer 500 without one.
#[derive(Clone, Debug)]
pub struct AccessToken {
    claims: Arc<Claims>,
    guard: TokenGuard,
}

/// Left in the request's extensions by a layer, so that "no token" and "no guard" differ.
#[derive(Clone, Debug)]
pub(crate) struct Visited(pub(crate) TokenGuard);

impl AccessToken {
    pub(crate) fn new(claims: Claims, guard: TokenGuard) -> Self {
        Self {
            claims: Arc::new(claims),
            guard,
        }
    }

    pub(crate) fn is_from(&self, guard: &TokenGuard) -> bool {
        self.guard.is_same(guard)
    }

    /// The claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Demands something of the token in the midst of a handler, when what is demanded is known
    /// only there: `token.require(&Requirement::permission(name))?`.
    pub fn require(&self, requirement: &Requirement) -> Result<(), Rejection> {
        if requirement.is_met_by(&self.claims) {
            return Ok(());
        }
        tracing::debug!(sub = %self.claims.sub, %requirement, "access token is insufficient");
        Err(self.guard.reject(Reason::Insufficient(requirement.clone())))
    }
}

impl Deref for AccessToken {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.claims
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Rejection> {
        let Visited(guard) = visited(parts)?;
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| guard.reject(Reason::MissingToken))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for AccessToken {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Rejection> {
        visited(parts)?;
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

fn visited(parts: &Parts) -> Result<&Visited, Rejection> {
    parts.extensions.get::<Visited>().ok_or_else(|| {
        tracing::error!(
            path = parts.uri.path(),
            "a handler wants an access token on a route that no guard layer covers"
        );
        Rejection::new(Reason::Unguarded, Arc::from(""))
    })
}
