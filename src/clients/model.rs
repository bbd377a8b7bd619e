//! A registered client, and the making of a new one.

use time::OffsetDateTime;

use super::metadata::{ClientMetadata, TokenEndpointAuthMethod};
use super::validation::ValidMetadata;
use crate::foundation::secret::{Secret, SecretHash, random_bytes};

/// A client as the server keeps it.
#[derive(Clone, Debug)]
pub struct Client {
    /// The public identifier: 1 to 128 visible ASCII characters.
    pub client_id: String,
    /// Present exactly when the client authenticates by secret.
    pub secret_hash: Option<SecretHash>,
    /// What the client registered, validated.
    pub metadata: ClientMetadata,
    /// Set by an administrator only: part of the platform, no consent asked.
    pub first_party: bool,
    /// Whether an authorization request must carry a PKCE challenge. Always true of public clients.
    pub require_pkce: bool,
    /// Lets the client manage its own registration (RFC 7592).
    pub registration_access_token_hash: Option<SecretHash>,
    /// When the client was registered.
    pub created_at: OffsetDateTime,
    /// When the registration last changed.
    pub updated_at: OffsetDateTime,
}

impl Client {
    /// Whether the client can keep a secret (RFC 6749, section 2.1).
    pub fn is_confidential(&self) -> bool {
        self.metadata.token_endpoint_auth_method != TokenEndpointAuthMethod::None
    }

    /// Whether `presented` is the client's secret; false for a client without one.
    pub fn secret_matches(&self, presented: &Secret) -> bool {
        self.secret_hash
            .is_some_and(|hash| hash.matches(&presented.hash()))
    }
}

/// A client that was just made, with the secrets that are shown this one time.
#[derive(Debug)]
pub struct NewClient {
    /// What goes into the table.
    pub client: Client,
    /// The client's secret, where its authentication method has one.
    pub client_secret: Option<Secret>,
}

impl NewClient {
    /// Makes a client of validated metadata under a random identifier, not first-party and without
    /// a registration access token.
    pub fn new(valid: ValidMetadata, now: OffsetDateTime) -> Self {
        let client_id = uuid::Builder::from_random_bytes(random_bytes())
            .into_uuid()
            .to_string();
        Self::with_id(client_id, valid, now)
    }

    /// The same under a chosen identifier, for administrators.
    pub fn with_id(client_id: String, valid: ValidMetadata, now: OffsetDateTime) -> Self {
        let ValidMetadata {
            metadata,
            require_pkce,
        } = valid;
        let client_secret = metadata
            .token_endpoint_auth_method
            .uses_secret()
            .then(Secret::generate);
        let client = Client {
            client_id,
            secret_hash: client_secret.as_ref().map(Secret::hash),
            metadata,
            first_party: false,
            require_pkce,
            registration_access_token_hash: None,
            created_at: now,
            updated_at: now,
        };
        Self {
            client,
            client_secret,
        }
    }

    /// Adds a registration access token (RFC 7592) and returns it.
    pub fn grant_self_management(&mut self) -> Secret {
        let token = Secret::generate();
        self.client.registration_access_token_hash = Some(token.hash());
        token
    }
}

/// Whether `text` can be a client identifier: what the table's constraint says.
pub fn is_client_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_visible_ascii_of_bounded_length() {
        assert!(is_client_id("booking-app"));
        assert!(is_client_id(&"x".repeat(128)));
        for wrong in ["", "a b", "é", "a\n", &"x".repeat(129)] {
            assert!(!is_client_id(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_secret_is_made_for_the_methods_that_use_one_and_for_no_other() {
        use TokenEndpointAuthMethod as Method;
        for (method, expected) in [
            (Method::None, false),
            (Method::PrivateKeyJwt, false),
            (Method::ClientSecretBasic, true),
            (Method::ClientSecretPost, true),
        ] {
            let metadata = ClientMetadata {
                token_endpoint_auth_method: method,
                ..ClientMetadata::default()
            };
            let valid = ValidMetadata {
                metadata,
                require_pkce: true,
            };
            let new = NewClient::new(valid, OffsetDateTime::UNIX_EPOCH);
            assert_eq!(new.client_secret.is_some(), expected);
            assert_eq!(new.client.secret_hash.is_some(), expected);
            if let Some(secret) = new.client_secret {
                assert!(new.client.secret_matches(&secret));
                assert!(!new.client.secret_matches(&Secret::new("")));
            }
            assert!(is_client_id(&new.client.client_id));
        }
    }
}
