//! Signing tokens.

use serde::Serialize;
use time::OffsetDateTime;

use super::model::Algorithm;
use super::signer::signing_input;
use super::{Keys, KeysError};

impl Keys {
    /// Signs `claims` as a compact JWS with header `alg`, `kid` and `typ`, by the key of `alg` that
    /// is active at `now`. RSA signatures run on threads of their own; the others, twenty times
    /// cheaper than the way there, at once.
    pub async fn sign(
        &self,
        alg: Algorithm,
        typ: &str,
        claims: &(impl Serialize + Sync),
        now: OffsetDateTime,
    ) -> Result<String, KeysError> {
        let (input, private) = {
            let snapshot = self.fresh_snapshot(now).await;
            let key = snapshot.signing(alg, now).ok_or(KeysError::NoKey(alg))?;
            let input = signing_input(alg, &key.key.kid, typ, claims).map_err(KeysError::Claims)?;
            (input, key.private.clone())
        };
        if alg.is_rsa() {
            self.0.threads.complete(alg, private, input).await
        } else {
            private.complete(input)
        }
    }
}
