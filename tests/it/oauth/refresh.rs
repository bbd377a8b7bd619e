//! Refreshing (RFC 6749, section 6; OpenID Connect Core 1.0, section 12; RFC 8707, section 2.2).

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{ADMIN_API, PUBLIC_API, add, assert_refused, booking_app};
use crate::support::flow::{CUSTOMER, Request, payload, refresh, text, tokens};
use crate::support::server::TestServer;

const SCOPE: &str = "openid email offline_access";

/// The values of a token response's `scope`, in order.
fn scope(tokens: &Value) -> Vec<&str> {
    let mut values: Vec<&str> = text(tokens, "scope").split(' ').collect();
    values.sort_unstable();
    values
}

#[tokio::test]
async fn a_narrowed_scope_is_for_one_access_token_only() {
    let server = TestServer::start().await;
    let app = booking_app();
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    assert_eq!(scope(&first), ["email", "offline_access", "openid"]);
    let narrow = [("scope", "openid")];
    let (status, second) = app
        .refresh(&server, text(&first, "refresh_token"), &narrow)
        .await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(scope(&second), ["openid"]);
    let access = text(&second, "access_token");
    assert_eq!(payload(access)["scope"], "openid");
    assert_eq!(server.userinfo(access).await.1.get("email"), None);
    // Section 6: the new refresh token's scope is that of the old one.
    let (status, third) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(status, 200, "{third}");
    assert_eq!(scope(&third), ["email", "offline_access", "openid"]);
    assert_eq!(
        server.userinfo(text(&third, "access_token")).await.1["email"],
        CUSTOMER
    );
}

#[tokio::test]
async fn a_wider_or_malformed_scope_is_refused_and_uses_nothing_up() {
    let server = TestServer::start().await;
    let app = booking_app();
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let token = text(&first, "refresh_token");
    for wrong in [
        "openid profile",
        "profile",
        "made:up",
        "openid \"",
        "openid \\",
        "\u{e9}",
        " ",
    ] {
        let refused = app.refresh(&server, token, &[("scope", wrong)]).await;
        assert_refused(&refused, 400, "invalid_scope");
    }
    assert_eq!(refresh(&server, token).await.0, 200);
}

#[tokio::test]
async fn a_resource_narrows_the_audience_within_what_was_granted() {
    let server = TestServer::start().await;
    let app = booking_app();
    let request = Request::new("openid offline_access artists:read bookings:read");
    let request = request
        .with("resource", PUBLIC_API)
        .with("resource", ADMIN_API);
    let first = app.tokens_of(&server, &request, CUSTOMER).await;
    let access = payload(text(&first, "access_token"));
    assert_eq!(access["aud"], json!([PUBLIC_API, ADMIN_API]));
    let token = text(&first, "refresh_token");
    for wrong in [
        "https://unknown.example",
        server.issuer.as_str(),
        "not a uri",
        "http://localhost:3003/",
    ] {
        let refused = app.refresh(&server, token, &[("resource", wrong)]).await;
        assert_refused(&refused, 400, "invalid_target");
    }
    let one = [("resource", PUBLIC_API)];
    let (status, second) = app.refresh(&server, token, &one).await;
    assert_eq!(status, 200, "{second}");
    let access = payload(text(&second, "access_token"));
    assert_eq!(access["aud"], PUBLIC_API);
    assert_eq!(access["scope"], "artists:read offline_access");
    // The grant keeps both.
    let (_, third) = refresh(&server, text(&second, "refresh_token")).await;
    let access = payload(text(&third, "access_token"));
    assert_eq!(access["aud"], json!([PUBLIC_API, ADMIN_API]));
}

#[tokio::test]
async fn a_repeated_resource_is_one_audience() {
    let server = TestServer::start().await;
    let app = booking_app();
    let request = Request::new("openid offline_access artists:read");
    let request = request.with("resource", PUBLIC_API);
    let first = app.tokens_of(&server, &request, CUSTOMER).await;
    let twice = [("resource", PUBLIC_API), ("resource", PUBLIC_API)];
    let (status, second) = app
        .refresh(&server, text(&first, "refresh_token"), &twice)
        .await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(payload(text(&second, "access_token"))["aud"], PUBLIC_API);
}

#[tokio::test]
async fn another_clients_token_is_refused_and_stays_good() {
    let server = TestServer::start().await;
    let other = add(&server, "other", json!({})).await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let token = text(&first, "refresh_token");
    for client in [&other, &public] {
        let refused = client.refresh(&server, token, &[]).await;
        assert_refused(&refused, 400, "invalid_grant");
    }
    let (status, second) = refresh(&server, token).await;
    assert_eq!(status, 200, "{second}");
    // Used, within the retry window and after it: nothing for another client, and no revocation.
    for _ in 0..2 {
        let refused = other.refresh(&server, token, &[]).await;
        assert_refused(&refused, 400, "invalid_grant");
        server.app.clock.advance(Duration::from_secs(11));
    }
    let (status, third) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(status, 200, "{third}");
    // A use that would be reuse by its own client.
    assert_refused(
        &other.refresh(&server, token, &[]).await,
        400,
        "invalid_grant",
    );
    for tokens in [&second, &third] {
        assert_eq!(server.userinfo(text(tokens, "access_token")).await.0, 200);
    }
    assert_eq!(refresh(&server, text(&third, "refresh_token")).await.0, 200);
}

#[tokio::test]
async fn the_new_id_token_speaks_of_the_same_sign_in() {
    let server = TestServer::start().await;
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    server.app.clock.advance(Duration::from_secs(100));
    let (_, second) = refresh(&server, text(&first, "refresh_token")).await;
    let (old, new) = (
        payload(text(&first, "id_token")),
        payload(text(&second, "id_token")),
    );
    for kept in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
        assert!(!old[kept].is_null(), "{kept}");
        assert_eq!(old[kept], new[kept], "{kept}");
    }
    let later = |name: &str| new[name].as_i64().unwrap() - old[name].as_i64().unwrap();
    assert!(later("iat") >= 100 && later("exp") >= 100);
    assert_eq!(old["nonce"], "the-nonce");
    assert_eq!(new.get("nonce"), None);
    assert_ne!(old["at_hash"], new["at_hash"]);
}

#[tokio::test]
async fn a_client_without_the_grant_gets_and_uses_no_refresh_token() {
    let server = TestServer::start().await;
    let members = json!({"grant_types": ["authorization_code"]});
    let once = add(&server, "once", members).await;
    let got = once.tokens(&server, SCOPE, CUSTOMER).await;
    assert_eq!(got.get("refresh_token"), None);
    assert_eq!(scope(&got), ["email", "openid"]);
    let theirs = tokens(&server, SCOPE, CUSTOMER).await;
    let refused = once
        .refresh(&server, text(&theirs, "refresh_token"), &[])
        .await;
    assert_refused(&refused, 400, "unauthorized_client");
    let missing = booking_app()
        .post(&server, "/token", &[("grant_type", "refresh_token")])
        .await;
    assert_refused(&missing, 400, "invalid_request");
    let unknown = refresh(&server, "made-up").await;
    assert_refused(&unknown, 400, "invalid_grant");
}
