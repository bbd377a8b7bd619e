//! `POST refresh`: what the token endpoint does.

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use crate::support::api::{Api, MOBILE};
use crate::support::flow::{CUSTOMER, payload};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_refresh_token_is_rotated_and_its_reuse_ends_the_family() {
    let server = TestServer::with(|config| {
        config.tokens.refresh_retry_window = std::time::Duration::ZERO;
    })
    .await;
    let api = Api::new(&server);
    let first = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let refresh = |token: &str| json!({ "refresh_token": token });
    let second = api
        .post("/refresh", refresh(first.text("refresh_token")))
        .await
        .ok(200);
    assert_ne!(first.text("refresh_token"), second.text("refresh_token"));
    let claims = |tokens: &str| payload(tokens);
    let (before, after) = (
        claims(first.text("access_token")),
        claims(second.text("access_token")),
    );
    for claim in [
        "sub",
        "aud",
        "scope",
        "auth_time",
        "acr",
        "amr",
        "client_id",
    ] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    // By the token endpoint as well: they are the same tokens.
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", MOBILE),
        ("refresh_token", second.text("refresh_token")),
    ];
    let (status, third) = server.post("/token", &form).await;
    assert_eq!(status, 200, "{third}");
    server.app.clock.advance(std::time::Duration::from_secs(1));
    let reused = api
        .post("/refresh", refresh(first.text("refresh_token")))
        .await;
    reused.problem(400, "invalid_grant");
    let last = third["refresh_token"].as_str().unwrap();
    api.post("/refresh", refresh(last))
        .await
        .problem(400, "invalid_grant");
}

#[tokio::test]
async fn a_scope_can_be_narrowed_and_not_widened() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let login = json!({
        "email": CUSTOMER,
        "password": PASSWORD,
        "scope": "openid offline_access bookings:read",
    });
    let tokens = api.post("/login", login).await.ok(200);
    let token = tokens.text("refresh_token");
    let wider = json!({"refresh_token": token, "scope": "openid account"});
    api.post("/refresh", wider)
        .await
        .problem(400, "invalid_scope");
    let narrow = json!({"refresh_token": token, "scope": "openid"});
    let narrowed = api.post("/refresh", narrow).await.ok(200);
    assert_eq!(narrowed.text("scope"), "openid");
}

#[tokio::test]
async fn what_is_no_refresh_token_of_this_client_is_refused() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let tokens = api.login(CUSTOMER, PASSWORD).await.ok(200);
    for wrong in ["x", tokens.text("access_token"), "\u{e9}"] {
        let answer = api.post("/refresh", json!({"refresh_token": wrong})).await;
        answer.problem(400, "invalid_grant");
    }
    let empty = api.post("/refresh", json!({"refresh_token": ""})).await;
    empty.problem(422, "invalid_input");
    let other = json!({"refresh_token": tokens.text("refresh_token"), "client_id": "booking-spa"});
    api.post("/refresh", other)
        .await
        .problem(403, "unauthorized_client");
    let own = json!({"refresh_token": tokens.text("refresh_token"), "client_id": MOBILE});
    api.post("/refresh", own).await.ok(200);
}
