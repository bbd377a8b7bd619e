//! Connections that are kept beside the pool.

use std::time::{Duration, Instant};

use auth_api::foundation::kept::KeptConnections;
use sqlx::{Connection as _, PgConnection};

use crate::support::database::TestDatabase;

const PATIENCE: Duration = Duration::from_secs(20);

async fn backend(connection: &mut PgConnection) -> i32 {
    let pid = sqlx::query_scalar("SELECT pg_backend_pid()");
    pid.fetch_one(connection).await.unwrap()
}

/// Whoever hangs up again and again does not have us open one connection after the other.
#[tokio::test]
async fn one_whose_request_went_away_is_used_again_without_what_that_began() {
    let database = TestDatabase::new().await;
    let kept = KeptConnections::new(database.pool.clone(), 1);
    let mut lease = kept.take().await.unwrap();
    let pid = backend(&mut lease).await;
    let mut tx = lease.begin().await.unwrap();
    let made = sqlx::query("CREATE TABLE half_done ()").execute(&mut *tx);
    made.await.unwrap();
    let slow = sqlx::query("SELECT pg_sleep(0.2)").execute(&mut *tx);
    let gone = tokio::time::timeout(Duration::from_millis(20), slow).await;
    assert!(gone.is_err());
    drop(tx);
    drop(lease);
    let began = Instant::now();
    let mut lease = loop {
        // One of the pool, until the kept one is free.
        let mut lease = kept.take().await.unwrap();
        if backend(&mut lease).await == pid {
            break lease;
        }
        assert!(began.elapsed() < PATIENCE, "it was closed");
    };
    let left = sqlx::query_scalar::<_, bool>("SELECT to_regclass('half_done') IS NOT NULL");
    assert!(!left.fetch_one(&mut *lease).await.unwrap());
}
