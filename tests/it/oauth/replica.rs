//! A client's change at one replica, seen by another that has the client in memory.

use std::time::Duration;

use auth_api::jobs;
use serde_json::json;

use super::client::{CALLBACK, TestClient, booking_app, is_active};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, text, tokens};
use crate::support::server::{TestServer, json as send};

/// Well below the age at which copies in memory end by themselves (30 s), so that only a
/// notification can be as fast.
const BOUND: Duration = Duration::from_secs(15);

/// The status that a client's secret gets at a replica: 400 for want of a `grant_type`, or 401.
async fn status_at(replica: &TestServer, client: &TestClient) -> u16 {
    client.post(replica, "/token", &[]).await.0
}

async fn until_refused(replica: &TestServer, client: &TestClient) {
    let refused = tokio::time::timeout(BOUND, async {
        while status_at(replica, client).await != 401 {
            tokio::task::yield_now().await;
        }
    });
    refused.await.expect("the other replica follows in time");
}

#[tokio::test]
async fn other_replicas_follow_a_replacement_and_a_deletion() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    let _jobs = jobs::start(&replica.app);
    for delete in [false, true] {
        let metadata = json!({"redirect_uris": [CALLBACK]});
        let made = server.http.post(server.url("/register")).json(&metadata);
        let (_, made) = send(made).await;
        let client = TestClient {
            id: text(&made, "client_id").to_owned(),
            secret: Some(text(&made, "client_secret").to_owned()),
        };
        assert_eq!(
            status_at(&replica, &client).await,
            400,
            "known at once, and now in memory"
        );
        let uri = text(&made, "registration_client_uri");
        let token = text(&made, "registration_access_token");
        let request = if delete {
            server.http.delete(uri)
        } else {
            let change = json!({"client_id": client.id, "redirect_uris": [CALLBACK],
                "token_endpoint_auth_method": "client_secret_post"});
            server.http.put(uri).json(&change)
        };
        let (status, _) = send(request.bearer_auth(token)).await;
        assert_eq!(status, if delete { 204 } else { 200 });
        assert_eq!(status_at(&server, &client).await, 401, "here at once");
        until_refused(&replica, &client).await;
    }
}

/// The address was changed, or two issuers share a database: what one signed is not the other's, though
/// the keys are the same.
#[tokio::test]
async fn what_another_issuer_signed_with_the_same_keys_is_nothing_here() {
    let server = TestServer::start().await;
    let other = server
        .replica_with(|config| config.server.issuer = "http://localhost:1".into())
        .await;
    let held = tokens(&server, "openid", CUSTOMER).await;
    let (access, hint) = (text(&held, "access_token"), text(&held, "id_token"));
    let app = booking_app();
    assert!(is_active(&server, &app, access).await);
    assert!(!is_active(&other, &app, access).await);
    assert_eq!(other.userinfo(access).await.0, 401);
    let to = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", "http://localhost:3002/"),
    ];
    let here = Browser::new(&server).get_with("/logout", &to).await;
    assert_eq!(here.status, 303);
    let there = Browser::new(&other).get_with("/logout", &to).await;
    assert_eq!((there.status, there.location()), (200, None));
    let request = Request::new("openid").with("id_token_hint", hint);
    let page = request.send(&Browser::new(&other)).await;
    assert_eq!(page.answer("error").as_deref(), Some("invalid_request"));
}
