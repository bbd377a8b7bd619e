//! `POST verify-token`.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use crate::support::api::Api;
use crate::support::flow::{BOOKING_APP, CUSTOMER, payload, text, tokens};
use crate::support::server::TestServer;

#[tokio::test]
async fn whoever_holds_a_token_learns_whether_it_is_good() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let own = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let verify = async |token: &str| {
        let answer = api.post("/verify-token", json!({ "token": token })).await;
        answer.ok(200).body
    };
    let access_token = own.text("access_token");
    let told = verify(access_token).await;
    assert_eq!(told["active"], true);
    let claims = payload(access_token);
    for (name, value) in claims.as_object().unwrap() {
        assert_eq!(&told[name], value, "{name}");
    }
    let told = verify(own.text("refresh_token")).await;
    assert_eq!(
        (&told["active"], &told["sub"]),
        (&json!(true), &claims["sub"])
    );
    // Another client's, too: the holder has it already.
    let theirs = tokens(&server, "openid", CUSTOMER).await;
    let told = verify(text(&theirs, "access_token")).await;
    assert_eq!(told["client_id"], BOOKING_APP.0);
    for bad in ["x", "a.b.c", own.text("id_token"), &access_token[1..]] {
        assert_eq!(verify(bad).await, json!({"active": false}), "{bad:.20}");
    }
    let logout = json!({"refresh_token": own.text("refresh_token")});
    api.post("/logout", logout).await.ok(204);
    for revoked in [access_token, own.text("refresh_token")] {
        assert_eq!(verify(revoked).await, json!({"active": false}));
    }
    server.app.clock.advance(Duration::from_secs(601));
    let expired = verify(text(&theirs, "access_token")).await;
    assert_eq!(expired, json!({"active": false}));
    for malformed in [json!({}), json!({"token": ""}), json!({"token": 1})] {
        let answer = api.post("/verify-token", malformed).await;
        answer.problem(422, "invalid_input");
    }
}

/// An API asks about whatever its callers send: rubbish counts, by address, and keeps no good token
/// waiting.
#[tokio::test]
async fn tokens_that_are_none_of_ours_count_and_good_ones_do_not() {
    const MOST: usize = 300;
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let own = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let verify = async |token: &str| api.post("/verify-token", json!({ "token": token })).await;
    let active = async |token: &str| verify(token).await.ok(200).body["active"].clone();
    let (access_token, refresh_token) = (own.text("access_token"), own.text("refresh_token"));
    let forged = format!("{access_token}x");
    let theirs = tokens(&server, "openid", CUSTOMER).await;
    let expired = text(&theirs, "access_token");
    server.app.clock.advance(Duration::from_secs(601));
    let own = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let access_token = own.text("access_token");
    for _ in 0..MOST + 10 {
        assert_eq!(active(access_token).await, true);
        assert_eq!(active(expired).await, false);
        assert_eq!(active(refresh_token).await, true);
    }
    for n in 0..MOST {
        let rubbish = if n % 2 == 0 { "rubbish" } else { &forged };
        assert_eq!(active(rubbish).await, false, "{n}");
    }
    for refused in ["rubbish", forged.as_str(), "a.b.c", refresh_token] {
        let refused = verify(refused).await.problem(429, "too_many_requests");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    // What this server signed it knows without the database, and answers.
    assert_eq!(active(access_token).await, true);
    assert_eq!(active(expired).await, false);
    server.app.clock.advance(Duration::from_secs(1));
    assert_eq!(active("rubbish").await, false);
    verify("rubbish").await.problem(429, "too_many_requests");
    server.app.clock.advance(Duration::from_secs(2));
    assert_eq!(active(refresh_token).await, true);
    assert_eq!(active(refresh_token).await, true);
}
