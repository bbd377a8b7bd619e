//! An issuer's key for tests: signs what a test wants signed. Never part of a running program.
#![allow(clippy::expect_used, clippy::indexing_slicing)] // A test may fail by panicking.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// An ES256 key.
pub struct TestKey {
    pair: EcdsaKeyPair,
}

impl TestKey {
    /// A new random key.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { pair }
    }

    /// The JWK set with the public key.
    pub fn jwks(&self) -> Value {
        // An uncompressed point: 04, then x and y of 32 bytes each.
        let point = self.pair.public_key().as_ref();
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "test",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": URL_SAFE_NO_PAD.encode(&point[33..65]),
        }]})
    }

    /// A signed JWT; `typ` is `at+jwt` for access tokens.
    pub fn sign(&self, typ: &str, claims: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": typ, "kid": "test"});
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message.as_bytes())
            .expect("a signature");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A good access token (RFC 9068) for an hour.
    pub fn access_token(
        &self,
        issuer: &str,
        audience: &str,
        sub: &str,
        permissions: &[&str],
    ) -> String {
        #[allow(
            clippy::disallowed_methods,
            reason = "a test issuer outside the server"
        )]
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("a time after 1970")
            .as_secs();
        let claims = json!({
            "iss": issuer, "aud": [audience], "sub": sub, "client_id": "test-client",
            "iat": now, "exp": now + 3600, "jti": "test", "scope": "openid",
            "permissions": permissions, "roles": [],
        });
        self.sign("at+jwt", &claims)
    }
}

/// Serves a router on a free port for as long as the test runs; gives its address,
/// `http://127.0.0.1:<port>`.
pub async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://{address}")
}
