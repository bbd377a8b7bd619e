//! `private_key_jwt`: the crate has no client assertions, so they are made here and sent along with
//! its requests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use openidconnect::core::{
    CoreClientAuthMethod, CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreTokenResponse,
};
use openidconnect::{
    AuthorizationCode, JsonWebKeyId, JsonWebKeySet, OAuth2TokenResponse, TokenResponse,
};
use serde_json::json;

use super::party::{Http, Party, registration};
use crate::support::browser::Browser;
use crate::support::server::TestServer;

#[tokio::test]
async fn a_party_that_signs_assertions_has_no_secret() {
    let server = TestServer::start().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let algorithm = CoreJwsSigningAlgorithm::EcdsaP256Sha256;
    let registration = registration(&algorithm)
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::PrivateKeyJwt))
        .set_jwks(Some(public_keys(&key)));
    let party = Party::register(&server, registration).await;
    let client_id = party.client.client_id().as_str();
    let issuer = party.metadata.issuer().as_str();
    let http = Http::new(&server);

    let pending = party.sign_in(&Browser::new(&server)).await;
    let code = AuthorizationCode::new(pending.page.answer("code").unwrap());
    let once = assertion(&key, client_id, issuer, "1");
    let tokens: CoreTokenResponse = party
        .client
        .exchange_code(code)
        .unwrap()
        .set_pkce_verifier(pending.verifier)
        .add_extra_param("client_assertion_type", TYPE)
        .add_extra_param("client_assertion", &once)
        .request_async(&async |request| http.send(request).await)
        .await
        .unwrap();
    let verifier = party.client.id_token_verifier();
    let verifier = verifier.set_allowed_algs([algorithm]);
    let id_token = tokens.id_token().unwrap();
    id_token.claims(&verifier, &pending.nonce).unwrap();

    for (jti, jwt, accepted) in [
        ("a second use", once, false),
        ("a fresh one", assertion(&key, client_id, issuer, "2"), true),
    ] {
        let refreshed: Result<CoreTokenResponse, _> = party
            .client
            .exchange_refresh_token(tokens.refresh_token().unwrap())
            .unwrap()
            .add_extra_param("client_assertion_type", TYPE)
            .add_extra_param("client_assertion", jwt)
            .request_async(&async |request| http.send(request).await)
            .await;
        assert_eq!(refreshed.is_ok(), accepted, "{jti}");
    }
}

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// RFC 7523, section 3.
fn assertion(key: &rcgen::KeyPair, client_id: &str, issuer: &str, jti: &str) -> String {
    let header = Header {
        kid: Some("one".into()),
        ..Header::new(Algorithm::ES256)
    };
    let now = jsonwebtoken::get_current_timestamp();
    let claims = json!({"iss": client_id, "sub": client_id, "aud": issuer, "iat": now,
        "exp": now + 60, "jti": jti});
    let pem = key.serialize_pem();
    let key = EncodingKey::from_ec_pem(pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

/// The point of a P-256 key, uncompressed (RFC 7518, section 6.2.1).
fn public_keys(key: &rcgen::KeyPair) -> CoreJsonWebKeySet {
    let point = key.public_key_raw();
    let half = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
    let jwk = json!({"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": "one",
        "x": half(1..33), "y": half(33..65)});
    let key: CoreJsonWebKey = serde_json::from_value(jwk).unwrap();
    assert_eq!(
        openidconnect::JsonWebKey::key_id(&key),
        Some(&JsonWebKeyId::new("one".into()))
    );
    JsonWebKeySet::new(vec![key])
}
