//! `private_key_jwt` (OpenID Connect Core 1.0, section 9; RFC 7523, section 3), keys in `jwks` and
//! at `jwks_uri`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_api::clients::authenticate::ASSERTION_TYPE;
use axum::Json;
use axum::routing::get;
use serde_json::{Value, json};

use super::client::{add, assert_refused};
use super::key::{ALGORITHMS, Key};
use crate::support::server::TestServer;

pub(super) fn machine(keys: &Value) -> Value {
    let mut members = json!({"redirect_uris": null, "response_types": null, "scope": "artists:read",
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt"});
    let object = members.as_object_mut().unwrap();
    object.extend(keys.as_object().unwrap().clone());
    members
}

/// Claims of a new assertion of the client `machine`.
pub(super) fn claims(server: &TestServer) -> Value {
    static JTI: AtomicU64 = AtomicU64::new(0);
    let now = server.app.clock.now().unix_timestamp();
    json!({"iss": "machine", "sub": "machine", "aud": server.issuer, "iat": now, "exp": now + 60,
        "jti": format!("jti-{}", JTI.fetch_add(1, Ordering::Relaxed))})
}

pub(super) async fn present(server: &TestServer, jwt: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", jwt),
    ];
    server.post("/token", &form).await
}

#[tokio::test]
async fn every_advertised_algorithm_authenticates_once() {
    let server = TestServer::start().await;
    let keys: Vec<Key> = ALGORITHMS.map(|alg| Key::generate(alg, alg)).into();
    let jwks: Vec<Value> = keys.iter().map(Key::jwk).collect();
    add(
        &server,
        "machine",
        machine(&json!({"jwks": {"keys": jwks}})),
    )
    .await;
    for key in &keys {
        let jwt = key.sign(&claims(&server));
        let (status, tokens) = present(&server, &jwt).await;
        assert_eq!(status, 200, "{tokens}");
        assert_refused(&present(&server, &jwt).await, 401, "invalid_client");
    }
}

/// RFC 9864: `EdDSA` with an Ed25519 key is `Ed25519`, so each name goes with the other; neither goes
/// with another key.
#[tokio::test]
async fn both_names_of_ed25519_are_one_algorithm_and_of_its_keys_alone() {
    let server = TestServer::start().await;
    let key = Key::generate("EdDSA", "k");
    let named = |alg: &Value| {
        let mut jwk = key.jwk();
        jwk["alg"] = alg.clone();
        jwk.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        jwk
    };
    let signed_by = async |key: &Key, client: &str, header: &str| {
        let mut claims = claims(&server);
        (claims["iss"], claims["sub"]) = (json!(client), json!(client));
        present(&server, &key.sign_as(header, &claims)).await
    };
    let names = [json!("EdDSA"), json!("Ed25519"), Value::Null];
    for (of_key, registered) in names.iter().flat_map(|a| names.iter().map(move |b| (a, b))) {
        let members = json!({"jwks": {"keys": [named(of_key)]},
            "token_endpoint_auth_signing_alg": registered});
        let id = format!("{of_key}-{registered}").replace('"', "");
        add(&server, &id, machine(&members)).await;
        for header in ["EdDSA", "Ed25519"] {
            let (status, body) = signed_by(&key, &id, header).await;
            assert_eq!(status, 200, "{id} {header}: {body}");
        }
        for header in ["Ed448", "ed25519", "ES256", "HS256", "none"] {
            let refused = signed_by(&key, &id, header).await;
            assert_refused(&refused, 401, "invalid_client");
        }
    }
    for alg in ["RS256", "ES256"] {
        let other = Key::generate(alg, "k");
        for (id, only) in [
            (format!("{alg}-any"), None),
            (format!("{alg}-only"), Some(alg)),
        ] {
            let members = json!({"jwks": {"keys": [other.jwk(), named(&Value::Null)]},
                "token_endpoint_auth_signing_alg": only});
            add(&server, &id, machine(&members)).await;
            let refused = signed_by(&other, &id, "Ed25519").await;
            assert_refused(&refused, 401, "invalid_client");
            let status = signed_by(&key, &id, "Ed25519").await.0;
            assert_eq!(status, if only.is_some() { 401 } else { 200 }, "{id}");
        }
    }
    let register = |jwk: Value| {
        let body = json!({"redirect_uris": ["https://app.example/cb"], "jwks": {"keys": [jwk]},
            "token_endpoint_auth_method": "private_key_jwt"});
        crate::support::server::json(server.http.post(server.url("/register")).json(&body))
    };
    assert_eq!(register(named(&json!("Ed25519"))).await.0, 201);
    let mut agreement = named(&json!("Ed25519"));
    agreement["crv"] = json!("X25519");
    let mut rsa = Key::generate("RS256", "k").jwk();
    rsa["alg"] = json!("Ed25519");
    for wrong in [agreement, rsa] {
        let refused = register(wrong).await;
        assert_refused(&refused, 400, "invalid_client_metadata");
    }
}

#[tokio::test]
async fn an_assertion_is_for_this_server_and_about_its_client() {
    let server = TestServer::start().await;
    let key = Key::generate("ES256", "k");
    add(&server, "machine", machine(&json!({"jwks": key.jwks()}))).await;
    let token_endpoint = format!("{}/token", server.issuer);
    let changed = |changes: Value| {
        let mut claims = claims(&server);
        let object = claims.as_object_mut().unwrap();
        object.extend(changes.as_object().unwrap().clone());
        object.retain(|_, value| !value.is_null());
        key.sign(&claims)
    };
    let several = json!({"aud": [&server.issuer, "https://other.example"]});
    for good in [
        json!({}),
        json!({"aud": token_endpoint}),
        json!({"iat": null}),
        several,
    ] {
        let (status, body) = present(&server, &changed(good.clone())).await;
        assert_eq!(status, 200, "{good}: {body}");
    }
    let now = server.app.clock.now().unix_timestamp();
    for bad in [
        json!({"aud": "https://other.example"}),
        json!({"aud": null}),
        json!({"aud": format!("{}/", server.issuer)}),
        json!({"iss": "booking-app"}),
        json!({"sub": "booking-app"}),
        json!({"sub": "nobody", "iss": "nobody"}),
        json!({"exp": now - 1}),
        json!({"exp": null}),
        json!({"exp": now + 3700}),
        json!({"nbf": now + 61}),
        json!({"jti": null}),
    ] {
        assert_refused(
            &present(&server, &changed(bad)).await,
            401,
            "invalid_client",
        );
    }
    // Whoever names another client beside the assertion is neither.
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "booking-batch"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &key.sign(&claims(&server))),
    ];
    assert_refused(&server.post("/token", &form).await, 401, "invalid_client");
    let half = [form[0], form[3]];
    assert_refused(&server.post("/token", &half).await, 400, "invalid_request");
    let saml = (
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
    );
    let other_type = [form[0], saml, form[3]];
    assert_refused(
        &server.post("/token", &other_type).await,
        401,
        "invalid_client",
    );
}

#[tokio::test]
async fn forged_assertions_are_refused() {
    let server = TestServer::start().await;
    let key = Key::generate("RS256", "k");
    let members = json!({"jwks": key.jwks(), "token_endpoint_auth_signing_alg": "RS256"});
    add(&server, "machine", machine(&members)).await;
    let stranger = Key::generate("RS256", "k");
    let good = key.sign(&claims(&server));
    let (input, _) = good.rsplit_once('.').unwrap();
    for forged in [
        stranger.sign(&claims(&server)),
        Key::generate("ES256", "k").sign(&claims(&server)),
        Key::generate("ES256", "k").sign_as("RS256", &claims(&server)),
        // Registered for RS256, so its key is good for nothing else.
        key.sign_as("PS256", &claims(&server)),
        key.sign_as("none", &claims(&server)),
        key.sign_as("HS256", &claims(&server)),
        format!("{input}."),
        input.to_owned(),
        "....".to_owned(),
        "x".repeat(10_000),
    ] {
        assert_refused(&present(&server, &forged).await, 401, "invalid_client");
    }
    assert_eq!(present(&server, &good).await.0, 200, "nobody spent its jti");
}

/// Any client may register keys, to encrypt for it, say: they authenticate it only where it registered
/// so.
#[tokio::test]
async fn keys_alone_do_not_authenticate() {
    let server = TestServer::start().await;
    let key = Key::generate("ES256", "k");
    for method in ["client_secret_basic", "client_secret_post"] {
        let id = format!("machine-{method}");
        let members = json!({"jwks": key.jwks(), "token_endpoint_auth_method": method});
        let mut all = machine(&members);
        all["token_endpoint_auth_method"] = json!(method);
        add(&server, &id, all).await;
        let mut claims = claims(&server);
        for name in ["iss", "sub"] {
            claims[name] = json!(id);
        }
        let refused = present(&server, &key.sign(&claims)).await;
        assert_refused(&refused, 401, "invalid_client");
    }
}

/// A client's own server with a JWK Set that can be changed; its address.
async fn keys_at(jwks: Value) -> (String, Arc<Mutex<Value>>) {
    let document = Arc::new(Mutex::new(jwks));
    let served = Arc::clone(&document);
    let answer = get(move || std::future::ready(Json(served.lock().unwrap().clone())));
    let router = axum::Router::new().route("/jwks", answer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, document)
}

#[tokio::test]
async fn keys_are_fetched_from_an_allowed_address_and_again_when_they_change() {
    let old = Key::generate("PS256", "old");
    let (address, document) = keys_at(old.jwks()).await;
    let members = machine(&json!({"jwks_uri": format!("http://{address}/jwks")}));
    let server = TestServer::with(|config| {
        config.fetch.allow = vec![address.parse().unwrap()];
    })
    .await;
    add(&server, "machine", members).await;
    assert_eq!(present(&server, &old.sign(&claims(&server))).await.0, 200);

    let new = Key::generate("EdDSA", "new");
    *document.lock().unwrap() = new.jwks();
    let early = present(&server, &new.sign(&claims(&server))).await;
    assert_refused(&early, 401, "invalid_client");
    server.app.clock.advance(Duration::from_secs(11));
    assert_eq!(present(&server, &new.sign(&claims(&server))).await.0, 200);
    let withdrawn = present(&server, &old.sign(&claims(&server))).await;
    assert_refused(&withdrawn, 401, "invalid_client");
}

#[tokio::test]
async fn a_private_address_that_is_not_allowed_is_not_fetched() {
    let key = Key::generate("ES256", "k");
    let (address, _) = keys_at(key.jwks()).await;
    let server = TestServer::start().await;
    let members = machine(&json!({"jwks_uri": format!("http://{address}/jwks")}));
    add(&server, "machine", members).await;
    let refused = present(&server, &key.sign(&claims(&server))).await;
    assert_refused(&refused, 401, "invalid_client");
}

#[tokio::test]
async fn introspection_and_revocation_take_assertions_too() {
    let server = TestServer::start().await;
    let key = Key::generate("EdDSA", "k");
    add(&server, "machine", machine(&json!({"jwks": key.jwks()}))).await;
    let (_, tokens) = present(&server, &key.sign(&claims(&server))).await;
    let ask = async |path: &str| {
        let form = [
            ("token", tokens["access_token"].as_str().unwrap()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &key.sign(&claims(&server))),
        ];
        server.post(path, &form).await
    };
    assert_eq!(ask("/introspect").await.1["active"], true);
    assert_eq!(ask("/revoke").await, (200, Value::Null));
    assert_eq!(ask("/introspect").await, (200, json!({"active": false})));
}
