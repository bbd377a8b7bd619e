//! The guard itself: one issuer, one audience.

use std::sync::Arc;
use std::time::SystemTime;

use axum::http::{Extensions, HeaderMap, Uri};

use crate::bearer;
use crate::builder::TokenGuardBuilder;
use crate::claims::Claims;
use crate::extract::{AccessToken, Visited};
use crate::keys::{KeyCache, NoKey};
use crate::layer::{GuardLayer, Presence};
use crate::rejection::{InvalidToken, Reason, Rejection};
use crate::require::{RequireLayer, Requirement};
use crate::validate::{self, Rules};

/// Tells the time.
pub(crate) type Now = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Validates the access tokens of one issuer for one audience. Cheap to clone; clones share the
/// issuer's keys. Needs a Tokio runtime.
#[derive(Clone)]
pub struct TokenGuard {
    inner: Arc<Inner>,
}

struct Inner {
    rules: Rules,
    realm: Arc<str>,
    keys: Arc<KeyCache>,
    now: Now,
}

impl std::fmt::Debug for TokenGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenGuard")
            .field("rules", &self.inner.rules)
            .finish_non_exhaustive()
    }
}

impl TokenGuard {
    /// Starts to build a guard that accepts tokens whose `iss` is `issuer`, byte for byte, and
    /// whose `aud` contains `audience`: this API's own identifier.
    pub fn builder(issuer: impl Into<String>, audience: impl Into<String>) -> TokenGuardBuilder {
        TokenGuardBuilder::new(issuer.into(), audience.into())
    }

    pub(crate) fn new(rules: Rules, realm: Arc<str>, keys: Arc<KeyCache>, now: Now) -> Self {
        Self {
            inner: Arc::new(Inner {
                rules,
                realm,
                keys,
                now,
            }),
        }
    }

    /// Validates a token that came by any way. Fetches the issuer's keys when needed.
    pub async fn validate(&self, token: &str) -> Result<Claims, Rejection> {
        self.check(token).await.map_err(|reason| {
            tracing::debug!(%reason, "access token refused");
            self.reject(reason)
        })
    }

    /// Fetches the issuer's keys if that was not done yet, so that the first request need not
    /// wait and a wrong configuration shows at start. Optional.
    pub async fn warm_up(&self) -> Result<(), Rejection> {
        self.inner
            .keys
            .warm_up()
            .await
            .map_err(|NoKey| self.reject(Reason::Unavailable))
    }

    /// A layer that answers 401 to requests without a good token.
    pub fn layer(&self) -> GuardLayer {
        GuardLayer::new(self.clone(), Presence::Required)
    }

    /// A layer that lets requests without a token through and answers 401 to those with a bad one.
    pub fn optional_layer(&self) -> GuardLayer {
        GuardLayer::new(self.clone(), Presence::Optional)
    }

    /// A layer that answers 403 to requests whose token does not meet the requirement.
    pub fn require(&self, requirement: Requirement) -> RequireLayer {
        RequireLayer::new(self.clone(), requirement)
    }

    /// A layer that demands a permission.
    pub fn require_permission(&self, permission: impl Into<String>) -> RequireLayer {
        self.require(Requirement::permission(permission))
    }

    /// A layer that demands a role.
    pub fn require_role(&self, role: impl Into<String>) -> RequireLayer {
        self.require(Requirement::role(role))
    }

    /// A layer that demands a scope.
    pub fn require_scope(&self, scope: impl Into<String>) -> RequireLayer {
        self.require(Requirement::scope(scope))
    }

    async fn check(&self, token: &str) -> Result<Claims, Reason> {
        let Inner {
            rules, keys, now, ..
        } = &*self.inner;
        // The claims first: an expired token, or another issuer's, must not cause a fetch by the
        // unknown key that signed it. They are returned only with a verified signature.
        let (signed_by, claims) =
            validate::read(token, rules, now()).map_err(Reason::InvalidToken)?;
        let found = keys
            .find(&signed_by.kid)
            .await
            .map_err(|NoKey| Reason::Unavailable)?;
        let key = found.ok_or(Reason::InvalidToken(InvalidToken::UnknownKey))?;
        let verifier = key
            .for_algorithm(signed_by.algorithm)
            .ok_or(Reason::InvalidToken(InvalidToken::Algorithm))?;
        let verified = token
            .rsplit_once('.')
            .is_some_and(|(message, signature)| verifier.verifies(message.as_bytes(), signature));
        if verified {
            Ok(claims)
        } else {
            Err(Reason::InvalidToken(InvalidToken::Signature))
        }
    }

    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<Option<AccessToken>, Rejection> {
        let Some(token) = bearer::token(headers, uri).map_err(|reason| self.reject(reason))? else {
            return Ok(None);
        };
        let claims = self.validate(token).await?;
        Ok(Some(AccessToken::new(claims, self.clone())))
    }

    pub(crate) fn mark(&self, extensions: &mut Extensions, token: Option<AccessToken>) {
        extensions.remove::<AccessToken>();
        extensions.insert(Visited(self.clone()));
        if let Some(token) = token {
            extensions.insert(token);
        }
    }

    pub(crate) fn reject(&self, reason: Reason) -> Rejection {
        Rejection::new(reason, Arc::clone(&self.inner.realm))
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}
