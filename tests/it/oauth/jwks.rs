//! The server's published keys (RFC 7517, section 5), and verifying by them.

use std::collections::BTreeSet;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use serde_json::Value;

use super::key::ALGORITHMS;
use crate::support::flow::header;
use crate::support::server::{TestServer, json};

const PATH: &str = "/.well-known/jwks.json";

/// The claims of a token that one of the published keys signed, as a relying party sees it.
pub async fn verified(server: &TestServer, jwt: &str) -> Value {
    let (_, jwks) = json(server.http.get(server.url(PATH))).await;
    let header = header(jwt);
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!(key["alg"], header["alg"]);
    let mut validation = Validation::new(header["alg"].as_str().unwrap().parse().unwrap());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key: Jwk = serde_json::from_value(key.clone()).unwrap();
    let key = DecodingKey::from_jwk(&key).unwrap();
    jsonwebtoken::decode(jwt, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn keys_are_public_distinct_and_say_what_they_are_for() {
    let server = TestServer::start().await;
    let (_, jwks) = json(server.http.get(server.url(PATH))).await;
    let members: Vec<&String> = jwks.as_object().unwrap().keys().collect();
    assert_eq!(members, ["keys"]);
    let keys = jwks["keys"].as_array().unwrap();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let kids: BTreeSet<String> = keys.iter().map(|key| text(key, "kid")).collect();
    assert_eq!(kids.len(), keys.len());
    let algs: BTreeSet<String> = keys.iter().map(|key| text(key, "alg")).collect();
    assert_eq!(algs, ALGORITHMS.map(str::to_owned).into());
    for key in keys {
        assert_eq!(key["use"], "sig", "{key}");
        let public = match text(key, "kty").as_str() {
            "RSA" => &["n", "e"][..],
            "EC" => &["crv", "x", "y"],
            "OKP" => &["crv", "x"],
            other => panic!("{other}"),
        };
        let allowed = [&["kty", "use", "alg", "kid", "key_ops"], public].concat();
        let members = key.as_object().unwrap();
        assert!(
            members.keys().all(|name| allowed.contains(&name.as_str())),
            "{key}"
        );
        assert!(
            public.iter().all(|name| members.contains_key(*name)),
            "{key}"
        );
    }
}

#[tokio::test]
async fn the_set_is_cached_for_as_long_as_it_says() {
    let server = TestServer::start().await;
    let get = || server.http.get(server.url(PATH));
    let first = get().send().await.unwrap();
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()[CONTENT_TYPE], "application/jwk-set+json");
    let cache = first.headers()[CACHE_CONTROL].to_str().unwrap().to_owned();
    let max_age = cache.strip_prefix("public, max-age=").unwrap();
    let max_age = Duration::from_secs(max_age.parse().unwrap());
    assert!(max_age > Duration::ZERO && max_age <= server.app.config.keys.jwks_max_age);
    let etag = first.headers()[ETAG].clone();
    let tags = [
        etag.to_str().unwrap().to_owned(),
        format!("\"x\", W/{}", etag.to_str().unwrap()),
        "*".into(),
    ];
    for known in tags {
        let again = get().header(IF_NONE_MATCH, known).send().await.unwrap();
        assert_eq!(again.status(), 304);
        assert_eq!(again.headers()[ETAG], etag);
        assert!(again.headers().contains_key(CACHE_CONTROL));
        assert!(again.bytes().await.unwrap().is_empty());
    }
    let other = get().header(IF_NONE_MATCH, "\"x\"").send().await.unwrap();
    assert_eq!(other.status(), 200);
    // The same bytes under the same tag at every replica.
    let replica = server.replica().await;
    let there = replica.http.get(replica.url(PATH)).send().await.unwrap();
    assert_eq!(there.headers()[ETAG], etag);
    assert_eq!(there.bytes().await.unwrap(), first.bytes().await.unwrap());
}

#[tokio::test]
async fn a_rotation_publishes_before_it_signs() {
    let server = TestServer::start().await;
    let kids = async || {
        let (_, jwks) = json(server.http.get(server.url(PATH))).await;
        let keys = jwks["keys"].as_array().unwrap().clone();
        keys.iter()
            .map(|key| key["kid"].clone())
            .collect::<Vec<Value>>()
    };
    let before = kids().await;
    let settings = &server.app.config.keys;
    server.app.clock.advance(settings.rotation_interval);
    server.app.keys.tick(server.app.clock.now()).await.unwrap();
    let during = kids().await;
    assert!(
        before.iter().all(|kid| during.contains(kid)),
        "old ones stay for their tokens"
    );
    assert!(during.len() > before.len(), "new ones are there ahead");
}
