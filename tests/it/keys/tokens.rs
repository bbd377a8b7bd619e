//! Signing and verifying tokens.

use auth_api::keys::{Algorithm, Keys, VerifyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode};
use serde_json::{Value, json};

use super::{TYP, at, kid_of, new_kek, replica, token};
use crate::support::database::TestDatabase;

#[tokio::test]
async fn what_is_signed_verifies_here_and_with_the_published_keys() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let document = keys.jwks(at(0)).await.unwrap();
    let published: JwkSet = serde_json::from_slice(&document.bytes).unwrap();
    assert_eq!(published.keys.len(), 4);
    assert_eq!(kid_of(&token(&keys, Algorithm::RS256, 0).await), {
        published.keys[0].common.key_id.clone().unwrap()
    });
    for alg in Algorithm::ALL {
        let token = token(&keys, alg, 0).await;
        let verified = keys.verify(&token, &["JWT", TYP], at(0)).await.unwrap();
        assert_eq!(verified.typ, TYP);
        assert_eq!(verified.claims["sub"], "someone");

        let key = DecodingKey::from_jwk(published.find(&kid_of(&token)).unwrap()).unwrap();
        let mut validation = Validation::new(alg.into());
        validation.validate_exp = false;
        let elsewhere = decode::<Value>(&token, &key, &validation).unwrap();
        assert_eq!(elsewhere.claims, Value::Object(verified.claims));
    }
    database.drop().await;
}

async fn refused(keys: &Keys, token: &str) -> VerifyError {
    keys.verify(token, &[TYP], at(0)).await.unwrap_err()
}

/// The token with another header; the signature as it was.
fn with_header(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    change(&mut header);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[tokio::test]
async fn altered_tokens_are_refused() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    for alg in Algorithm::ALL {
        let token = token(&keys, alg, 0).await;
        let (input, signature) = token.rsplit_once('.').unwrap();
        let header = input.split('.').next().unwrap();
        let claims = URL_SAFE_NO_PAD.encode(json!({ "sub": "admin", "exp": 9e9 }).to_string());
        let forged = format!("{header}.{claims}.{signature}");
        assert_eq!(
            refused(&keys, &forged).await,
            VerifyError::Signature,
            "{alg}"
        );
        let zeros = format!("{input}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
        assert_eq!(
            refused(&keys, &zeros).await,
            VerifyError::Signature,
            "{alg}"
        );
        assert_eq!(
            refused(&keys, &format!("{input}.")).await,
            VerifyError::Signature,
            "{alg}"
        );
        assert_eq!(refused(&keys, input).await, VerifyError::Malformed, "{alg}");
        assert_eq!(
            refused(&keys, &format!("{token}.x")).await,
            VerifyError::Malformed,
            "{alg}"
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn a_header_that_is_not_ours_is_refused() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let token = token(&keys, Algorithm::RS256, 0).await;
    let none = with_header(&token, |header| header["alg"] = json!("none"));
    assert_eq!(refused(&keys, &none).await, VerifyError::Malformed);
    // RFC 8725, section 2.1: the public key as an HMAC secret, or for another RSA padding.
    for alg in ["HS256", "PS256", "RS512", "ES256"] {
        let confused = with_header(&token, |header| header["alg"] = json!(alg));
        assert_eq!(
            refused(&keys, &confused).await,
            VerifyError::Signature,
            "{alg}"
        );
    }
    let unknown = with_header(&token, |header| header["kid"] = json!("../../etc/passwd"));
    assert_eq!(refused(&keys, &unknown).await, VerifyError::UnknownKey);
    let critical = with_header(&token, |header| header["crit"] = json!(["exp"]));
    assert_eq!(refused(&keys, &critical).await, VerifyError::Malformed);
    let untyped = with_header(&token, |header| header["typ"] = Value::Null);
    assert_eq!(refused(&keys, &untyped).await, VerifyError::WrongType);
    for garbage in ["", ".", "..", "a.b.c", "no token"] {
        assert_eq!(
            refused(&keys, garbage).await,
            VerifyError::Malformed,
            "{garbage:?}"
        );
    }
    database.drop().await;
}

#[tokio::test]
async fn a_token_of_another_kind_or_time_is_refused() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let token = token(&keys, Algorithm::EdDSA, 0).await;
    let refused = keys.verify(&token, &["JWT", "logout+jwt"], at(0)).await;
    assert_eq!(refused.unwrap_err(), VerifyError::WrongType);
    keys.verify(&token, &[TYP], at(3_599)).await.unwrap();
    let refused = keys.verify(&token, &[TYP], at(3_600)).await;
    assert_eq!(refused.unwrap_err(), VerifyError::Expired);
    keys.verify_hint(&token, &[TYP], at(3_600)).await.unwrap();
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_rsa_signatures_at_once_each_get_their_own() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let mut signing = tokio::task::JoinSet::new();
    for number in 0..200 {
        let keys = keys.clone();
        signing.spawn(async move {
            let claims = json!({ "sub": number, "exp": at(60).unix_timestamp() });
            let token = keys
                .sign(Algorithm::PS256, TYP, &claims, at(0))
                .await
                .unwrap();
            let verified = keys.verify(&token, &[TYP], at(0)).await.unwrap();
            assert_eq!(verified.claims["sub"], number);
        });
    }
    signing.join_all().await;
    database.drop().await;
}
