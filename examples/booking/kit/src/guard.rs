//! Whose access tokens an API accepts.

use token_guard::{BuildError, TokenGuard};

use crate::env::{self, EnvError};

/// The issuer and this API's own identifier.
#[derive(Clone, Debug)]
pub struct GuardConfig {
    /// The issuer identifier: the `iss` of good tokens.
    pub issuer: String,
    /// This API's identifier: the `aud` of good tokens (RFC 8707).
    pub audience: String,
    /// Where the issuer's keys are, if not where its metadata says: in a closed network of
    /// containers the issuer has another address than for browsers.
    pub jwks_uri: Option<String>,
}

impl GuardConfig {
    /// Reads `ISSUER`, `AUDIENCE` and `JWKS_URI`.
    pub fn from_env(default_audience: &str) -> Result<Self, EnvError> {
        Ok(Self {
            issuer: env::base_url("ISSUER", "http://localhost:3001")?,
            audience: env::base_url("AUDIENCE", default_audience)?,
            jwks_uri: env::optional("JWKS_URI"),
        })
    }

    /// The guard. It fetches the issuer's keys when the first token comes, so the API may start
    /// before the issuer.
    pub fn build(&self) -> Result<TokenGuard, BuildError> {
        let mut builder = TokenGuard::builder(&self.issuer, &self.audience);
        if let Some(uri) = &self.jwks_uri {
            builder = builder.jwks_uri(uri);
            // Whoever sets the address by hand has chosen the network that it is in.
            if uri.starts_with("http://") {
                builder = builder.allow_insecure_http();
            }
        }
        builder.build()
    }
}
