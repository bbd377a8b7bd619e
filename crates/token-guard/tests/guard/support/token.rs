//! Tokens by hand, so that any rule can be broken.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::AUDIENCE;
use super::key::{Key, base64url};

/// A good token; its parts are changed before it is signed.
pub struct Token<'a> {
    pub header: Value,
    pub payload: Value,
    key: &'a Key,
}

impl<'a> Token<'a> {
    pub fn new(issuer: &str, now: u64, key: &'a Key) -> Self {
        Self {
            header: json!({"typ": "at+jwt", "alg": key.alg, "kid": key.kid}),
            payload: json!({
                "iss": issuer, "sub": "user-1", "aud": AUDIENCE, "client_id": "app",
                "iat": now, "exp": now + 300, "jti": "t-1", "scope": "openid artists:read",
                "roles": ["editor"], "permissions": ["artists:write"],
            }),
            key,
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.payload[name] = value.into();
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.header.as_object_mut().unwrap().remove(name);
        self.payload.as_object_mut().unwrap().remove(name);
        self
    }

    pub fn message(&self) -> String {
        format!(
            "{}.{}",
            base64url(self.header.to_string()),
            base64url(self.payload.to_string())
        )
    }

    pub fn sign(&self) -> String {
        let message = self.message();
        let alg = self.header["alg"].as_str().unwrap_or_default();
        let signature = self.key.sign(alg, message.as_bytes());
        format!("{message}.{}", base64url(signature))
    }

    /// Signs as HS256 with these bytes as the secret.
    pub fn sign_hmac(&self, secret: &[u8]) -> String {
        let message = self.message();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        format!(
            "{message}.{}",
            base64url(hmac::sign(&key, message.as_bytes()))
        )
    }
}
