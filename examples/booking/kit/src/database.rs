//! The database of the booking platform: its own, beside the auth server's.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, PgConnection};

use crate::problem::Problem;

/// Where `cargo run -- dev` of the auth server leaves the URL of the development database.
const DEV_URL_FILE: &str = ".dev/database-url";
/// The database's name beside the auth server's.
const DATABASE: &str = "booking";

/// The database cannot be found or opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Neither the variable nor the file is there.
    #[error(
        "no database: set BOOKING_DATABASE_URL, or start the auth server first with \
         `cargo run -- dev` in the same directory, which writes {DEV_URL_FILE}"
    )]
    NoUrl,
    /// The URL is there and wrong. Its text is not repeated: it may hold a password.
    #[error("the URL of the booking database is not a PostgreSQL URL")]
    BadUrl,
    /// Postgres refuses or is not there.
    #[error("the booking database cannot be opened: {0}")]
    Postgres(#[from] sqlx::Error),
}

/// The options from `BOOKING_DATABASE_URL`, else from the development file with the database's
/// name replaced by `booking`.
pub fn options_from_env() -> Result<PgConnectOptions, DatabaseError> {
    if let Some(url) = crate::env::optional("BOOKING_DATABASE_URL") {
        return PgConnectOptions::from_str(&url).map_err(|_| DatabaseError::BadUrl);
    }
    let url = std::fs::read_to_string(DEV_URL_FILE).map_err(|_| DatabaseError::NoUrl)?;
    PgConnectOptions::from_str(url.trim())
        .map(|options| options.database(DATABASE))
        .map_err(|_| DatabaseError::BadUrl)
}

/// Opens a pool; creates the database when it is missing.
pub async fn open(options: PgConnectOptions) -> Result<PgPool, DatabaseError> {
    match PgConnection::connect_with(&options).await {
        Ok(connection) => connection.close().await?,
        // 3D000 is invalid_catalog_name: the server is there, the database is not.
        Err(error) if code(&error).as_deref() == Some("3D000") => create(&options).await?,
        Err(error) => return Err(error.into()),
    }
    Ok(pool(options))
}

/// A pool that connects when it is first used, so that a program can start before its database.
pub fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options)
}

async fn create(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let name = options
        .get_database()
        .unwrap_or(DATABASE)
        .replace('"', "\"\"");
    // A database can only be created from another one; `postgres` is in every cluster.
    let mut connection = PgConnection::connect_with(&options.clone().database("postgres")).await?;
    let statement = sqlx::AssertSqlSafe(format!("CREATE DATABASE \"{name}\""));
    match sqlx::raw_sql(statement).execute(&mut connection).await {
        Ok(_) => {}
        // Another program of the example was faster: duplicate_database, or its race's
        // unique_violation.
        Err(error) if matches!(code(&error).as_deref(), Some("42P04" | "23505")) => {}
        Err(error) => return Err(error),
    }
    connection.close().await
}

/// The SQLSTATE of an error that Postgres reported.
pub fn code(error: &sqlx::Error) -> Option<String> {
    error
        .as_database_error()?
        .code()
        .map(std::borrow::Cow::into_owned)
}

impl From<sqlx::Error> for Problem {
    /// The caller learns that the service is not available; the log learns why.
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "database");
        Problem::unavailable()
    }
}
