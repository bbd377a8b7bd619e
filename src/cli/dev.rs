//! `auth-api dev`: a running server on a machine that has nothing but a Rust toolchain.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use super::serve::until_stopped;
use super::{CommandError, demo};
use crate::app::db;
use crate::authn::password::Passwords;
use crate::config::Config;
use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::clock::Clock;
use crate::foundation::dev_postgres::{DevPostgres, Options};
use crate::foundation::secret::Secret;
use crate::http::telemetry;

/// Where the private database lives.
const ROOT: &str = ".dev";

/// Runs everything until Ctrl-C.
///
/// # Errors
/// What keeps it from starting, in plain words.
pub async fn run(file: Option<&Path>, reset: bool) -> Result<(), CommandError> {
    let mut config = Config::load_dev(file, Config::process_env())?;
    telemetry::init(&config.log)?;
    let private = config.database.url.is_none();
    if let Some(url) = &config.database.url {
        let options: PgConnectOptions = url.expose().parse()?;
        let host = options.get_host();
        if !host.starts_with('/') && !["localhost", "127.0.0.1", "::1", "[::1]"].contains(&host) {
            return Err(
                "dev adds demo users with a published password, and DATABASE_URL is not on \
                        this machine"
                    .into(),
            );
        }
    }
    if reset && !private {
        return Err("--reset removes the private database only, and DATABASE_URL is set".into());
    }
    let postgres = if private {
        if reset {
            DevPostgres::reset(Path::new(ROOT)).await?;
        }
        let options = Options {
            root: PathBuf::from(ROOT),
            durable: true,
            progress: |line| println!("{line}"),
        };
        let postgres = DevPostgres::start(options).await?;
        postgres.create_database("auth_api").await?;
        let url = postgres.url("auth_api");
        // The examples find the database server here.
        std::fs::write(Path::new(ROOT).join("database-url"), format!("{url}\n"))?;
        config.database.url = Some(Secret::new(url));
        Some(postgres)
    } else {
        None
    };
    let served = serve(config).await;
    if let Some(postgres) = postgres {
        postgres.stop().await?;
    }
    served
}

async fn serve(config: Config) -> Result<(), CommandError> {
    let pool = super::connect(&config.database).await?;
    db::MIGRATIONS.run(&pool).await?;
    let kek = match &config.keys.encryption_key {
        Some(key) => KeyEncryptionKey::from_secret(key)?,
        None => KeyEncryptionKey::load_or_create(&config.keys.encryption_key_file)?,
    };
    demo::seed(&pool, &Passwords::new()?, Clock::default().now()).await?;
    until_stopped(config, pool, kek, |app| {
        let issuer = app.issuer.as_str();
        println!("{}", demo::banner(issuer));
    })
    .await
}
