//! Redeeming a code (RFC 6749, section 4.1.3), and what a replay does (section 10.5).

use std::time::Duration;

use serde_json::json;

use super::client::{
    ADMIN_API, CALLBACK, PUBLIC_API, add, assert_refused, booking_app, is_active, sql,
};
use crate::support::browser::Browser;
use crate::support::flow::{self, CUSTOMER, Code, Request, payload, text};
use crate::support::server::TestServer;

async fn a_code(server: &TestServer) -> Code {
    let request = Request::new("openid offline_access");
    request.code(&Browser::new(server), CUSTOMER).await
}

/// The form without one parameter.
fn without<'a>(form: &[(&'a str, &'a str)], name: &str) -> Vec<(&'a str, &'a str)> {
    let kept = form.iter().filter(|(known, _)| *known != name);
    kept.copied().collect()
}

#[tokio::test]
async fn the_redirect_uri_is_repeated_exactly_when_it_was_sent() {
    let server = TestServer::start().await;
    let second = "https://app.example/second";
    let client = add(&server, "two", json!({"redirect_uris": [CALLBACK, second]})).await;
    let request = client.request("openid");
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    let missing = without(&code.form(), "redirect_uri");
    assert_refused(
        &client.post(&server, "/token", &missing).await,
        400,
        "invalid_grant",
    );
    for other in [
        second,
        "https://app.example/cb/",
        "https://app.example/cb?",
        "https://APP.example/cb",
    ] {
        let form = [missing.clone(), vec![("redirect_uri", other)]].concat();
        assert_refused(
            &client.post(&server, "/token", &form).await,
            400,
            "invalid_grant",
        );
    }
    let (status, tokens) = client.post(&server, "/token", &code.form()).await;
    assert_eq!(status, 200, "what failed did not use the code up: {tokens}");
}

#[tokio::test]
async fn the_redirect_uri_may_be_left_out_when_it_was_not_sent() {
    let server = TestServer::start().await;
    let request = || Request::new("openid").without("redirect_uri");
    let code = request().code(&Browser::new(&server), CUSTOMER).await;
    let wrong = Code {
        redirect_uri: "http://localhost:3002/other".to_owned(),
        ..code.clone()
    };
    assert_refused(&wrong.redeem(&server).await, 400, "invalid_grant");
    let form = without(&code.form(), "redirect_uri");
    assert_eq!(booking_app().post(&server, "/token", &form).await.0, 200);
    let code = request().code(&Browser::new(&server), CUSTOMER).await;
    assert_eq!(
        code.redeem(&server).await.0,
        200,
        "the registered one may be sent"
    );
}

#[tokio::test]
async fn a_code_is_its_clients_alone() {
    let server = TestServer::start().await;
    let thief = add(&server, "thief", json!({"redirect_uris": [flow::CALLBACK]})).await;
    let code = a_code(&server).await;
    assert_refused(
        &thief.post(&server, "/token", &code.form()).await,
        400,
        "invalid_grant",
    );
    let (status, tokens) = code.redeem(&server).await;
    assert_eq!(status, 200, "{tokens}");
    // Nor can another client revoke by replaying it.
    assert_refused(
        &thief.post(&server, "/token", &code.form()).await,
        400,
        "invalid_grant",
    );
    assert_eq!(server.userinfo(text(&tokens, "access_token")).await.0, 200);
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let server = TestServer::start().await;
    let (early, late) = (a_code(&server).await, a_code(&server).await);
    server.app.clock.advance(Duration::from_secs(50));
    assert_eq!(early.redeem(&server).await.0, 200);
    server.app.clock.advance(Duration::from_secs(11));
    assert_refused(&late.redeem(&server).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_resource_narrows_the_first_token_within_what_was_granted() {
    let server = TestServer::start().await;
    let request = Request::new("openid offline_access artists:read bookings:read")
        .with("resource", PUBLIC_API)
        .with("resource", ADMIN_API);
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    let app = booking_app();
    let with = |resource| [code.form(), vec![("resource", resource)]].concat();
    for wrong in ["https://unknown.example", &server.issuer] {
        let refused = app.post(&server, "/token", &with(wrong)).await;
        assert_refused(&refused, 400, "invalid_target");
    }
    let (status, tokens) = app.post(&server, "/token", &with(PUBLIC_API)).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = payload(text(&tokens, "access_token"));
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&PUBLIC_API.into(), &tokens["scope"])
    );
    assert_eq!(claims["scope"], "artists:read offline_access");
    let (_, next) = flow::refresh(&server, text(&tokens, "refresh_token")).await;
    let claims = payload(text(&next, "access_token"));
    assert_eq!(claims["aud"], json!([PUBLIC_API, ADMIN_API]));
}

#[tokio::test]
async fn what_is_no_code_is_refused() {
    let server = TestServer::start().await;
    let code = a_code(&server).await;
    let client = booking_app();
    let missing = without(&code.form(), "code");
    assert_refused(
        &client.post(&server, "/token", &missing).await,
        400,
        "invalid_request",
    );
    for unknown in [
        "x".to_owned(),
        format!("{}x", code.code),
        "\u{e9}".repeat(2000),
    ] {
        let unknown = Code {
            code: unknown,
            ..code.clone()
        };
        assert_refused(&unknown.redeem(&server).await, 400, "invalid_grant");
    }
    sql(&server, "UPDATE user_account SET disabled_at = now()").await;
    assert_refused(&code.redeem(&server).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_replayed_code_revokes_all_that_came_of_it() {
    for later in [0, 120] {
        let server = TestServer::start().await;
        let other = flow::tokens(&server, "openid offline_access", CUSTOMER).await;
        let code = a_code(&server).await;
        let (_, first) = code.redeem(&server).await;
        let access = text(&first, "access_token");
        let (status, second) = flow::refresh(&server, text(&first, "refresh_token")).await;
        assert_eq!(status, 200);
        server.app.clock.advance(Duration::from_secs(later));
        assert_refused(&code.redeem(&server).await, 400, "invalid_grant");

        // As another process sees it: what is not committed is not there.
        let replica = server.replica().await;
        for server in [&server, &replica] {
            for access in [access, text(&second, "access_token")] {
                let (status, body) = server.userinfo(access).await;
                assert_eq!((status, &body["error"]), (401, &"invalid_token".into()));
                assert!(!is_active(server, &booking_app(), access).await);
            }
            let refresh = text(&second, "refresh_token");
            assert!(!is_active(server, &booking_app(), refresh).await);
            assert_refused(&flow::refresh(server, refresh).await, 400, "invalid_grant");
        }
        let revoked: Vec<String> = sqlx::query_scalar(
            "SELECT revoked_reason FROM oauth_grant WHERE revoked_at IS NOT NULL",
        )
        .fetch_all(&server.database.pool)
        .await
        .unwrap();
        assert_eq!(revoked, ["authorization code replayed"]);
        // The same person's other sign-in is another family.
        assert_eq!(server.userinfo(text(&other, "access_token")).await.0, 200);
        assert_eq!(
            flow::refresh(&server, text(&other, "refresh_token"))
                .await
                .0,
            200
        );
    }
}

#[tokio::test]
async fn a_replay_revokes_even_without_the_verifier() {
    let server = TestServer::start().await;
    let code = a_code(&server).await;
    let (_, tokens) = code.redeem(&server).await;
    let form = without(&code.form(), "code_verifier");
    assert_refused(
        &booking_app().post(&server, "/token", &form).await,
        400,
        "invalid_grant",
    );
    assert_eq!(server.userinfo(text(&tokens, "access_token")).await.0, 401);
}
