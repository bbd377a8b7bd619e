//! Passkeys: WebAuthn credentials, as second factor of a known person and as the whole sign-in of
//! whoever holds one (discoverable credentials).
//!
//! webauthn-rs checks what the authenticator signed; here stands what it leaves to us: that a
//! challenge is answered once, that the credential is this person's, that its counter moves on.

mod authentication;
mod registration;

use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{WebauthnBuilder, WebauthnError};

pub use authentication::{Answer, Asserted};
pub use registration::Registration;

/// The relying party that passkeys are made for: the issuer's host.
pub struct Passkeys {
    /// There is none where the issuer's host is an address: passkeys are bound to domains.
    webauthn: Option<Webauthn>,
}

/// A challenge on its way to a browser: `publicKey` options for `navigator.credentials`, and the
/// name by which the answer is brought back.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub ceremony: Uuid,
    /// `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON` (WebAuthn
    /// Level 3, sections 5.1.8 and 5.1.9).
    pub public_key: Value,
}

impl Challenge {
    /// As the script of our pages and the JSON API take it.
    pub fn to_json(&self) -> Value {
        serde_json::json!({ "ceremony": self.ceremony, "publicKey": self.public_key })
    }
}

impl Passkeys {
    /// # Errors
    /// When webauthn-rs refuses the issuer's host.
    pub fn new(issuer: &Url, name: &str) -> Result<Self, WebauthnError> {
        let Some(domain) = issuer.domain() else {
            return Ok(Self { webauthn: None });
        };
        let mut origin = issuer.clone();
        origin.set_path("");
        let webauthn = WebauthnBuilder::new(domain, &origin)?
            .rp_name(name)
            .build()?;
        Ok(Self {
            webauthn: Some(webauthn),
        })
    }

    /// Whether this server can have passkeys at all.
    pub fn available(&self) -> bool {
        self.webauthn.is_some()
    }

    fn webauthn(&self) -> Result<&Webauthn, WebauthnError> {
        self.webauthn.as_ref().ok_or(WebauthnError::Configuration)
    }
}
