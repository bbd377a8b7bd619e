//! Without a database: the pool of these tests leads nowhere, so a test that passes also shows
//! that no query was made.

use std::sync::Mutex;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::*;
use crate::clients::documents::DocumentError;
use crate::clients::metadata::{ClientMetadata, ClientSigningAlg, SigningAlg};
use crate::clients::model::NewClient;
use crate::clients::validation::ValidMetadata;

const ISSUER: &str = "https://op.example";
const JWKS_URI: &str = "https://app.example/jwks";

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

fn nowhere() -> PgPool {
    let options = PgConnectOptions::new().host("127.0.0.1").port(1);
    PgPoolOptions::new()
        .acquire_timeout(std::time::Duration::from_millis(200))
        .connect_lazy_with(options)
}

fn authenticator(documents: Documents) -> Authenticator {
    let pool = nowhere();
    let clients = Arc::new(Clients::new(pool.clone()));
    Authenticator::new(
        clients,
        pool,
        documents,
        ISSUER.into(),
        format!("{ISSUER}/token"),
    )
}

fn no_documents() -> Documents {
    Documents::new(|_| std::future::ready(Err(DocumentError("unused".into()))))
}

/// Registers `id` with `method`; returns its secret, where it has one.
fn register(on: &Authenticator, id: &str, metadata: ClientMetadata) -> Option<Secret> {
    let valid = ValidMetadata {
        metadata,
        require_pkce: true,
    };
    let new = NewClient::with_id(id.to_owned(), valid, now());
    on.clients.put(new.client);
    new.client_secret
}

fn with_method(method: TokenEndpointAuthMethod) -> ClientMetadata {
    ClientMetadata {
        token_endpoint_auth_method: method,
        ..ClientMetadata::default()
    }
}

fn basic(id: &str, secret: &str) -> HeaderValue {
    HeaderValue::from_str(&format!(
        "Basic {}",
        STANDARD.encode(format!("{id}:{secret}"))
    ))
    .unwrap()
}

fn in_header(header: &HeaderValue) -> PresentedCredentials<'_> {
    PresentedCredentials {
        authorization: Some(header),
        authorization_count: 1,
        ..PresentedCredentials::default()
    }
}

async fn refusal(on: &Authenticator, presented: PresentedCredentials<'_>) -> Refusal {
    match on.authenticate(&presented, now()).await {
        Err(ClientAuthError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_secret_method_takes_its_own_form_only() {
    use TokenEndpointAuthMethod as Method;
    let on = authenticator(no_documents());
    let header_secret = register(&on, "h", with_method(Method::ClientSecretBasic)).unwrap();
    let body_secret = register(&on, "b", with_method(Method::ClientSecretPost)).unwrap();

    let good = basic("h", header_secret.expose());
    let done = on.authenticate(&in_header(&good), now()).await.unwrap();
    assert_eq!(done.client.client_id, "h");
    assert_eq!(done.method, Method::ClientSecretBasic);
    // The identifier may be repeated in the body, but not changed.
    let repeated = PresentedCredentials {
        client_id: Some("h"),
        ..in_header(&good)
    };
    assert!(on.authenticate(&repeated, now()).await.is_ok());
    let changed = PresentedCredentials {
        client_id: Some("b"),
        ..in_header(&good)
    };
    assert_eq!(refusal(&on, changed).await.code, RefusalCode::InvalidClient);

    let in_body = |id, secret| PresentedCredentials {
        client_id: Some(id),
        client_secret: Some(secret),
        ..PresentedCredentials::default()
    };
    let done = on
        .authenticate(&in_body("b", &body_secret), now())
        .await
        .unwrap();
    assert_eq!(done.method, Method::ClientSecretPost);

    let crossed = refusal(&on, in_body("h", &header_secret)).await;
    assert!(!crossed.basic_tried && crossed.www_authenticate().is_none());
    let crossed = basic("b", body_secret.expose());
    let crossed = refusal(&on, in_header(&crossed)).await;
    assert_eq!(
        (crossed.error(), crossed.status().as_u16()),
        ("invalid_client", 401)
    );
    assert!(crossed.www_authenticate().is_some());
}

#[tokio::test]
async fn wrong_secrets_and_public_use_of_confidential_clients_are_refused() {
    use TokenEndpointAuthMethod as Method;
    let on = authenticator(no_documents());
    let secret = register(&on, "h", with_method(Method::ClientSecretBasic)).unwrap();
    register(&on, "p", with_method(Method::None));
    for header in [
        basic("h", "wrong"),
        basic("h", ""),
        basic("p", ""),
        basic("p", secret.expose()),
        HeaderValue::from_static("Bearer abc"),
        HeaderValue::from_static("Basic"),
    ] {
        let refused = refusal(&on, in_header(&header)).await;
        assert_eq!(refused.code, RefusalCode::InvalidClient);
        assert!(refused.www_authenticate().is_some());
    }
    let named = |id| PresentedCredentials {
        client_id: Some(id),
        ..Default::default()
    };
    assert!(on.authenticate(&named("p"), now()).await.is_ok());
    assert_eq!(
        refusal(&on, named("h")).await.code,
        RefusalCode::InvalidClient
    );
    assert_eq!(
        refusal(&on, named("")).await.code,
        RefusalCode::InvalidClient
    );
    assert_eq!(
        refusal(&on, named("not an id")).await.code,
        RefusalCode::InvalidClient
    );
    assert_eq!(
        refusal(&on, PresentedCredentials::default()).await.code,
        RefusalCode::InvalidClient
    );
}

#[tokio::test]
async fn two_methods_in_one_request_are_one_too_many() {
    let on = authenticator(no_documents());
    let secret = register(&on, "h", ClientMetadata::default()).unwrap();
    let header = basic("h", secret.expose());
    let twice = PresentedCredentials {
        authorization_count: 2,
        ..in_header(&header)
    };
    let both = PresentedCredentials {
        client_id: Some("h"),
        client_secret: Some(&secret),
        ..in_header(&header)
    };
    let asserting = PresentedCredentials {
        client_assertion: Some("a.b.c"),
        client_assertion_type: Some(ASSERTION_TYPE),
        ..in_header(&header)
    };
    let half = PresentedCredentials {
        client_assertion: Some("a.b.c"),
        ..Default::default()
    };
    for presented in [twice, both, asserting, half] {
        let refused = refusal(&on, presented).await;
        assert_eq!(
            (refused.error(), refused.status().as_u16()),
            ("invalid_request", 400)
        );
    }
    // An empty parameter is not a method.
    let empty = Secret::new("");
    let unused = PresentedCredentials {
        client_secret: Some(&empty),
        ..in_header(&header)
    };
    assert!(on.authenticate(&unused, now()).await.is_ok());
}

#[tokio::test]
async fn a_dead_database_is_not_the_clients_fault() {
    let on = authenticator(no_documents());
    let header = basic("unknown", "secret");
    let failed = on.authenticate(&in_header(&header), now()).await;
    assert!(
        matches!(failed, Err(ClientAuthError::Unavailable(_))),
        "{failed:?}"
    );
}

/// A key pair: what signs, and its public JWK.
fn key(algorithm: Algorithm, kid: Option<&str>) -> (EncodingKey, Value) {
    let random = SystemRandom::new();
    let (encoding, mut jwk) = if algorithm == Algorithm::EdDSA {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        (EncodingKey::from_ed_der(pkcs8.as_ref()), jwk)
    } else {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let encoding = EncodingKey::from_ec_der(pkcs8.as_ref());
        let jwk = Jwk::from_encoding_key(&encoding, algorithm).unwrap();
        (encoding, serde_json::to_value(jwk).unwrap())
    };
    if let Some(kid) = kid {
        jwk["kid"] = json!(kid);
    }
    (encoding, jwk)
}

fn sign(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    let exp = now().unix_timestamp() + 60;
    let claims = json!({"iss": "app", "sub": "app", "aud": ISSUER, "exp": exp, "jti": "1"});
    jsonwebtoken::encode(&header, &claims, key).unwrap()
}

fn jwt_client(jwks: &Value) -> ClientMetadata {
    ClientMetadata {
        jwks: serde_json::from_value(jwks.clone()).unwrap(),
        ..with_method(TokenEndpointAuthMethod::PrivateKeyJwt)
    }
}

fn asserting(jwt: &str) -> PresentedCredentials<'_> {
    PresentedCredentials {
        client_assertion: Some(jwt),
        client_assertion_type: Some(ASSERTION_TYPE),
        ..PresentedCredentials::default()
    }
}

/// Whether the signature, and all else but the single use, was found good: that is when the
/// database is asked.
async fn verifies(on: &Authenticator, jwt: &str) -> bool {
    match on.authenticate(&asserting(jwt), now()).await {
        Err(ClientAuthError::Unavailable(_)) => true,
        Err(ClientAuthError::Refused(_)) => false,
        Ok(_) => panic!("accepted without remembering the jti"),
    }
}

#[tokio::test]
async fn an_assertion_is_verified_with_the_registered_keys() {
    let on = authenticator(no_documents());
    let (ec, ec_jwk) = key(Algorithm::ES256, Some("ec"));
    let (ed, ed_jwk) = key(Algorithm::EdDSA, None);
    let (stranger, _) = key(Algorithm::ES256, None);
    let metadata = jwt_client(&json!({"keys": [ec_jwk, ed_jwk]}));
    register(&on, "app", metadata.clone());
    assert!(verifies(&on, &sign(Algorithm::ES256, Some("ec"), &ec)).await);
    assert!(verifies(&on, &sign(Algorithm::ES256, None, &ec)).await);
    assert!(verifies(&on, &sign(Algorithm::EdDSA, Some("any"), &ed)).await);
    assert!(!verifies(&on, &sign(Algorithm::ES256, Some("other"), &ec)).await);
    assert!(!verifies(&on, &sign(Algorithm::ES256, Some("ec"), &stranger)).await);
    let symmetric = EncodingKey::from_secret(b"x");
    assert!(!verifies(&on, &sign(Algorithm::HS256, None, &symmetric)).await);

    let mut only_eddsa = metadata;
    only_eddsa.token_endpoint_auth_signing_alg = Some(ClientSigningAlg::Own(SigningAlg::EdDSA));
    register(&on, "app", only_eddsa);
    assert!(verifies(&on, &sign(Algorithm::EdDSA, None, &ed)).await);
    assert!(!verifies(&on, &sign(Algorithm::ES256, Some("ec"), &ec)).await);

    // The same keys do not help a client of another method.
    register(&on, "app", ClientMetadata::default());
    assert!(!verifies(&on, &sign(Algorithm::EdDSA, None, &ed)).await);
}

#[tokio::test]
async fn a_client_id_beside_the_assertion_names_its_subject() {
    let on = authenticator(no_documents());
    let (ec, jwk) = key(Algorithm::ES256, None);
    register(&on, "app", jwt_client(&json!({"keys": [jwk]})));
    let jwt = sign(Algorithm::ES256, None, &ec);
    let other = PresentedCredentials {
        client_id: Some("other"),
        ..asserting(&jwt)
    };
    assert_eq!(refusal(&on, other).await.code, RefusalCode::InvalidClient);
    let saml = PresentedCredentials {
        client_assertion_type: Some("urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        ..asserting(&jwt)
    };
    assert_eq!(refusal(&on, saml).await.code, RefusalCode::InvalidClient);
}

#[tokio::test]
async fn fetched_keys_are_kept_and_fetched_again_for_an_unknown_key_but_not_too_often() {
    let published = Arc::new(Mutex::new((Ok(json!({"keys": []})), 0)));
    let served = Arc::clone(&published);
    let documents = Documents::new(move |url| {
        assert_eq!(url.as_str(), JWKS_URI);
        let mut served = served.lock().unwrap();
        served.1 += 1;
        std::future::ready(served.0.clone())
    });
    let publish = |document| published.lock().unwrap().0 = document;
    let fetches = || published.lock().unwrap().1;
    let on = authenticator(documents);
    let metadata = ClientMetadata {
        jwks_uri: Some(JWKS_URI.into()),
        ..with_method(TokenEndpointAuthMethod::PrivateKeyJwt)
    };
    let (first, first_jwk) = key(Algorithm::ES256, Some("1"));
    let (second, second_jwk) = key(Algorithm::ES256, Some("2"));
    let old = sign(Algorithm::ES256, Some("1"), &first);
    let new = sign(Algorithm::ES256, Some("2"), &second);
    let verified = async |jwt: &str, after: i64| {
        let assertion = Assertion::read(jwt).unwrap();
        let at = now() + time::Duration::seconds(after);
        on.keys.verify(&metadata, &assertion, at).await.is_some()
    };

    publish(Ok(json!({"keys": [first_jwk]})));
    assert!(verified(&old, 0).await);
    assert!(verified(&old, 1).await);
    assert_eq!(fetches(), 1, "kept");
    publish(Ok(json!({"keys": [second_jwk]})));
    assert!(!verified(&new, 5).await);
    assert_eq!(fetches(), 1, "not fetched again within the floor");
    assert!(verified(&new, 11).await);
    assert_eq!(fetches(), 2, "an unknown key is looked for");
    assert!(
        !verified(&old, 12).await,
        "a key that was taken away no longer verifies"
    );

    publish(Err(DocumentError("down".into())));
    assert!(verified(&new, 11 + 599).await);
    assert_eq!(fetches(), 2);
    assert!(
        verified(&new, 11 + 601).await,
        "old keys serve while the address is down"
    );
    assert_eq!(fetches(), 3);
    assert!(!verified(&new, 11 + 3601).await, "but not for ever");
}
