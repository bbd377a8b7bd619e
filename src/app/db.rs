//! The Postgres pool.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::config::Database;
use crate::foundation::kept::{KeptConnections, TRUSTED_IDLE};
use crate::foundation::secret::Secret;

/// The migrations, compiled in.
pub static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Opens the pool. Connects at once, so that a wrong URL is told at start.
///
/// # Errors
/// When the URL is malformed or the database cannot be reached.
pub async fn connect(config: &Database) -> Result<PgPool, sqlx::Error> {
    let url = config.url.as_ref().map(Secret::expose).unwrap_or_default();
    let mut options = PgConnectOptions::from_str(url)?
        .application_name("auth-api")
        .log_statements(tracing::log::LevelFilter::Trace)
        .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
    if let Some(certificate) = &config.root_certificate {
        options = options.ssl_root_cert(certificate);
    }
    // Together no more than was configured.
    let of_pool = config.max_connections - KeptConnections::share_of(config.max_connections);
    PgPoolOptions::new()
        .max_connections(of_pool)
        .acquire_timeout(config.acquire_timeout)
        .idle_timeout(Duration::from_mins(5))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    use sqlx::Connection as _;
                    return Ok(connection.ping().await.is_ok());
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await
}

/// The database's schema is not this version's.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error(
        "the database has not been brought to this version: run `auth-api migrate` ({0} missing)"
    )]
    Behind(usize),
    #[error("the database cannot be asked for its version: {0}")]
    Database(#[from] sqlx::Error),
}

/// Checks that every migration was applied; later ones may have been, by a newer replica.
///
/// # Errors
/// See [`SchemaError`].
pub async fn check_migrated(pool: &PgPool) -> Result<(), SchemaError> {
    let known: Vec<i64> = MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .collect();
    let applied: Result<Vec<i64>, sqlx::Error> =
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(pool)
            .await;
    let applied = match applied {
        // 42P01: the table does not exist, so nothing was applied.
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Vec::new(),
        applied => applied?,
    };
    match known
        .iter()
        .filter(|version| !applied.contains(version))
        .count()
    {
        0 => Ok(()),
        missing => Err(SchemaError::Behind(missing)),
    }
}
