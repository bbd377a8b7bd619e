//! A database of its own for a test.
#![allow(clippy::expect_used)] // A test may fail by panicking.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::OnceLock;

use auth_api::foundation::dev_postgres::DevPostgres;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{Connection as _, PgConnection};

use crate::database;

/// An empty database in a PostgreSQL of this test process, or in the one that `TEST_DATABASE_URL`
/// names.
pub struct TestDatabase {
    /// Connections to it.
    pub pool: PgPool,
    name: String,
    server: PgConnectOptions,
}

impl TestDatabase {
    /// Creates the database; it is removed by [`Self::remove`], so one that stays is of a test
    /// that failed.
    ///
    /// # Panics
    /// Where there is no PostgreSQL and none can be started.
    pub async fn create() -> Self {
        let server = PgConnectOptions::from_str(server_url())
            .expect("the URL of a PostgreSQL")
            .database("postgres");
        let id: String = sqlx::query_scalar("SELECT replace(gen_random_uuid()::text, '-', '')")
            .fetch_one(
                &mut PgConnection::connect_with(&server)
                    .await
                    .expect("the server answers"),
            )
            .await
            .expect("an id");
        let name = format!("booking_test_{id}");
        let pool = database::open(server.clone().database(&name))
            .await
            .expect("a database");
        Self { pool, name, server }
    }

    /// Removes the database.
    ///
    /// # Panics
    /// Where the server refuses.
    pub async fn remove(self) {
        self.pool.close().await;
        let mut server = PgConnection::connect_with(&self.server)
            .await
            .expect("the server answers");
        let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        sqlx::raw_sql(drop)
            .execute(&mut server)
            .await
            .expect("the database is removed");
        server.close().await.expect("the connection ends");
    }
}

/// The server that every test of this process shares. It ends with the process.
fn server_url() -> &'static str {
    static SERVER: OnceLock<(String, Option<DevPostgres>)> = OnceLock::new();
    let (url, _) = SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("TEST_DATABASE_URL") {
            return (url, None);
        }
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../.dev");
        let server = DevPostgres::start_throw_away(&cache, |line| eprintln!("{line}"))
            .expect("a PostgreSQL for the tests");
        (server.url("postgres"), Some(server))
    });
    url
}
