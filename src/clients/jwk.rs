//! Public keys of clients (RFC 7517). The type has no private members: what it does not hold cannot
//! be stored or echoed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metadata::{ClientSigningAlg, SigningAlg};

/// The most keys of one client that are looked at.
pub const MAX_KEYS: usize = 20;

/// The members of RFC 7518 that hold private or symmetric key material.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A JWK Set of public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJwkSet {
    pub keys: Vec<PublicJwk>,
}

/// The public members of a JWK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJwk {
    pub kty: String,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub key_use: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_ops: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
}

/// Whether a JWK holds private or symmetric key material.
pub fn is_private(jwk: &Value) -> bool {
    jwk.get("kty").is_some_and(|kty| kty == "oct")
        || PRIVATE_MEMBERS
            .iter()
            .any(|member| jwk.get(member).is_some())
}

impl PublicJwkSet {
    /// Reads a fetched document. Keys that are malformed or not public are left out: a set may
    /// hold keys for others (RFC 7517, section 5). `None` where it is no JWK Set at all.
    pub fn from_document(document: &Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        let keys = keys
            .iter()
            .filter(|jwk| !is_private(jwk))
            .filter_map(|jwk| PublicJwk::deserialize(jwk).ok())
            .take(MAX_KEYS)
            .collect();
        Some(Self { keys })
    }

    /// The keys to try on a JWS with this `kid` and algorithm. Keys of another `kid` are left out,
    /// keys without one are not: a client's JWK may lack it.
    pub fn candidates(&self, kid: Option<&str>, alg: SigningAlg) -> Vec<DecodingKey> {
        let named = self
            .keys
            .iter()
            .filter(|key| kid.is_some() && key.kid.as_deref() == kid);
        let unnamed = self
            .keys
            .iter()
            .filter(|key| kid.is_none() || key.kid.is_none());
        named
            .chain(unnamed)
            .filter_map(|key| key.verification_key(alg))
            .collect()
    }
}

impl PublicJwk {
    /// The key for verifying signatures of `alg`; `None` where it is not one.
    pub fn verification_key(&self, alg: SigningAlg) -> Option<DecodingKey> {
        let for_signatures = self
            .key_use
            .as_deref()
            .is_none_or(|key_use| key_use == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"))
            && self
                .alg
                .as_deref()
                .is_none_or(|own| ClientSigningAlg::named(own) == Some(alg));
        if !for_signatures {
            return None;
        }
        match (alg, self.kty.as_str(), self.crv.as_deref()) {
            (SigningAlg::RS256 | SigningAlg::PS256, "RSA", _) => {
                let modulus = decode(self.n.as_deref())?;
                let exponent = decode(self.e.as_deref())?;
                // RFC 7518, section 3.3: 2048 bits or more; the upper bound keeps checks cheap.
                let bits = significant_bits(&modulus);
                ((2048..=8192).contains(&bits) && exponent.len() <= 8)
                    .then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))
            }
            (SigningAlg::ES256, "EC", Some("P-256")) => {
                let (x, y) = (self.x.as_deref()?, self.y.as_deref()?);
                let on_curve = decode(Some(x))?.len() == 32 && decode(Some(y))?.len() == 32;
                on_curve
                    .then(|| DecodingKey::from_ec_components(x, y).ok())
                    .flatten()
            }
            (SigningAlg::EdDSA, "OKP", Some("Ed25519")) => {
                let x = decode(self.x.as_deref())?;
                (x.len() == 32).then(|| DecodingKey::from_ed_der(&x))
            }
            _ => None,
        }
    }

    /// Whether every member is bounded visible ASCII: what a column and a header can hold.
    pub fn is_plain(&self) -> bool {
        let optional = [
            &self.key_use,
            &self.alg,
            &self.kid,
            &self.n,
            &self.e,
            &self.crv,
            &self.x,
            &self.y,
        ];
        std::iter::once(&self.kty)
            .chain(optional.into_iter().flatten())
            .chain(self.key_ops.iter().flatten())
            .all(|text| text.len() <= 2048 && text.bytes().all(|b| (b' '..=b'~').contains(&b)))
            && self
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.len() <= MAX_KEYS)
    }

    /// Whether the key can verify signatures of an algorithm that the server supports.
    pub fn is_usable(&self, only: Option<SigningAlg>) -> bool {
        SigningAlg::ALL
            .into_iter()
            .filter(|alg| only.is_none_or(|only| only == *alg))
            .any(|alg| self.verification_key(alg).is_some())
    }
}

fn decode(part: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part?).ok()
}

fn significant_bits(big_endian: &[u8]) -> usize {
    let mut digits = big_endian.iter().skip_while(|byte| **byte == 0);
    match digits.next() {
        Some(first) => (8 - first.leading_zeros() as usize) + 8 * digits.count(),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ec(extra: &Value) -> Value {
        let coordinate = URL_SAFE_NO_PAD.encode([7; 32]);
        let mut jwk = json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate});
        let members = jwk.as_object_mut().unwrap();
        members.extend(extra.as_object().unwrap().clone());
        jwk
    }

    fn set(keys: &[Value]) -> PublicJwkSet {
        PublicJwkSet::from_document(&json!({"keys": keys})).unwrap()
    }

    #[test]
    fn private_symmetric_and_malformed_keys_are_left_out_of_a_document() {
        let keys = [
            ec(&json!({})),
            ec(&json!({"d": "AA"})),
            json!({"kty": "oct"}),
            json!({"kty": 3}),
            json!("text"),
        ];
        assert_eq!(set(&keys).keys.len(), 1);
        assert!(PublicJwkSet::from_document(&json!([])).is_none());
        let many = vec![ec(&json!({})); 100];
        assert_eq!(set(&many).keys.len(), MAX_KEYS);
    }

    #[test]
    fn a_kid_selects_its_key_and_those_without_a_kid() {
        let set = set(&[
            ec(&json!({"kid": "a"})),
            ec(&json!({"kid": "b"})),
            ec(&json!({})),
        ]);
        assert_eq!(set.candidates(Some("a"), SigningAlg::ES256).len(), 2);
        assert_eq!(set.candidates(Some("z"), SigningAlg::ES256).len(), 1);
        assert_eq!(set.candidates(None, SigningAlg::ES256).len(), 3);
        assert_eq!(set.candidates(None, SigningAlg::RS256).len(), 0);
    }

    #[test]
    fn a_key_serves_only_what_it_declares() {
        for (extra, usable) in [
            (
                json!({"use": "sig", "alg": "ES256", "key_ops": ["verify"]}),
                true,
            ),
            (json!({"use": "enc"}), false),
            (json!({"alg": "ES384"}), false),
            (json!({"key_ops": ["encrypt"]}), false),
            (json!({"x": "AA"}), false),
            (json!({"crv": "P-384"}), false),
        ] {
            let key = &set(&[ec(&extra)]).keys[0];
            assert_eq!(key.is_usable(None), usable, "{extra}");
            assert!(!key.is_usable(Some(SigningAlg::EdDSA)));
        }
    }

    #[test]
    fn short_rsa_keys_are_not_used() {
        for (bytes, usable) in [
            (128, false),
            (255, false),
            (256, true),
            (1024, true),
            (1025, false),
        ] {
            let modulus = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
            let key = set(&[json!({"kty": "RSA", "n": modulus, "e": "AQAB"})]);
            assert_eq!(
                key.keys[0].is_usable(Some(SigningAlg::RS256)),
                usable,
                "{bytes}"
            );
        }
    }
}
