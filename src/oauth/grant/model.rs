//! What a grant is, and what may come of presenting a code or a refresh token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::foundation::secret::{Secret, random_bytes, sha256};
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::scope::Scope;
use crate::users::User;

/// A grant as the token endpoint sees it.
#[derive(Debug, Clone)]
pub struct Grant {
    pub id: Uuid,
    pub client_id: String,
    /// The session it was given in, for `sid`.
    pub sid: Option<Uuid>,
    /// The scope that was granted; a token may have less, never more.
    pub scope: Scope,
    /// The resource indicators that were granted (RFC 8707).
    pub resource: Vec<String>,
    pub claims: Option<ClaimsRequest>,
    pub nonce: Option<String>,
    pub auth_time: OffsetDateTime,
    pub acr: String,
    pub amr: Vec<String>,
    /// The person, with the role as it is now.
    pub user: User,
}

/// What came of presenting an authorization code.
#[derive(Debug)]
pub enum Redeemed {
    /// It was good, and is now used.
    Fresh(Box<Grant>),
    /// It had been used: the grant it belongs to is revoked, and that is committed.
    Replayed { grant: Uuid },
    /// The code was good, but a `resource` was not granted; it can be presented again.
    TargetRefused,
    /// Unknown, expired, or not this client's.
    Rejected,
}

/// What came of presenting a refresh token.
#[derive(Debug)]
pub enum Rotated {
    /// It was good, is now used, and has a successor.
    Fresh(Box<Grant>),
    /// It was used moments ago by the same client: the successor's answer again.
    Retried(Box<Grant>, RetryAnswer),
    /// It had been used: the whole family is revoked, and that is committed.
    Reused { grant: Uuid },
    /// The token is good, but the scope exceeds what was granted.
    ScopeRefused(Box<Scope>),
    /// The token is good, but a `resource` was not granted.
    TargetRefused,
    /// Unknown, expired, revoked, or not this client's.
    Rejected,
}

/// All that the answer to a refresh depends on beside the grant: kept, sealed, for the retry window,
/// so that a lost answer can be given again. Chosen before the token is rotated, so that one
/// statement rotates and keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct RetryAnswer {
    /// The successor.
    pub refresh_token: String,
    /// The access token's `iat`, in seconds since the epoch.
    pub issued_at: i64,
    /// The `scope` parameter of the request, if it had one.
    pub scope: Option<String>,
    /// The `resource` parameters of the request.
    pub resource: Vec<String>,
}

impl std::fmt::Debug for RetryAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RetryAnswer([redacted])")
    }
}

/// The `jti` of an access token names its grant, so that revocation is one lookup by key and no
/// access token needs a row of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenId {
    /// `None` for client credentials.
    pub grant: Option<Uuid>,
    text: String,
}

impl TokenId {
    /// A new id: the grant's 128 bits, or none, and 128 random ones.
    pub fn generate(grant: Option<Uuid>) -> Self {
        let unique = URL_SAFE_NO_PAD.encode(random_bytes::<16>());
        let text = match grant {
            Some(grant) => format!("{}.{unique}", URL_SAFE_NO_PAD.encode(grant.as_bytes())),
            None => unique,
        };
        Self { grant, text }
    }

    /// The id of the access token that goes with a refresh token: the same at each retry.
    pub fn derived(grant: Uuid, refresh_token: &Secret) -> Self {
        let hash = sha256(format!("jti\0{}", refresh_token.expose()).as_bytes());
        let unique = URL_SAFE_NO_PAD.encode(hash);
        let text = format!("{}.{unique}", URL_SAFE_NO_PAD.encode(grant.as_bytes()));
        Self {
            grant: Some(grant),
            text,
        }
    }

    /// Reads a `jti` of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let grant = match text.split_once('.') {
            None => None,
            Some((grant, _)) => {
                let bytes = URL_SAFE_NO_PAD.decode(grant).ok()?;
                Some(Uuid::from_slice(&bytes).ok()?)
            }
        };
        Some(Self {
            grant,
            text: text.to_owned(),
        })
    }

    /// The `jti`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A code to be issued, with all that its redemption will be compared with.
#[derive(Debug, Clone)]
pub struct NewCode<'a> {
    pub code: &'a Secret,
    pub redirect_uri: &'a str,
    pub redirect_uri_sent: bool,
    pub code_challenge: Option<&'a str>,
    pub expires_at: OffsetDateTime,
}

/// A grant to be made, with its code.
#[derive(Debug, Clone)]
pub struct NewGrant<'a> {
    pub client_id: &'a str,
    pub id_user: i32,
    pub sid: Uuid,
    pub scope: &'a Scope,
    pub resource: &'a [String],
    pub claims: Option<&'a ClaimsRequest>,
    pub nonce: Option<&'a str>,
    pub auth_time: OffsetDateTime,
    pub acr: &'a str,
    pub amr: &'a [String],
    pub expires_at: OffsetDateTime,
    pub code: NewCode<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_id_names_its_grant() {
        let grant = Uuid::from_u128(7);
        let id = TokenId::generate(Some(grant));
        assert_eq!(TokenId::parse(id.as_str()), Some(id.clone()));
        assert_ne!(id, TokenId::generate(Some(grant)));
        let free = TokenId::generate(None);
        assert_eq!(TokenId::parse(free.as_str()).unwrap().grant, None);
        assert_eq!(TokenId::parse("xx.yy"), None);
    }
}
