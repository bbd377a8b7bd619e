//! What a route demands of a token beyond its being good.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use crate::claims::Claims;
use crate::extract::AccessToken;
use crate::guard::TokenGuard;
use crate::rejection::Reason;

/// A demand on a token's scopes, roles and permissions.
///
/// ```
/// use token_guard::Requirement;
///
/// let either = Requirement::permission("artists:write").or(Requirement::role("admin"));
/// let both = Requirement::scope("artists").and(either);
/// assert_eq!(
///     both.to_string(),
///     "the scope artists and (the permission artists:write or the role admin)"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// The token has this scope.
    Scope(String),
    /// The user has this role.
    Role(String),
    /// The user has this permission.
    Permission(String),
    /// All of these are met; true if there are none.
    All(Vec<Requirement>),
    /// At least one of these is met; false if there are none.
    Any(Vec<Requirement>),
}

impl Requirement {
    /// Demands a scope.
    pub fn scope(scope: impl Into<String>) -> Self {
        Self::Scope(scope.into())
    }

    /// Demands a role.
    pub fn role(role: impl Into<String>) -> Self {
        Self::Role(role.into())
    }

    /// Demands a permission.
    pub fn permission(permission: impl Into<String>) -> Self {
        Self::Permission(permission.into())
    }

    /// Demands both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            one => Self::All(vec![one, other]),
        }
    }

    /// Demands one of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            one => Self::Any(vec![one, other]),
        }
    }

    /// Whether these claims meet the demand.
    pub fn is_met_by(&self, claims: &Claims) -> bool {
        match self {
            Self::Scope(scope) => claims.has_scope(scope),
            Self::Role(role) => claims.has_role(role),
            Self::Permission(permission) => claims.has_permission(permission),
            Self::All(all) => all.iter().all(|one| one.is_met_by(claims)),
            Self::Any(any) => any.iter().any(|one| one.is_met_by(claims)),
        }
    }

    /// All scopes named, for the `scope` attribute of the challenge. Roles and permissions are no
    /// scopes: a client could not ask for them.
    pub(crate) fn scopes(&self) -> Vec<&str> {
        match self {
            Self::Scope(scope) => vec![scope],
            Self::Role(_) | Self::Permission(_) => Vec::new(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::scopes).collect(),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::Scope(scope) => return write!(f, "the scope {scope}"),
            Self::Role(role) => return write!(f, "the role {role}"),
            Self::Permission(permission) => return write!(f, "the permission {permission}"),
            Self::All(parts) => (parts, "and"),
            Self::Any(parts) => (parts, "or"),
        };
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                write!(f, " {word} ")?;
            }
            match part {
                Self::All(_) | Self::Any(_) => write!(f, "({part})")?,
                one => write!(f, "{one}")?,
            }
        }
        Ok(())
    }
}

/// Refuses requests whose token does not meet a [`Requirement`]. Made by
/// [`TokenGuard::require`] and its shorthands.
///
/// Below [`TokenGuard::layer`] it uses the token that was validated there; elsewhere it validates
/// the token itself, so that it never lets a request through by its position.
#[derive(Clone, Debug)]
pub struct RequireLayer {
    guard: TokenGuard,
    requirement: Requirement,
}

impl RequireLayer {
    pub(crate) fn new(guard: TokenGuard, requirement: Requirement) -> Self {
        Self { guard, requirement }
    }
}

impl<S> Layer<S> for RequireLayer {
    type Service = Required<S>;

    fn layer(&self, inner: S) -> Required<S> {
        Required {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of a [`RequireLayer`].
#[derive(Clone, Debug)]
pub struct Required<S> {
    inner: S,
    layer: RequireLayer,
}

impl<S, B> Service<Request<B>> for Required<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The clone has not been polled ready; the original has.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let RequireLayer { guard, requirement } = self.layer.clone();
        Box::pin(async move {
            let validated = request
                .extensions()
                .get::<AccessToken>()
                .filter(|token| token.is_from(&guard));
            if let Some(token) = validated {
                if let Err(rejection) = token.require(&requirement) {
                    return Ok(rejection.into_response());
                }
            } else {
                let (headers, uri) = (request.headers().clone(), request.uri().clone());
                let token = match guard.authenticate(&headers, &uri).await {
                    Ok(Some(token)) => token,
                    Ok(None) => return Ok(guard.reject(Reason::MissingToken).into_response()),
                    Err(rejection) => return Ok(rejection.into_response()),
                };
                if let Err(rejection) = token.require(&requirement) {
                    return Ok(rejection.into_response());
                }
                guard.mark(request.extensions_mut(), Some(token));
            }
            inner.call(request).await.map(IntoResponse::into_response)
        })
    }
}
