use std::sync::Arc;

use auth_api::clients::authenticate::{
    ASSERTION_TYPE, Authenticator, ClientAuthError, PresentedCredentials,
};
use auth_api::clients::documents::{DocumentError, Documents};
use auth_api::clients::{Clients, store};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{client, now};
use crate::support::database::TestDatabase;

const ISSUER: &str = "https://op.example";

fn authenticator(pool: &PgPool, documents: Documents) -> Authenticator {
    let clients = Arc::new(Clients::new(pool.clone()));
    let endpoint = format!("{ISSUER}/token");
    Authenticator::new(
        clients,
        pool.clone(),
        documents,
        ISSUER.to_owned(),
        endpoint,
    )
}

fn no_documents() -> Documents {
    Documents::new(|_| std::future::ready(Err(DocumentError("unused".to_owned()))))
}

fn jwk(key: &RsaKeyPair) -> Value {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
    json!({"kty": "RSA", "kid": "k", "use": "sig",
        "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e)})
}

/// Signed by hand, so that the test does not lean on the library that verifies.
fn assertion(key: &RsaKeyPair, alg: &str, jti: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": alg, "kid": "k"}));
    let exp = now().unix_timestamp() + 60;
    let claims = part(json!({"iss": "app", "sub": "app", "aud": ISSUER, "exp": exp, "jti": jti}));
    let signed = format!("{header}.{claims}");
    let encoding: &'static dyn RsaEncoding = if alg == "PS256" {
        &RSA_PSS_SHA256
    } else {
        &RSA_PKCS1_SHA256
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        encoding,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn authenticates(on: &Authenticator, jwt: &str) -> bool {
    let presented = PresentedCredentials {
        client_assertion: Some(jwt),
        client_assertion_type: Some(ASSERTION_TYPE),
        ..PresentedCredentials::default()
    };
    match on.authenticate(&presented, now()).await {
        Ok(done) => done.client.client_id == "app",
        Err(ClientAuthError::Refused(refusal)) => {
            assert_eq!(refusal.error(), "invalid_client");
            false
        }
        Err(ClientAuthError::Unavailable(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn an_assertion_authenticates_once() {
    let database = TestDatabase::new().await;
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let members = json!({"token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [jwk(&key)]}});
    let stored = client("app", members).client;
    store::client::insert(&database.pool, &stored)
        .await
        .unwrap();
    let on = authenticator(&database.pool, no_documents());
    for alg in ["RS256", "PS256"] {
        let jwt = assertion(&key, alg, alg);
        assert!(authenticates(&on, &jwt).await, "{alg}");
        assert!(!authenticates(&on, &jwt).await, "{alg} again");
    }
    // Another replica, at the same time.
    let other = authenticator(&database.pool, no_documents());
    let jwt = assertion(&key, "RS256", "race");
    let (here, there) = tokio::join!(authenticates(&on, &jwt), authenticates(&other, &jwt));
    assert!(here != there, "exactly one of two");

    let stranger = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    assert!(!authenticates(&on, &assertion(&stranger, "RS256", "x")).await);
    // What a stranger signs does not spend the client's jti.
    assert!(authenticates(&on, &assertion(&key, "RS256", "x")).await);
    database.drop().await;
}

#[tokio::test]
async fn keys_come_from_the_jwks_uri() {
    let database = TestDatabase::new().await;
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let members = json!({"token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256", "jwks_uri": "https://app.example/jwks"});
    let stored = client("app", members).client;
    store::client::insert(&database.pool, &stored)
        .await
        .unwrap();
    let document = json!({"keys": [jwk(&key)]});
    let documents = Documents::new(move |url| {
        assert_eq!(url.as_str(), "https://app.example/jwks");
        std::future::ready(Ok(document.clone()))
    });
    let on = authenticator(&database.pool, documents);
    assert!(authenticates(&on, &assertion(&key, "PS256", "1")).await);
    assert!(!authenticates(&on, &assertion(&key, "RS256", "2")).await);
    let without = authenticator(&database.pool, no_documents());
    assert!(!authenticates(&without, &assertion(&key, "PS256", "3")).await);
    database.drop().await;
}
