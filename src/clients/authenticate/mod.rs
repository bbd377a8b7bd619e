//! Client authentication (RFC 6749, section 2.3; OpenID Connect Core 1.0, section 9).
//!
//! A request uses exactly one method, and it is the one that the client registered: a secret that
//! was issued for the header is not taken from the body. Secrets are checked from memory; only
//! `private_key_jwt` asks the database, to accept an assertion once.

mod assertion;
mod basic;
mod error;
mod keys;
mod presented;

use std::sync::{Arc, LazyLock};

use sqlx::PgPool;
use time::OffsetDateTime;

use super::cache::Clients;
use super::documents::Documents;
use super::metadata::TokenEndpointAuthMethod;
use super::model::Client;
use super::store;
use crate::foundation::secret::{Secret, SecretHash};

pub use assertion::ASSERTION_TYPE;
pub use error::{ClientAuthError, Refusal, RefusalCode};
pub use presented::PresentedCredentials;

use assertion::Assertion;
use keys::ClientKeys;
use presented::Credentials;

/// A client that proved who it is, or a public one that said so.
#[derive(Clone, Debug)]
pub struct Authenticated {
    pub client: Arc<Client>,
    /// The method that was used, which is the registered one.
    pub method: TokenEndpointAuthMethod,
}

/// Authenticates clients.
#[derive(Debug)]
pub struct Authenticator {
    clients: Arc<Clients>,
    keys: ClientKeys,
    pool: PgPool,
    /// What an assertion's `aud` may be: the issuer, or the token endpoint's URL.
    audiences: [String; 2],
}

impl Authenticator {
    /// An authenticator of this server's clients. `issuer` and `token_endpoint` are the URLs of
    /// the metadata document, byte for byte.
    pub fn new(
        clients: Arc<Clients>,
        pool: PgPool,
        documents: Documents,
        issuer: String,
        token_endpoint: String,
    ) -> Self {
        let keys = ClientKeys::new(documents);
        Self {
            clients,
            keys,
            pool,
            audiences: [issuer, token_endpoint],
        }
    }

    /// Authenticates the client of a request. An assertion is spent by this call.
    ///
    /// # Errors
    /// [`ClientAuthError::Refused`] is the client's answer, [`ClientAuthError::Unavailable`] the
    /// server's own failure.
    pub async fn authenticate(
        &self,
        presented: &PresentedCredentials<'_>,
        now: OffsetDateTime,
    ) -> Result<Authenticated, ClientAuthError> {
        let credentials = presented.credentials()?;
        let client = match &credentials {
            Credentials::Public { client_id } => {
                let client = self.clients.get(client_id).await?;
                with_method(client, TokenEndpointAuthMethod::None)
            }
            Credentials::Secret {
                client_id,
                secret,
                method,
            } => {
                let client = self.clients.get(client_id).await?;
                let known = matches_secret(client.as_deref(), secret);
                with_method(client.filter(|_| known), *method)
            }
            Credentials::Assertion { client_id, jwt } => {
                self.by_assertion(*client_id, jwt, now).await?
            }
        };
        let method = credentials.method();
        client
            .map(|client| Authenticated { client, method })
            .ok_or_else(|| {
                // One description for all reasons: a stranger learns nothing about the client.
                Refusal::invalid_client("client authentication failed", credentials.is_basic())
                    .into()
            })
    }

    async fn by_assertion(
        &self,
        client_id: Option<&str>,
        jwt: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Client>>, ClientAuthError> {
        let refused = |reason| Refusal::invalid_client(reason, false);
        let assertion = Assertion::read(jwt).map_err(refused)?;
        // RFC 7521, section 4.2: a `client_id` beside the assertion names the same client.
        if client_id.is_some_and(|client_id| client_id != assertion.client_id()) {
            return Ok(None);
        }
        let client = self.clients.get(assertion.client_id()).await?;
        let Some(client) = with_method(client, TokenEndpointAuthMethod::PrivateKeyJwt) else {
            return Ok(None);
        };
        assertion
            .check_algorithm(&client.metadata)
            .map_err(refused)?;
        let Some(claims) = self.keys.verify(&client.metadata, &assertion, now).await else {
            return Ok(None);
        };
        let spent = claims
            .check(&client.client_id, &self.audiences, now)
            .map_err(refused)?;
        let fresh =
            store::assertion::spend(&self.pool, &client.client_id, spent.jti, spent.until).await?;
        if fresh {
            Ok(Some(client))
        } else {
            Err(refused("the client assertion was used before").into())
        }
    }
}

/// The client, if `method` is the one that it registered.
fn with_method(
    client: Option<Arc<Client>>,
    method: TokenEndpointAuthMethod,
) -> Option<Arc<Client>> {
    client.filter(|client| client.metadata.token_endpoint_auth_method == method)
}

/// Compares the secret in constant time, and with a hash that nothing matches where there is no
/// client or no secret: the time tells no difference.
fn matches_secret(client: Option<&Client>, secret: &Secret) -> bool {
    static NOBODY: LazyLock<SecretHash> = LazyLock::new(|| Secret::generate().hash());
    let registered = client.and_then(|client| client.secret_hash);
    let equal = registered
        .as_ref()
        .unwrap_or(&NOBODY)
        .matches(&secret.hash());
    equal && registered.is_some()
}

#[cfg(test)]
mod tests;
