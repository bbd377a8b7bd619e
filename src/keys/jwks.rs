//! The JWK set (RFC 7517, section 5), prebuilt as bytes.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use time::OffsetDateTime;

use super::model::SigningKey;
use super::{Keys, KeysError};
use crate::foundation::secret::sha256;

/// The JWK set as it is served.
#[derive(Clone, Debug)]
pub struct JwksDocument {
    /// The body: `application/jwk-set+json` or `application/json`.
    pub bytes: Bytes,
    /// A strong `ETag`, quotes included; the same on every replica.
    pub etag: Arc<str>,
    /// For how long the document may be cached: whole seconds, at least one.
    pub max_age: Duration,
}

/// A JWK set that holds until a key leaves it.
pub(super) struct KeySet {
    bytes: Bytes,
    etag: Arc<str>,
    pub changes_at: Option<OffsetDateTime>,
}

impl KeySet {
    pub fn build<'k>(keys: impl Iterator<Item = &'k SigningKey>) -> Result<Self, KeysError> {
        #[derive(Serialize)]
        struct Document<'k> {
            keys: Vec<&'k jsonwebtoken::jwk::Jwk>,
        }
        let mut changes_at: Option<OffsetDateTime> = None;
        let mut document = Document { keys: Vec::new() };
        for key in keys {
            document.keys.push(&key.public_jwk);
            changes_at = changes_at.into_iter().chain(key.removes_at).min();
        }
        let bytes = serde_json::to_vec(&document).map_err(KeysError::Claims)?;
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(sha256(&bytes))).into();
        Ok(Self {
            bytes: bytes.into(),
            etag,
            changes_at,
        })
    }
}

impl Keys {
    /// The JWK set at `now`: every key from its publication until its removal. A key is published
    /// longer than `max_age` before it signs, so that whoever obeys `max_age` knows it in time.
    pub async fn jwks(&self, now: OffsetDateTime) -> Result<JwksDocument, KeysError> {
        let key_set = self.fresh_snapshot(now).await.key_set(now)?;
        let until_change = key_set
            .changes_at
            .and_then(|at| Duration::try_from(at - now).ok());
        let max_age = self
            .settings()
            .jwks_max_age
            .min(until_change.unwrap_or(Duration::MAX));
        Ok(JwksDocument {
            bytes: key_set.bytes.clone(),
            etag: key_set.etag.clone(),
            max_age: Duration::from_secs(max_age.as_secs().max(1)),
        })
    }
}
