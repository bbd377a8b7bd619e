//! The code flow as a client goes through it.

use crate::support::flow::{CUSTOMER, header, payload, refresh, text, tokens};
use crate::support::server::TestServer;

#[tokio::test]
async fn tokens_carry_who_and_what_for() {
    let server = TestServer::start().await;
    let tokens = tokens(&server, "openid email roles bookings:read", CUSTOMER).await;
    let id_token = text(&tokens, "id_token");
    assert_eq!(header(id_token)["alg"], "RS256");
    let claims = payload(id_token);
    assert_eq!(claims["iss"], server.issuer);
    assert_eq!(claims["aud"], "booking-app");
    assert_eq!(claims["nonce"], "the-nonce");
    assert_eq!(claims.get("email"), None, "scope claims go to UserInfo");
    let access = payload(text(&tokens, "access_token"));
    assert_eq!(access["roles"], serde_json::json!(["customer"]));
    assert_eq!(
        access["permissions"],
        serde_json::json!([]),
        "no resource allows it"
    );
    assert_eq!(
        tokens.get("refresh_token"),
        None,
        "offline_access was not asked for"
    );
    let (status, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    assert_eq!((status, &userinfo["email"]), (200, &CUSTOMER.into()));
    assert_eq!(userinfo["sub"], claims["sub"]);
}

#[tokio::test]
async fn a_refresh_token_rotates_and_its_retry_gets_the_same_answer() {
    let server = TestServer::start().await;
    let first = tokens(&server, "openid offline_access", CUSTOMER).await;
    let (status, second) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 200, "{second}");
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let (status, again) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 200);
    assert_eq!(second["refresh_token"], again["refresh_token"]);
    assert_eq!(second["access_token"], again["access_token"]);
    server.app.clock.advance(std::time::Duration::from_secs(11));
    let (status, error) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    let (status, _) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(status, 400, "reuse revokes the family");
}
