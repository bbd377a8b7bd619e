//! A database of its own for a test.
#![allow(clippy::expect_used)] // A test may fail by panicking.

use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{Connection as _, PgConnection};

use crate::database;

/// An empty database beside the one that `TEST_DATABASE_URL` names.
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
    /// Without `TEST_DATABASE_URL`, or without a server there.
    pub async fn create() -> Self {
        let url = std::env::var("TEST_DATABASE_URL").expect(
            "this test needs PostgreSQL: set TEST_DATABASE_URL to a URL of a server where \
             databases may be created, such as postgres://postgres@127.0.0.1/",
        );
        let server = PgConnectOptions::from_str(&url)
            .expect("TEST_DATABASE_URL is a PostgreSQL URL")
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
