//! Revocation (RFC 7009).

use serde_json::{Value, json};

use super::client::{ADMIN_API, TestClient, add, assert_refused, booking_app, is_active};
use crate::support::flow::{BOOKING_BATCH, CUSTOMER, refresh, text, tokens};
use crate::support::server::TestServer;

const SCOPE: &str = "openid offline_access";

/// Revokes a token; section 2.2: 200, whatever the token was, and nobody reads the body.
async fn revoke(server: &TestServer, client: &TestClient, token: &str) {
    let answer = client.post(server, "/revoke", &[("token", token)]).await;
    assert_eq!(answer, (200, Value::Null));
}

#[tokio::test]
async fn an_access_token_is_revoked_alone() {
    let server = TestServer::start().await;
    let app = booking_app();
    let got = tokens(&server, SCOPE, CUSTOMER).await;
    let (access, token) = (text(&got, "access_token"), text(&got, "refresh_token"));
    revoke(&server, &app, access).await;
    revoke(&server, &app, access).await;
    let replica = server.replica().await;
    for server in [&server, &replica] {
        assert_eq!(server.userinfo(access).await.0, 401);
        assert!(!is_active(server, &app, access).await);
        assert!(is_active(server, &app, token).await);
    }
    let (status, next) = refresh(&server, token).await;
    assert_eq!(status, 200, "{next}");
    assert_eq!(server.userinfo(text(&next, "access_token")).await.0, 200);
}

#[tokio::test]
async fn a_refresh_token_takes_its_family_with_it() {
    let server = TestServer::start().await;
    let app = booking_app();
    for used in [false, true] {
        let first = tokens(&server, SCOPE, CUSTOMER).await;
        let other = tokens(&server, SCOPE, CUSTOMER).await;
        let (_, second) = refresh(&server, text(&first, "refresh_token")).await;
        let named = if used { &first } else { &second };
        revoke(&server, &app, text(named, "refresh_token")).await;
        for tokens in [&first, &second] {
            assert_eq!(server.userinfo(text(tokens, "access_token")).await.0, 401);
            let refused = refresh(&server, text(tokens, "refresh_token")).await;
            assert_refused(&refused, 400, "invalid_grant");
        }
        assert_eq!(server.userinfo(text(&other, "access_token")).await.0, 200);
    }
}

#[tokio::test]
async fn what_is_unknown_is_answered_like_what_was_revoked() {
    let server = TestServer::start().await;
    let app = booking_app();
    let got = tokens(&server, SCOPE, CUSTOMER).await;
    for unknown in ["x", "a.b.c", "\u{e9}", text(&got, "id_token")] {
        revoke(&server, &app, unknown).await;
    }
    let form = [
        ("token", text(&got, "access_token")),
        ("token_type_hint", "made_up"),
    ];
    assert_eq!(app.post(&server, "/revoke", &form).await.0, 200);
    assert_eq!(server.userinfo(text(&got, "access_token")).await.0, 401);
}

#[tokio::test]
async fn another_clients_tokens_are_not_revoked() {
    let server = TestServer::start().await;
    let other = add(&server, "other", json!({})).await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let got = tokens(&server, SCOPE, CUSTOMER).await;
    for client in [&other, &public] {
        for name in ["access_token", "refresh_token"] {
            revoke(&server, client, text(&got, name)).await;
        }
    }
    assert_eq!(server.userinfo(text(&got, "access_token")).await.0, 200);
    assert_eq!(refresh(&server, text(&got, "refresh_token")).await.0, 200);
}

#[tokio::test]
async fn a_public_client_revokes_its_own() {
    let server = TestServer::start().await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let got = public.tokens(&server, SCOPE, CUSTOMER).await;
    revoke(&server, &public, text(&got, "refresh_token")).await;
    assert_eq!(server.userinfo(text(&got, "access_token")).await.0, 401);
}

#[tokio::test]
async fn a_clients_own_token_is_revoked_by_it() {
    let server = TestServer::start().await;
    let batch = TestClient {
        id: BOOKING_BATCH.0.to_owned(),
        secret: Some(BOOKING_BATCH.1.to_owned()),
    };
    let form = [
        ("grant_type", "client_credentials"),
        ("resource", ADMIN_API),
    ];
    let (_, first) = batch.post(&server, "/token", &form).await;
    let (_, second) = batch.post(&server, "/token", &form).await;
    assert!(is_active(&server, &batch, text(&first, "access_token")).await);
    revoke(&server, &batch, text(&first, "access_token")).await;
    assert!(!is_active(&server, &batch, text(&first, "access_token")).await);
    assert!(is_active(&server, &batch, text(&second, "access_token")).await);
}

#[tokio::test]
async fn who_is_not_authenticated_revokes_nothing() {
    let server = TestServer::start().await;
    let got = tokens(&server, SCOPE, CUSTOMER).await;
    let form = [("token", text(&got, "access_token"))];
    assert_refused(&server.post("/revoke", &form).await, 401, "invalid_client");
    let named = [form[0], ("client_id", "booking-app")];
    assert_refused(&server.post("/revoke", &named).await, 401, "invalid_client");
    let wrong = server
        .post_as(("booking-app", "wrong"), "/revoke", &form)
        .await;
    assert_refused(&wrong, 401, "invalid_client");
    assert_eq!(server.userinfo(text(&got, "access_token")).await.0, 200);
    assert_refused(
        &booking_app().post(&server, "/revoke", &[]).await,
        400,
        "invalid_request",
    );
}
