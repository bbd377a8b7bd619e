//! New key pairs, and their public half as a JSON Web Key.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, EllipticCurveKeyParameters,
    EllipticCurveKeyType, Jwk, KeyAlgorithm, OctetKeyPairParameters, OctetKeyPairType,
    PublicKeyUse, RSAKeyParameters, RSAKeyType, ThumbprintHash,
};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::{self, CryptoRng, RngCore};
use rsa::traits::PublicKeyParts as _;
use zeroize::Zeroizing;

use super::KeysError;
use super::model::Algorithm;
use crate::foundation::secret::random_bytes;

/// A new key pair, not yet in the database.
pub(super) struct KeyMaterial {
    pub kid: String,
    pub public_jwk: Jwk,
    pub pkcs8: Zeroizing<Vec<u8>>,
}

/// Makes a key pair. RSA takes a second or so: it is made on a blocking thread.
pub(super) async fn generate(alg: Algorithm, rsa_bits: usize) -> Result<KeyMaterial, KeysError> {
    tokio::task::spawn_blocking(move || generate_blocking(alg, rsa_bits))
        .await
        .map_err(|_| KeysError::Generate(alg))?
}

pub(super) fn generate_blocking(alg: Algorithm, rsa_bits: usize) -> Result<KeyMaterial, KeysError> {
    let failed = || KeysError::Generate(alg);
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (pkcs8, parameters) = match alg {
        Algorithm::RS256 | Algorithm::PS256 => {
            let key = RsaPrivateKey::new(&mut SystemRandom, rsa_bits).map_err(|_| failed())?;
            let pkcs8 = key.to_pkcs8_der().map_err(|_| failed())?.to_bytes();
            let parameters = RSAKeyParameters {
                key_type: RSAKeyType::RSA,
                n: encode(&key.n().to_bytes_be()),
                e: encode(&key.e().to_bytes_be()),
            };
            (pkcs8, AlgorithmParameters::RSA(parameters))
        }
        Algorithm::ES256 => {
            let pair =
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| failed())?;
            let pkcs8 = pair.to_pkcs8v1().map_err(|_| failed())?;
            // SEC 1, section 2.3.3: an uncompressed point is 04, x, y.
            let (x, y) = match pair.public_key().as_ref().split_at_checked(33) {
                Some(([4, x @ ..], y)) if y.len() == 32 => (encode(x), encode(y)),
                _ => return Err(failed()),
            };
            let parameters = EllipticCurveKeyParameters {
                key_type: EllipticCurveKeyType::EC,
                curve: EllipticCurve::P256,
                x,
                y,
            };
            (
                Zeroizing::new(pkcs8.as_ref().to_vec()),
                AlgorithmParameters::EllipticCurve(parameters),
            )
        }
        Algorithm::EdDSA => {
            let pair = Ed25519KeyPair::generate().map_err(|_| failed())?;
            let pkcs8 = pair.to_pkcs8v1().map_err(|_| failed())?;
            let parameters = OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve: EllipticCurve::Ed25519,
                x: encode(pair.public_key().as_ref()),
            };
            (
                Zeroizing::new(pkcs8.as_ref().to_vec()),
                AlgorithmParameters::OctetKeyPair(parameters),
            )
        }
    };
    let mut public_jwk = Jwk {
        common: CommonParameters {
            public_key_use: Some(PublicKeyUse::Signature),
            key_algorithm: Some(match alg {
                Algorithm::RS256 => KeyAlgorithm::RS256,
                Algorithm::PS256 => KeyAlgorithm::PS256,
                Algorithm::ES256 => KeyAlgorithm::ES256,
                Algorithm::EdDSA => KeyAlgorithm::EdDSA,
            }),
            ..CommonParameters::default()
        },
        algorithm: parameters,
    };
    // RFC 7638: the same key has the same id wherever it goes, and no two keys share one.
    let kid = public_jwk
        .thumbprint(ThumbprintHash::SHA256)
        .map_err(|_| failed())?;
    public_jwk.common.key_id = Some(kid.clone());
    Ok(KeyMaterial {
        kid,
        public_jwk,
        pkcs8,
    })
}

/// The one source of chance, as the `rsa` crate wants to see it.
struct SystemRandom;

impl RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(random_bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_ne_bytes(random_bytes())
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for chunk in dest.chunks_mut(64) {
            let bytes = Zeroizing::new(random_bytes::<64>());
            for (to, from) in chunk.iter_mut().zip(bytes.iter()) {
                *to = *from;
            }
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for SystemRandom {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprint_of_rfc_7638_section_3_1() {
        let jwk: Jwk = serde_json::from_value(serde_json::json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\
                  oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65\
                  YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr\
                  dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK\
                  nqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        }))
        .unwrap();
        assert_eq!(
            jwk.thumbprint(ThumbprintHash::SHA256).unwrap(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
    }

    #[test]
    fn thumbprint_of_rfc_8037_appendix_a_3() {
        let jwk: Jwk = serde_json::from_value(serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }))
        .unwrap();
        assert_eq!(
            jwk.thumbprint(ThumbprintHash::SHA256).unwrap(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn published_keys_have_kid_use_and_alg_and_nothing_private() {
        for alg in Algorithm::ALL {
            let material = generate_blocking(alg, 2048).unwrap();
            let json = serde_json::to_value(&material.public_jwk).unwrap();
            let members: Vec<_> = json
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let own: &[&str] = match alg {
                Algorithm::RS256 | Algorithm::PS256 => &["n", "e"],
                Algorithm::ES256 => &["crv", "x", "y"],
                Algorithm::EdDSA => &["crv", "x"],
            };
            let mut expected = [&["kty", "kid", "use", "alg"], own].concat();
            let mut found = members.clone();
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{alg}");
            assert_eq!(json["kid"], material.kid.as_str());
            assert_eq!(json["use"], "sig");
            assert_eq!(json["alg"], alg.as_str());
            let back: Jwk = serde_json::from_value(json).unwrap();
            assert_eq!(back, material.public_jwk);
        }
    }
}
