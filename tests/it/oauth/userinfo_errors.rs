//! How UserInfo refuses (RFC 6750, section 3).

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::client::{PUBLIC_API, assert_refused, booking_app};
use super::key::Key;
use crate::support::flow::{self, CUSTOMER, Request, header, payload, text};
use crate::support::server::{TestServer, json as send};

/// Asserts status, challenge and body of a refusal with an error code.
async fn assert_challenged(request: RequestBuilder, status: u16, code: &str) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let challenge = response.headers()[WWW_AUTHENTICATE]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    assert!(
        challenge.contains(&format!("error=\"{code}\"")),
        "{challenge}"
    );
    assert_eq!(
        challenge.contains("scope=\"openid\""),
        code == "insufficient_scope"
    );
    assert_refused(&(status, response.json().await.unwrap()), status, code);
}

async fn access_token(server: &TestServer, scope: &str) -> String {
    let tokens = flow::tokens(server, scope, CUSTOMER).await;
    text(&tokens, "access_token").to_owned()
}

#[tokio::test]
async fn without_a_token_the_challenge_is_bare() {
    let server = TestServer::start().await;
    let url = server.url("/userinfo");
    for request in [
        server.http.get(&url),
        server.http.post(&url),
        server.http.post(&url).form(&[("access_token", "")]),
        server
            .http
            .get(&url)
            .basic_auth("booking-app", Some("booking-app-secret")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Bearer"), "{challenge}");
        assert!(!challenge.contains("error"), "{challenge}");
        assert!(response.text().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_token_is_sent_once_and_in_one_way() {
    let server = TestServer::start().await;
    let token = access_token(&server, "openid").await;
    let url = server.url("/userinfo");
    let form = [("access_token", token.as_str())];
    let both = server.http.post(&url).bearer_auth(&token).form(&form);
    assert_challenged(both, 400, "invalid_request").await;
    let twice = server.http.post(&url).form(&[form[0], form[0]]);
    assert_challenged(twice, 400, "invalid_request").await;
    let headers = server
        .http
        .get(&url)
        .bearer_auth(&token)
        .bearer_auth(&token);
    assert_challenged(headers, 400, "invalid_request").await;
    for malformed in ["Bearer a b", "Bearer \"x\"", "Bearer x,y"] {
        let request = server.http.get(&url).header(AUTHORIZATION, malformed);
        assert_challenged(request, 400, "invalid_request").await;
    }
}

#[tokio::test]
async fn tokens_of_another_kind_time_or_place_are_refused() {
    let server = TestServer::start().await;
    let other = TestServer::start().await;
    let elsewhere = Request::new("openid").with("resource", PUBLIC_API);
    let elsewhere = booking_app().tokens_of(&server, &elsewhere, CUSTOMER).await;
    let tokens = flow::tokens(&server, "openid offline_access", CUSTOMER).await;
    for bad in [
        text(&elsewhere, "access_token"),
        text(&tokens, "id_token"),
        text(&tokens, "refresh_token"),
        &access_token(&other, "openid").await,
        "x",
        "a.b.c",
    ] {
        let request = server.http.get(server.url("/userinfo")).bearer_auth(bad);
        assert_challenged(request, 401, "invalid_token").await;
    }
    let without_openid = access_token(&server, "email").await;
    let request = server
        .http
        .get(server.url("/userinfo"))
        .bearer_auth(&without_openid);
    assert_challenged(request, 403, "insufficient_scope").await;

    let good = text(&tokens, "access_token");
    server.app.clock.advance(Duration::from_secs(590));
    assert_eq!(server.userinfo(good).await.0, 200);
    server.app.clock.advance(Duration::from_secs(11));
    let request = server.http.get(server.url("/userinfo")).bearer_auth(good);
    assert_challenged(request, 401, "invalid_token").await;
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let server = TestServer::start().await;
    let good = access_token(&server, "openid").await;
    let (head, claims) = (header(&good), payload(&good));
    let parts: Vec<&str> = good.split('.').collect();
    let with_header = |changes: Value| {
        let mut changed = head.clone();
        changed
            .as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        encode(&changed)
    };
    let mut longer = claims.clone();
    longer["exp"] = json!(4_000_000_000_u64);
    let none = with_header(json!({"alg": "none"}));

    // The public key, taken for a shared secret (RFC 8725, section 2.1).
    let jwks = server.http.get(server.url("/.well-known/jwks.json"));
    let (_, jwks) = send(jwks).await;
    let key = jwks["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == head["kid"]);
    let key = key.unwrap();
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
    let input = format!("{}.{}", with_header(json!({"alg": "HS256"})), parts[1]);
    let hs256 = [modulus, key.to_string().into_bytes()].map(|secret| {
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &secret),
            input.as_bytes(),
        );
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
    });
    // A stranger's key under our key's name, and one that the token brings along.
    let stranger = Key::generate("ES256", "stranger");
    let own_key = with_header(json!({"alg": "ES256", "jwk": stranger.jwk()}));
    let signed_by_stranger = stranger.sign(&claims);
    let (_, signature) = signed_by_stranger.rsplit_once('.').unwrap();

    let flipped = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let flipped: Vec<u8> = flipped.iter().map(|byte| byte ^ 1).collect();
    let flipped = URL_SAFE_NO_PAD.encode(flipped);
    for forged in [
        format!("{}.{}.{}", parts[0], encode(&longer), parts[2]),
        format!("{}.{}.{flipped}", parts[0], parts[1]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        hs256[0].clone(),
        hs256[1].clone(),
        format!("{own_key}.{}.{signature}", parts[1]),
        format!(
            "{}.{}.{}",
            with_header(json!({"alg": "PS256"})),
            parts[1],
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            with_header(json!({"kid": "unknown"})),
            parts[1],
            parts[2]
        ),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{good}."),
        format!("{good}.x"),
        signed_by_stranger.clone(),
    ] {
        let request = server
            .http
            .get(server.url("/userinfo"))
            .bearer_auth(&forged);
        assert_challenged(request, 401, "invalid_token").await;
    }
    assert_eq!(server.userinfo(&good).await.0, 200);
}
