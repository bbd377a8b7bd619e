//! One code, presented by many at once.

use std::sync::Arc;

use serde_json::Value;

use super::{MANY, assert_invariants, assert_refused, at_once, count, replicas};
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, refresh, text};
use crate::support::server::TestServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_redemptions_of_one_code_one_succeeds_and_the_replays_revoke() {
    let servers = replicas().await;
    let request = Request::new("openid offline_access");
    let code = request.code(&Browser::new(&servers[0]), CUSTOMER).await;
    let answers = at_once(MANY, |number| {
        let (server, code) = (Arc::clone(&servers[number % 2]), code.clone());
        async move { code.redeem(&server).await }
    })
    .await;

    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.0 == 200);
    assert_eq!((won.len(), lost.len()), (1, MANY - 1));
    for answer in &lost {
        assert_refused(answer, "invalid_grant");
    }
    assert_dead(&servers, &won[0].1).await;
    let pool = &servers[0].database.pool;
    let revoked = "SELECT count(*) FROM oauth_grant
                   WHERE revoked_reason = 'authorization code replayed'";
    assert_eq!(count(pool, revoked).await, 1);
    assert_eq!(count(pool, "SELECT count(*) FROM refresh_token").await, 1);
    assert_invariants(pool).await;
}

/// RFC 6749, section 4.1.2: the tokens issued from a replayed code are worth nothing, at any replica.
async fn assert_dead(servers: &[Arc<TestServer>], tokens: &Value) {
    let (access_token, refresh_token) =
        (text(tokens, "access_token"), text(tokens, "refresh_token"));
    for server in servers {
        assert_eq!(server.userinfo(access_token).await.0, 401);
        for token in [access_token, refresh_token] {
            let form = [("token", token)];
            let (status, told) = server.post_as(BOOKING_APP, "/introspect", &form).await;
            assert_eq!((status, &told["active"]), (200, &false.into()));
        }
        let answer = refresh(server, refresh_token).await;
        assert_refused(&answer, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_codes_redeemed_at_once_do_not_disturb_one_another() {
    let servers = replicas().await;
    let browser = Browser::new(&servers[0]);
    let mut codes = Vec::new();
    for _ in 0..MANY {
        codes.push(Request::new("openid").code(&browser, CUSTOMER).await);
    }
    let statuses = at_once(MANY, |number| {
        let (server, code) = (Arc::clone(&servers[number % 2]), codes[number].clone());
        async move { code.redeem(&server).await.0 }
    })
    .await;
    assert_eq!(statuses, [200; MANY]);
    let revoked = "SELECT count(*) FROM oauth_grant WHERE revoked_at IS NOT NULL";
    assert_eq!(count(&servers[0].database.pool, revoked).await, 0);
}
