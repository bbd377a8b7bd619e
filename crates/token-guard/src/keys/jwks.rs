//! Reads a JWK Set (RFC 7517) and keeps what can verify an access token.

use std::collections::HashMap;
use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::algorithm::Algorithm;

/// Why a JWK Set is refused whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JwksError {
    #[error("not a JWK Set: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("{0} keys are too many")]
    TooMany(usize),
}

/// The usable keys of an issuer, by key id.
#[derive(Debug, Default)]
pub(crate) struct KeySet {
    by_kid: HashMap<String, Arc<IssuerKey>>,
}

/// A key of the issuer, with the algorithms that it may be used for.
#[derive(Debug)]
pub(crate) struct IssuerKey {
    key: DecodingKey,
    algorithms: Vec<Algorithm>,
}

/// A key together with the one algorithm to verify with.
#[derive(Debug)]
pub(crate) struct Verifier<'a> {
    key: &'a DecodingKey,
    algorithm: Algorithm,
}

impl KeySet {
    /// Reads a set. Keys of no use here are left out, so that a new kind of key at the issuer does
    /// not stop the service.
    pub(crate) fn parse(
        document: &[u8],
        allowed: &[Algorithm],
        max_keys: usize,
    ) -> Result<Self, JwksError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let Document { keys } = serde_json::from_slice(document)?;
        if keys.len() > max_keys {
            return Err(JwksError::TooMany(keys.len()));
        }
        let mut by_kid = HashMap::new();
        let mut ambiguous = Vec::new();
        for jwk in keys {
            let kid = jwk
                .get("kid")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            match read_key(jwk, allowed) {
                Ok(key) => {
                    if by_kid.insert(kid.clone(), Arc::new(key)).is_some() {
                        ambiguous.push(kid);
                    }
                }
                Err(reason) => tracing::debug!(%kid, reason, "a key of the issuer is not used"),
            }
        }
        // Two usable keys of one id: guessing which is meant would be wrong half of the time.
        for kid in ambiguous {
            tracing::warn!(%kid, "the issuer publishes two keys of one id: neither is used");
            by_kid.remove(&kid);
        }
        Ok(Self { by_kid })
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&Arc<IssuerKey>> {
        self.by_kid.get(kid)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_kid.len()
    }
}

impl IssuerKey {
    /// The key to verify a token of this algorithm with, if the key is meant for it (RFC 8725 §3.1).
    pub(crate) fn for_algorithm(&self, algorithm: Algorithm) -> Option<Verifier<'_>> {
        self.algorithms.contains(&algorithm).then_some(Verifier {
            key: &self.key,
            algorithm,
        })
    }
}

impl Verifier<'_> {
    /// Whether `signature` (base64url) is this key's over `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let algorithm = self.algorithm.to_jose();
        jsonwebtoken::crypto::verify(signature, message, self.key, algorithm).unwrap_or(false)
    }
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<Value>,
}

fn read_key(jwk: Value, allowed: &[Algorithm]) -> Result<IssuerKey, &'static str> {
    let jwk: Jwk = serde_json::from_value(jwk).map_err(|_| "malformed")?;
    if jwk.kid.as_deref().unwrap_or_default().is_empty() {
        return Err("no key id");
    }
    if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err("not a signature key");
    }
    if jwk
        .key_ops
        .as_ref()
        .is_some_and(|ops| !ops.iter().any(|op| op == "verify"))
    {
        return Err("not for verifying");
    }
    // A private key that stands in public signs for everybody.
    if jwk.d.is_some() {
        return Err("a private key, published");
    }
    let (key, fitting) = material(&jwk)?;
    let algorithms: Vec<Algorithm> = fitting
        .iter()
        .copied()
        .filter(|algorithm| jwk.alg.as_deref().is_none_or(|alg| alg == algorithm.name()))
        .filter(|algorithm| allowed.contains(algorithm))
        .collect();
    if algorithms.is_empty() {
        return Err("its algorithm is not accepted");
    }
    Ok(IssuerKey { key, algorithms })
}

/// The key and the algorithms that its type fits. Symmetric keys (`oct`) have no place here.
fn material(jwk: &Jwk) -> Result<(DecodingKey, &'static [Algorithm]), &'static str> {
    const P256_COORDINATE: usize = 43;
    let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => {
            let (n, e) = (
                jwk.n.as_deref().unwrap_or_default(),
                jwk.e.as_deref().unwrap_or_default(),
            );
            // 2048 to 8192 bits, as base64url (RFC 7518 §3.3 demands 2048 at least).
            if !(342..=1366).contains(&n.len()) {
                return Err("an RSA key of an unfit length");
            }
            let key = DecodingKey::from_rsa_components(n, e);
            (key, &[Algorithm::Rs256, Algorithm::Ps256][..])
        }
        ("EC", Some("P-256")) => {
            let (x, y) = (
                jwk.x.as_deref().unwrap_or_default(),
                jwk.y.as_deref().unwrap_or_default(),
            );
            // RFC 7518 §6.2.1.2: each coordinate has its full length.
            if x.len() != P256_COORDINATE || y.len() != P256_COORDINATE {
                return Err("an EC point of a wrong length");
            }
            (
                DecodingKey::from_ec_components(x, y),
                &[Algorithm::Es256][..],
            )
        }
        ("OKP", Some("Ed25519")) => {
            let x = jwk.x.as_deref().unwrap_or_default();
            (DecodingKey::from_ed_components(x), &[Algorithm::EdDsa][..])
        }
        _ => return Err("a key type that is not accepted"),
    };
    let (key, fitting) = key;
    Ok((key.map_err(|_| "malformed")?, fitting))
}
