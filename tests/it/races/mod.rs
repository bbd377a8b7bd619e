//! Real concurrency: replays, rotations, replicas, kills.

use std::sync::Arc;

use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::server::TestServer;

mod chance;
mod chaos;
mod chaos_client;
mod chaos_many;
mod dev;
mod ended;
mod keys;
mod lost_answers;
mod outlived;
mod pages;
mod processes;
mod redeem;
mod refresh;
mod removed_client;
mod start;

/// How many do the same thing at once.
const MANY: usize = 64;

/// Runs tasks that all begin at the same moment, on all threads; what they came to, in any order.
pub async fn at_once<T, F>(count: usize, mut task: impl FnMut(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (gate, task) = (Arc::clone(&gate), task(number));
        tasks.spawn(async move {
            gate.wait().await;
            task.await
        });
    }
    tasks.join_all().await
}

/// Two replicas on one database.
async fn replicas() -> [Arc<TestServer>; 2] {
    let one = TestServer::start().await;
    let two = one.replica().await;
    [Arc::new(one), Arc::new(two)]
}

/// Asserts an OAuth refusal.
fn assert_refused(answer: &(u16, Value), error: &str) {
    assert_eq!(
        (answer.0, &answer.1["error"]),
        (400, &error.into()),
        "{answer:?}"
    );
}

/// A number that a query counts.
async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// What must hold in the tables at any time, whoever was killed.
async fn assert_invariants(pool: &PgPool) {
    for (what, sql) in [
        (
            "grants with several live refresh tokens",
            "SELECT count(*) FROM (SELECT FROM refresh_token WHERE used_at IS NULL
                                   GROUP BY grant_id HAVING count(*) > 1) AS wrong",
        ),
        (
            "used refresh tokens without exactly one successor",
            "SELECT count(*) FROM refresh_token t WHERE (used_at IS NOT NULL)
               <> ((SELECT count(*) FROM refresh_token s
                    WHERE s.predecessor_hash = t.token_hash) = 1)",
        ),
        (
            "families with several first tokens",
            "SELECT count(*) FROM (SELECT FROM refresh_token WHERE predecessor_hash IS NULL
                                   GROUP BY grant_id HAVING count(*) > 1) AS wrong",
        ),
        (
            "refresh tokens of codes that were not redeemed",
            "SELECT count(*) FROM authorization_code WHERE redeemed_at IS NULL
               AND grant_id IN (SELECT grant_id FROM refresh_token)",
        ),
    ] {
        assert_eq!(count(pool, sql).await, 0, "{what}");
    }
}
