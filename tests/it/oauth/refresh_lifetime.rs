//! How long a refresh token lives, and what its reuse does (RFC 9700, section 4.14.2).

use std::time::Duration;

use super::client::{add, assert_refused, booking_app, is_active, sql};
use crate::support::flow::{CUSTOMER, payload, refresh, text, tokens};
use crate::support::server::TestServer;

const SCOPE: &str = "openid offline_access";

/// Tokens that live 100 seconds unused and 250 in all.
async fn short_lived() -> TestServer {
    TestServer::with(|config| {
        config.tokens.refresh_idle_ttl = Duration::from_secs(100);
        config.tokens.refresh_absolute_ttl = Duration::from_secs(250);
    })
    .await
}

fn pass(server: &TestServer, seconds: u64) {
    server.app.clock.advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn an_unused_token_ends() {
    let server = short_lived().await;
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let token = text(&first, "refresh_token");
    pass(&server, 90);
    assert!(is_active(&server, &booking_app(), token).await);
    pass(&server, 11);
    assert!(!is_active(&server, &booking_app(), token).await);
    assert_refused(&refresh(&server, token).await, 400, "invalid_grant");

    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let (_, second) = refresh(&server, text(&first, "refresh_token")).await;
    pass(&server, 101);
    let successor = refresh(&server, text(&second, "refresh_token")).await;
    assert_refused(&successor, 400, "invalid_grant");
}

#[tokio::test]
async fn a_chain_of_tokens_ends_however_often_it_is_used() {
    let server = short_lived().await;
    let mut current = tokens(&server, SCOPE, CUSTOMER).await;
    for _ in 0..2 {
        pass(&server, 90);
        let (status, next) = refresh(&server, text(&current, "refresh_token")).await;
        assert_eq!(status, 200, "{next}");
        current = next;
    }
    // 180 seconds old, and used a moment ago.
    let token = text(&current, "refresh_token");
    pass(&server, 75);
    assert_refused(&refresh(&server, token).await, 400, "invalid_grant");
    let gone = server.userinfo(text(&current, "access_token")).await;
    assert_eq!(gone.0, 401, "nothing outlives its grant");
}

#[tokio::test]
async fn a_reused_token_revokes_its_family() {
    let server = TestServer::start().await;
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let (_, second) = refresh(&server, text(&first, "refresh_token")).await;
    let (_, third) = refresh(&server, text(&second, "refresh_token")).await;
    // Within the window, but its successor has been used: no client that lost an answer does that.
    let reused = refresh(&server, text(&first, "refresh_token")).await;
    assert_refused(&reused, 400, "invalid_grant");
    let replica = server.replica().await;
    for server in [&server, &replica] {
        assert_refused(
            &refresh(server, text(&third, "refresh_token")).await,
            400,
            "invalid_grant",
        );
        for tokens in [&first, &second, &third] {
            assert_eq!(server.userinfo(text(tokens, "access_token")).await.0, 401);
        }
    }
}

#[tokio::test]
async fn the_retry_is_an_answer_to_the_same_client_and_the_same_question() {
    let server = TestServer::start().await;
    let app = booking_app();
    let other = add(&server, "other", serde_json::json!({})).await;
    let first = tokens(&server, "openid email offline_access", CUSTOMER).await;
    let token = text(&first, "refresh_token");
    let (_, second) = app.refresh(&server, token, &[("scope", "openid")]).await;
    pass(&server, 5);
    // Asked for more in the retry: the answer stays the one that was given.
    let (status, again) = refresh(&server, token).await;
    assert_eq!(status, 200, "{again}");
    for same in ["refresh_token", "scope", "access_token"] {
        assert_eq!(second[same], again[same], "{same}");
    }
    assert_refused(
        &other.refresh(&server, token, &[]).await,
        400,
        "invalid_grant",
    );
    let replica = server.replica().await;
    let (status, there) = refresh(&replica, token).await;
    assert_eq!(
        (status, &there["refresh_token"]),
        (200, &second["refresh_token"])
    );
    assert_eq!(
        refresh(&server, text(&second, "refresh_token")).await.0,
        200
    );
}

#[tokio::test]
async fn a_disabled_person_gets_nothing_more() {
    let server = TestServer::start().await;
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let app = booking_app();
    sql(&server, "UPDATE user_account SET disabled_at = now()").await;
    let (access, token) = (text(&first, "access_token"), text(&first, "refresh_token"));
    assert_refused(&refresh(&server, token).await, 400, "invalid_grant");
    assert_eq!(server.userinfo(access).await.0, 401);
    for token in [access, token] {
        assert!(!is_active(&server, &app, token).await);
    }
    // Nothing was used up or revoked by that.
    sql(&server, "UPDATE user_account SET disabled_at = NULL").await;
    assert_eq!(refresh(&server, token).await.0, 200);
}

#[tokio::test]
async fn a_retry_does_not_help_a_person_who_was_disabled_meanwhile() {
    let server = TestServer::start().await;
    let first = tokens(&server, SCOPE, CUSTOMER).await;
    let token = text(&first, "refresh_token");
    let (_, second) = refresh(&server, token).await;
    sql(&server, "UPDATE user_account SET disabled_at = now()").await;
    assert_refused(&refresh(&server, token).await, 400, "invalid_grant");
    assert!(payload(text(&second, "access_token"))["exp"].is_i64());
}
