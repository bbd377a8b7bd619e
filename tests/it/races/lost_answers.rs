//! A server process killed at the worst instant, made certain here: its statement is on the way to
//! be committed, and nobody is left to send the answer.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};

use super::chaos_client::Servers;
use super::{assert_invariants, assert_refused, count};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Code, Request, text};
use crate::support::process::Process;
use crate::support::server::TestServer;

/// Two processes beside a server of this process, and a code.
async fn scene() -> (TestServer, [Process; 2], Servers, Code) {
    let server = TestServer::start().await;
    let (url, issuer) = (&server.database.url, &server.issuer);
    let processes = [
        Process::serve(url, issuer, &[]).await,
        Process::serve(url, issuer, &[]).await,
    ];
    let servers = Servers::new(processes.each_ref().map(|process| process.base.clone()));
    let request = Request::new("openid offline_access");
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    (server, processes, servers, code)
}

/// Sends a form to the first server, kills that one while its statement waits for a row of `table`,
/// and lets the statement go on without it. Ends when `committed` counts one.
async fn lose_the_answer(
    pool: &PgPool,
    (process, servers): (&mut Process, &Servers),
    form: &[(&str, &str)],
    table: &str,
    committed: &'static str,
) {
    let mut gate = pool.begin().await.unwrap();
    let lock = AssertSqlSafe(format!("SELECT FROM {table} FOR UPDATE"));
    sqlx::raw_sql(lock).execute(&mut *gate).await.unwrap();
    let kill = async {
        // Not through the gate: within a transaction the activity stands still.
        wait_for_one(pool, WAITING).await;
        process.kill().await;
    };
    let (lost, ()) = tokio::join!(servers.post(0, "/token", form), kill);
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(count(pool, committed).await, 0, "too early");
    gate.rollback().await.unwrap();
    wait_for_one(pool, committed).await;
}

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";

/// Waits until a query counts one: what it counts is done by another process.
async fn wait_for_one(pool: &PgPool, sql: &'static str) {
    let mut poll = tokio::time::interval(Duration::from_millis(10));
    for _ in 0..2_000 {
        poll.tick().await;
        if count(pool, sql).await == 1 {
            return;
        }
    }
    panic!("never one: {sql}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_whose_answer_died_with_its_server_is_answered_by_the_other() {
    let (server, mut processes, servers, code) = scene().await;
    let pool = &server.database.pool;
    let (_, tokens) = code.redeem(&server).await;
    let first = text(&tokens, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", first)];
    let used = "SELECT count(*) FROM refresh_token WHERE used_at IS NOT NULL";
    let killed = (&mut processes[0], &servers);
    lose_the_answer(pool, killed, &form, "refresh_token", used).await;

    let second = servers.refresh(1, first).await;
    assert_eq!(count(pool, "SELECT count(*) FROM refresh_token").await, 2);
    assert!(servers.is_active(1, &second).await);
    let third = servers.refresh(1, &second).await;
    assert!(servers.is_active(1, &third).await);
    assert_invariants(pool).await;
}

/// A code has no second try (RFC 6749, section 4.1.2): the tokens that nobody was given are dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_whose_answer_died_with_its_server_are_dead_when_the_code_comes_again() {
    let (server, mut processes, servers, code) = scene().await;
    let pool = &server.database.pool;
    let redeemed = "SELECT count(*) FROM authorization_code WHERE redeemed_at IS NOT NULL";
    let killed = (&mut processes[0], &servers);
    lose_the_answer(pool, killed, &code.form(), "authorization_code", redeemed).await;

    let live = "SELECT count(*) FROM refresh_token JOIN oauth_grant ON id = grant_id
                WHERE used_at IS NULL AND revoked_at IS NULL";
    assert_eq!(count(pool, live).await, 1);
    let again = servers.post_until_answered(1, "/token", &code.form()).await;
    assert_refused(&again, "invalid_grant");
    assert_eq!(count(pool, live).await, 0);
    assert_invariants(pool).await;
}
