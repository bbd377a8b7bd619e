//! Tokens signed as each client registered (OpenID Connect Registration 1.0, section 2).

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use super::client::{add, is_active};
use super::jwks::verified;
use super::key::ALGORITHMS;
use crate::support::flow::{self, CUSTOMER, header, text};
use crate::support::server::TestServer;

/// OpenID Connect Core 1.0, section 3.1.3.6; Ed25519 hashes with SHA-512.
fn at_hash(alg: &str, access_token: &str) -> String {
    let of = if alg == "EdDSA" { &SHA512 } else { &SHA256 };
    let hash = digest(of, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}

#[tokio::test]
async fn tokens_are_rs256_unless_registered_otherwise() {
    let server = TestServer::start().await;
    let tokens = flow::tokens(&server, "openid", CUSTOMER).await;
    for name in ["id_token", "access_token"] {
        let jwt = text(&tokens, name);
        assert_eq!(header(jwt)["alg"], "RS256");
        assert_eq!(verified(&server, jwt).await["iss"], server.issuer);
    }
    let claims = verified(&server, text(&tokens, "id_token")).await;
    assert_eq!(
        claims["at_hash"],
        at_hash("RS256", text(&tokens, "access_token"))
    );
}

#[tokio::test]
async fn id_tokens_are_signed_as_registered_with_the_hash_that_belongs_to_it() {
    let server = TestServer::start().await;
    for alg in ALGORITHMS {
        let client = add(&server, alg, json!({"id_token_signed_response_alg": alg})).await;
        let tokens = client
            .tokens(&server, "openid offline_access", CUSTOMER)
            .await;
        let (_, refreshed) = client
            .refresh(&server, text(&tokens, "refresh_token"), &[])
            .await;
        for tokens in [tokens, refreshed] {
            let id_token = text(&tokens, "id_token");
            let header = header(id_token);
            assert_eq!(
                (&header["alg"], &header["typ"]),
                (&alg.into(), &"JWT".into())
            );
            let claims = verified(&server, id_token).await;
            assert_eq!(
                claims["at_hash"],
                at_hash(alg, text(&tokens, "access_token")),
                "{alg}"
            );
            assert_eq!(claims["aud"], alg);
        }
    }
}

#[tokio::test]
async fn access_tokens_are_signed_as_registered_and_work() {
    let server = TestServer::start().await;
    for alg in ALGORITHMS {
        let client = add(
            &server,
            alg,
            json!({"access_token_signed_response_alg": alg}),
        )
        .await;
        let tokens = client.tokens(&server, "openid", CUSTOMER).await;
        assert_eq!(header(text(&tokens, "id_token"))["alg"], "RS256");
        let access = text(&tokens, "access_token");
        let header = header(access);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&alg.into(), &"at+jwt".into())
        );
        verified(&server, access).await;
        assert_eq!(server.userinfo(access).await.0, 200, "{alg}");
        assert!(is_active(&server, &client, access).await, "{alg}");
    }
}

#[tokio::test]
async fn userinfo_is_signed_as_registered() {
    let server = TestServer::start().await;
    for alg in ALGORITHMS {
        let client = add(&server, alg, json!({"userinfo_signed_response_alg": alg})).await;
        let tokens = client.tokens(&server, "openid email", CUSTOMER).await;
        let request = server.http.get(server.url("/userinfo"));
        let request = request.bearer_auth(text(&tokens, "access_token"));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[CONTENT_TYPE], "application/jwt");
        let jwt = response.text().await.unwrap();
        assert_eq!(header(&jwt)["alg"], alg);
        let claims = verified(&server, &jwt).await;
        let id_token = verified(&server, text(&tokens, "id_token")).await;
        // Core 1.0, section 5.3.2.
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&server.issuer.clone().into(), &alg.into())
        );
        assert_eq!(
            (&claims["sub"], &claims["email"]),
            (&id_token["sub"], &CUSTOMER.into())
        );
    }
}
