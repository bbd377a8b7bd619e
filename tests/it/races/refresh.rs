//! One refresh token, presented by many at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{MANY, assert_invariants, assert_refused, at_once, count, replicas};
use crate::support::flow::{BOOKING_APP, CUSTOMER, refresh, text, tokens};
use crate::support::server::TestServer;

const SCOPE: &str = "openid offline_access";
/// Just longer than the retry window.
const WINDOW_OVER: Duration = Duration::from_secs(11);

/// Presents a refresh token at both replicas in turn.
async fn refresh_at_once(servers: &[Arc<TestServer>; 2], token: &str) -> Vec<(u16, Value)> {
    at_once(MANY, |number| {
        let (server, token) = (Arc::clone(&servers[number % 2]), token.to_owned());
        async move { refresh(&server, &token).await }
    })
    .await
}

async fn is_active(server: &TestServer, token: &str) -> bool {
    let form = [("token", token)];
    let (status, told) = server.post_as(BOOKING_APP, "/introspect", &form).await;
    assert_eq!(status, 200, "{told}");
    told["active"] == true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_refreshes_with_one_token_one_makes_the_successor() {
    let servers = replicas().await;
    let first = tokens(&servers[0], SCOPE, CUSTOMER).await;
    let first = text(&first, "refresh_token");
    let answers = refresh_at_once(&servers, first).await;
    for (status, body) in &answers {
        assert_eq!(*status, 200, "within the retry window: {body}");
    }
    // The answer is the same for all, signatures included.
    let different: BTreeSet<String> = answers.iter().map(|(_, body)| body.to_string()).collect();
    assert_eq!(different.len(), 1);
    let second = text(&answers[0].1, "refresh_token").to_owned();
    let pool = &servers[0].database.pool;
    assert_eq!(count(pool, "SELECT count(*) FROM refresh_token").await, 2);
    assert_invariants(pool).await;
    assert!(is_active(&servers[1], &second).await);
    assert!(!is_active(&servers[1], first).await);

    // Once the window is over, each of them is a reuse: the family goes.
    servers[0].app.clock.advance(WINDOW_OVER);
    for answer in refresh_at_once(&servers, first).await {
        assert_refused(&answer, "invalid_grant");
    }
    for server in &servers {
        assert!(!is_active(server, &second).await);
        assert_refused(&refresh(server, &second).await, "invalid_grant");
    }
    let revoked = "SELECT count(*) FROM oauth_grant WHERE revoked_reason = 'refresh token reused'";
    assert_eq!(count(pool, revoked).await, 1);
    assert_eq!(count(pool, "SELECT count(*) FROM refresh_token").await, 2);
}

/// Whoever wins, nothing that comes out may be live: the thief's use of the old token, or the
/// client's revocation, ends the family.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_that_meets_a_reuse_or_a_revocation_leaves_nothing_live() {
    let servers = replicas().await;
    for (round, (path, parameter)) in [("/token", "refresh_token"), ("/revoke", "token")]
        .into_iter()
        .cycle()
        .take(8)
        .enumerate()
    {
        let first = tokens(&servers[0], SCOPE, CUSTOMER).await;
        let first = text(&first, "refresh_token").to_owned();
        let (status, second) = refresh(&servers[0], &first).await;
        assert_eq!(status, 200, "{second}");
        let second = text(&second, "refresh_token").to_owned();
        servers[0].app.clock.advance(WINDOW_OVER);
        let answers = at_once(8, |number| {
            let server = Arc::clone(&servers[(number + round) % 2]);
            let (first, second) = (first.clone(), second.clone());
            async move {
                if number % 4 > 0 {
                    return refresh(&server, &second).await;
                }
                let form = [("grant_type", "refresh_token"), (parameter, &first)];
                server.post_as(BOOKING_APP, path, &form).await
            }
        })
        .await;
        let mut given = vec![first, second];
        for (status, body) in &answers {
            assert!([200, 400].contains(status), "{status} {body}");
            for name in ["access_token", "refresh_token"] {
                given.extend(body[name].as_str().map(str::to_owned));
            }
        }
        for token in &given {
            assert!(!is_active(&servers[round % 2], token).await, "{path}");
        }
    }
    assert_invariants(&servers[0].database.pool).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_families_refreshed_at_once_do_not_disturb_one_another() {
    let servers = replicas().await;
    let browser = crate::support::browser::Browser::new(&servers[0]);
    let mut families = Vec::new();
    for _ in 0..MANY {
        let code = crate::support::flow::Request::new(SCOPE)
            .code(&browser, CUSTOMER)
            .await;
        let (_, tokens) = code.redeem(&servers[0]).await;
        families.push(text(&tokens, "refresh_token").to_owned());
    }
    let newest = at_once(MANY, |number| {
        let (servers, mut token) = (servers.clone(), families[number].clone());
        async move {
            for round in 0..4 {
                let (status, body) = refresh(&servers[(number + round) % 2], &token).await;
                assert_eq!(status, 200, "{body}");
                text(&body, "refresh_token").clone_into(&mut token);
            }
            token
        }
    })
    .await;
    for token in &newest {
        assert!(is_active(&servers[0], token).await);
    }
    assert_invariants(&servers[0].database.pool).await;
}
