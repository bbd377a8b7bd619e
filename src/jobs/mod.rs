//! What runs beside requests: rotating keys, removing what is over. Every replica runs them; each is
//! safe to run at once and to be killed at any instruction.

mod audit_retention;
mod clean_up;
mod purge_accounts;
mod send_mail;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::foundation::secret::random_bytes;

/// Between two rounds, on average; replicas drift apart by the jitter.
const INTERVAL: Duration = Duration::from_mins(1);

/// Starts the jobs; they end when the set is dropped.
pub fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let clients = Arc::clone(&app.clients);
    jobs.spawn(async move { clients.follow_changes().await });
    jobs.spawn(send_mail::run(Arc::clone(app)));
    let app = Arc::clone(app);
    jobs.spawn(async move {
        loop {
            tokio::time::sleep(jittered(INTERVAL)).await;
            let app = Arc::clone(&app);
            // A task of its own: a round that panics must not be the last.
            if let Err(error) = tokio::spawn(async move { round(&app).await }).await {
                tracing::error!(%error, "a round of the jobs ended early");
            }
        }
    });
    jobs
}

/// One round of every job.
pub async fn round(app: &App) {
    let now = app.clock.now();
    if let Err(error) = app.keys.tick(now).await {
        tracing::error!(%error, "the signing keys could not be kept in order");
    }
    if let Err(error) = clean_up::run(app, now).await {
        tracing::error!(%error, "expired rows could not be removed");
    }
    if let Err(error) = send_mail::drop_expired(app, now).await {
        tracing::error!(%error, "expired mail could not be removed");
    }
    if let Err(error) = purge_accounts::run(app, now).await {
        tracing::error!(%error, "deleted accounts could not be purged");
    }
    if let Err(error) = audit_retention::run(app, now).await {
        tracing::error!(%error, "old security events could not be removed");
    }
}

fn jittered(interval: Duration) -> Duration {
    let [random] = random_bytes::<1>();
    interval.mul_f64(0.75 + f64::from(random) / 512.0)
}
