//! What tokens say, member by member (RFC 9068, section 2; OpenID Connect Core 1.0, section 2).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{ADMIN_API, EVERYTHING, booking_app};
use super::jwks::verified;
use crate::support::flow::{CUSTOMER, Request, header, text};
use crate::support::server::TestServer;

fn members(claims: &Value) -> BTreeSet<&str> {
    let names = claims.as_object().unwrap().keys();
    names.map(String::as_str).collect()
}

#[tokio::test]
async fn an_access_token_says_who_for_whom_where_and_how_long() {
    let server = TestServer::start().await;
    let request = Request::new(EVERYTHING)
        .with("resource", ADMIN_API)
        .with("resource", &server.issuer);
    let tokens = booking_app().tokens_of(&server, &request, CUSTOMER).await;
    let access = text(&tokens, "access_token");
    assert_eq!(members(&header(access)), ["alg", "kid", "typ"].into());
    let claims = verified(&server, access).await;
    let expected = [
        "iss",
        "sub",
        "aud",
        "client_id",
        "iat",
        "exp",
        "jti",
        "scope",
        "auth_time",
        "acr",
        "amr",
        "roles",
        "permissions",
    ];
    assert_eq!(
        members(&claims),
        expected.into(),
        "and nothing about the person"
    );
    assert_eq!(claims["iss"], server.issuer);
    assert_eq!(claims["aud"], json!([ADMIN_API, server.issuer]));
    assert_eq!(claims["client_id"], "booking-app");
    assert_eq!(claims["amr"], json!(["pwd"]));
    let number = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(
        number("exp") - number("iat"),
        tokens["expires_in"].as_i64().unwrap()
    );
    assert!(number("auth_time") <= number("iat"));
    let now = server.app.clock.now().unix_timestamp();
    assert!((now - 30..=now).contains(&number("iat")));
    // RFC 9068, section 2.2.1: 128 bits or more of chance; another token, another id.
    let again = booking_app().tokens_of(&server, &request, CUSTOMER).await;
    let other = verified(&server, text(&again, "access_token")).await;
    assert_ne!(claims["jti"], other["jti"]);
    assert!(text(&claims, "jti").len() >= 22);
}

#[tokio::test]
async fn an_id_token_says_no_more_than_was_asked() {
    let server = TestServer::start().await;
    let tokens = booking_app()
        .tokens_of(&server, &Request::new(EVERYTHING), CUSTOMER)
        .await;
    let id_token = text(&tokens, "id_token");
    assert_eq!(members(&header(id_token)), ["alg", "kid", "typ"].into());
    let claims = verified(&server, id_token).await;
    let expected = [
        "iss",
        "sub",
        "aud",
        "iat",
        "exp",
        "auth_time",
        "acr",
        "amr",
        "at_hash",
        "sid",
        "nonce",
    ];
    assert_eq!(members(&claims), expected.into());
    assert_eq!(
        (&claims["aud"], &claims["nonce"]),
        (&"booking-app".into(), &"the-nonce".into())
    );
    assert!(text(&claims, "sub").len() <= 255);
    let without = Request::new("openid").without("nonce");
    let tokens = booking_app().tokens_of(&server, &without, CUSTOMER).await;
    let claims = verified(&server, text(&tokens, "id_token")).await;
    assert_eq!(claims.get("nonce"), None);
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let server = TestServer::start().await;
    let request = Request::new("email offline_access");
    let tokens = booking_app().tokens_of(&server, &request, CUSTOMER).await;
    let members = members(&tokens);
    assert!(!members.contains("id_token"), "{tokens}");
    assert!(members.contains("refresh_token"), "{tokens}");
}
