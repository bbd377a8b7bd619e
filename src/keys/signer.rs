//! A private key parsed once and kept, behind jsonwebtoken's `JwtSigner`.
//!
//! jsonwebtoken's own back end parses the DER anew at each signature, which costs more than the RSA
//! signature itself. A process-wide crypto provider with a map of parsed keys would help too, but
//! it must be installed before anyone else in the process decodes a token; a signer that holds its
//! key has no such order and no map.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Header;
use jsonwebtoken::crypto::JwtSigner;
use jsonwebtoken::signature::{self, Signer};
use serde::Serialize;

use super::KeysError;
use super::model::Algorithm;

/// A parsed private key and the one algorithm it signs with.
pub(super) struct PrivateKey {
    alg: Algorithm,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl PrivateKey {
    /// Parses PKCS#8; `None` if it is not a key for `alg`.
    pub fn from_pkcs8(alg: Algorithm, pkcs8: &[u8]) -> Option<Self> {
        let rsa = |encoding| Some(Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).ok()?, encoding));
        let pair = match alg {
            Algorithm::RS256 => rsa(&RSA_PKCS1_SHA256)?,
            Algorithm::PS256 => rsa(&RSA_PSS_SHA256)?,
            Algorithm::ES256 => {
                Pair::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?)
            }
            Algorithm::EdDSA => Pair::Ed(Ed25519KeyPair::from_pkcs8(pkcs8).ok()?),
        };
        Some(Self { alg, pair })
    }

    /// Appends the signature to `header.payload`.
    pub fn complete(&self, mut signing_input: String) -> Result<String, KeysError> {
        let signature = self
            .try_sign(signing_input.as_bytes())
            .map_err(|_| KeysError::Sign(self.alg))?;
        signing_input.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut signing_input);
        Ok(signing_input)
    }
}

impl Signer<Vec<u8>> for PrivateKey {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature)
                    .map_err(signature::Error::from_source)?;
                Ok(signature)
            }
            Pair::Ec(pair) => {
                let signature = pair
                    .sign(&SystemRandom::new(), message)
                    .map_err(signature::Error::from_source)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for PrivateKey {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.alg.into()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.alg)
    }
}

/// The JWS signing input (RFC 7515, section 5.1): header and claims, encoded.
pub(super) fn signing_input(
    alg: Algorithm,
    kid: &str,
    typ: &str,
    claims: &impl Serialize,
) -> Result<String, serde_json::Error> {
    let mut header = Header::new(alg.into());
    header.typ = Some(typ.to_owned());
    header.kid = Some(kid.to_owned());
    let header = serde_json::to_vec(&header)?;
    let claims = serde_json::to_vec(claims)?;
    // Room for the signature of a 4096 bit key too: the string is never moved.
    let mut input = String::with_capacity((header.len() + claims.len()) * 4 / 3 + 696);
    URL_SAFE_NO_PAD.encode_string(header, &mut input);
    input.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut input);
    Ok(input)
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};
    use serde_json::json;

    use super::super::material::generate_blocking;
    use super::*;

    #[test]
    fn stock_decoder_verifies_every_algorithm() {
        for alg in Algorithm::ALL {
            let material = generate_blocking(alg, 2048).unwrap();
            let key = PrivateKey::from_pkcs8(alg, &material.pkcs8).unwrap();
            assert_eq!(key.algorithm(), alg.into());
            let claims = json!({ "sub": "someone", "exp": 4_000_000_000_u64 });
            let input = signing_input(alg, &material.kid, "at+jwt", &claims).unwrap();
            let token = key.complete(input).unwrap();
            let public = DecodingKey::from_jwk(&material.public_jwk).unwrap();
            let decoded =
                decode::<serde_json::Value>(&token, &public, &Validation::new(alg.into())).unwrap();
            assert_eq!(decoded.claims, claims);
            assert_eq!(decoded.header.kid.as_deref(), Some(material.kid.as_str()));
            assert_eq!(decoded.header.typ.as_deref(), Some("at+jwt"));

            let other = generate_blocking(alg, 2048).unwrap();
            let other = DecodingKey::from_jwk(&other.public_jwk).unwrap();
            let refused = decode::<serde_json::Value>(&token, &other, &Validation::new(alg.into()));
            assert!(refused.is_err(), "{alg}: another key verifies");
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let ec = generate_blocking(Algorithm::ES256, 2048).unwrap();
        for alg in [Algorithm::RS256, Algorithm::PS256, Algorithm::EdDSA] {
            assert!(PrivateKey::from_pkcs8(alg, &ec.pkcs8).is_none());
        }
        assert!(PrivateKey::from_pkcs8(Algorithm::ES256, b"").is_none());
    }
}
