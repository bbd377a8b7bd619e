//! `auth-api serve`: production. It refuses to start on anything that is fit for development only.

use std::time::Duration;

use sqlx::PgPool;
use tokio::net::TcpListener;

use super::{CommandError, demo, key_encryption_key};
use crate::app::App;
use crate::app::db;
use crate::config::Config;
use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::clock::Clock;
use crate::http::listen::{self, Limits, Shutdown, Tls};
use crate::http::metrics::Metrics;
use crate::http::telemetry;
use crate::{jobs, routes};

/// How long mail that is being sent may take to end when the server stops.
const MAIL_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the server until SIGTERM or Ctrl-C.
///
/// # Errors
/// What keeps it from starting, in plain words.
pub async fn run(config: Config) -> Result<(), CommandError> {
    config.check_production()?;
    telemetry::init(&config.log)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let kek = key_encryption_key(&config)?;
    let pool = super::connect(&config.database).await?;
    db::check_migrated(&pool).await?;
    refuse_demo_data(&config, &pool).await?;
    until_stopped(config, pool, kek, |_| ()).await
}

/// The demo people and clients have published passwords and secrets. Where only this machine can
/// reach the server, that is a warning.
async fn refuse_demo_data(config: &Config, pool: &PgPool) -> Result<(), CommandError> {
    let found = demo::find(pool).await?;
    if found.is_empty() {
        return Ok(());
    }
    let told = format!(
        "the database has demo data with published passwords or secrets ({}): remove it, or use \
         another database",
        found.join(", ")
    );
    if config.server.issuer.starts_with("https://") {
        return Err(told.into());
    }
    tracing::warn!("{told}");
    Ok(())
}

/// Serves until told to stop, drains, and closes the pool. `ready` is called when the addresses are
/// open.
///
/// # Errors
/// What keeps the server from starting, or ends it.
pub async fn until_stopped(
    config: Config,
    pool: PgPool,
    kek: KeyEncryptionKey,
    ready: impl FnOnce(&App),
) -> Result<(), CommandError> {
    let shutdown = Shutdown::on_signals()?;
    let limits = Limits::of(&config.server);
    let tls = config.server.tls().map(Tls::load).transpose()?;
    let listeners = listen::bind(&config.server.listen)
        .map_err(|error| format!("{:?} cannot be listened on: {error}", config.server.listen))?;
    let metrics_listener = match config.metrics.listen {
        Some(address) => Some(TcpListener::bind(address).await?),
        None => None,
    };
    let app = App::start(config, pool, kek, Clock::default(), shutdown.clone()).await?;
    let mut jobs = jobs::start(&app);
    if let Some(listener) = metrics_listener {
        let metrics = Metrics::install()?;
        metrics.watch_pool(app.pool.clone());
        jobs.spawn(async move {
            // To the end: whoever watches sees it drain.
            if let Err(error) = metrics.serve(listener, std::future::pending()).await {
                tracing::error!(%error, "the metrics listener ended");
            }
        });
    }
    if let Some(tls) = tls.clone() {
        jobs.spawn(tls.watch());
    }
    ready(&app);
    let router = routes::router(&app);
    let served = listen::serve(router, listeners, tls, &limits, shutdown).await;
    // A mail that the SMTP server is taking would be sent again by another replica.
    let rested = tokio::time::timeout(MAIL_PATIENCE, app.mail.rest()).await;
    if rested.is_err() {
        tracing::warn!("mail that was being sent is given up, and may be sent again");
    }
    jobs.shutdown().await;
    app.pool.close().await;
    Ok(served?)
}
