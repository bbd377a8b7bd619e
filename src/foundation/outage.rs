//! A database that cannot be reached: nobody waits for it.
//!
//! Where it refuses connections, the pool tries again and again until the request that wants one has
//! waited for `acquire_timeout`. That is right for a moment, and wrong for an outage: every request
//! would take seconds to learn what is known already. So while it lasts, the pool is led nowhere, which
//! fails at once, and one probe looks whether the database is back.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

/// Between two probes.
const PAUSE: Duration = Duration::from_millis(500);
/// A directory of a Unix socket that is nowhere.
const NOWHERE: &str = "/nonexistent/database-outage";

/// Whether a statement failed because the database could not be reached, or not in time, so that the
/// same request may succeed soon.
pub fn is_out_of_reach(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => true,
        // Stopped, crashed, or starting up (PostgreSQL, appendix A, class 57).
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03"))
        }
        _ => false,
    }
}

/// Returns when the database can be reached: at once if it can now. To be called by one, when a
/// connection was lost. Connections that are still good go on, and where the database answers, a request
/// waits for a connection of an exhausted pool as ever.
pub async fn wait_out(pool: &PgPool) {
    let options = pool.connect_options();
    if is_reached(pool, &options).await {
        return;
    }
    tracing::error!("the database cannot be reached: requests fail at once until it can");
    let led_nowhere = LedNowhere::new(pool, &options);
    while !pool.is_closed() && !is_reached(pool, &options).await {
        tokio::time::sleep(PAUSE).await;
    }
    drop(led_nowhere);
    tracing::info!("the database can be reached again");
}

/// Leads the pool back when dropped, also with the task that was waiting.
struct LedNowhere<'a> {
    pool: &'a PgPool,
    back: PgConnectOptions,
}

impl<'a> LedNowhere<'a> {
    fn new(pool: &'a PgPool, options: &Arc<PgConnectOptions>) -> Self {
        let back = PgConnectOptions::clone(options);
        pool.set_connect_options(back.clone().socket(NOWHERE));
        Self { pool, back }
    }
}

impl Drop for LedNowhere<'_> {
    fn drop(&mut self) {
        self.pool.set_connect_options(self.back.clone());
    }
}

/// Whether the database answers, be it that it has no connection left, while a request would wait for
/// it: one that is slow to let somebody in is not out.
async fn is_reached(pool: &PgPool, options: &PgConnectOptions) -> bool {
    let probe = async {
        match options.connect().await {
            Ok(connection) => {
                // What is left of it goes with the socket.
                let _ = connection.close().await;
                true
            }
            Err(error) => matches!(error, sqlx::Error::Database(_)) && !is_out_of_reach(&error),
        }
    };
    matches!(
        tokio::time::timeout(pool.options().get_acquire_timeout(), probe).await,
        Ok(true)
    )
}

#[cfg(test)]
mod tests {
    use sqlx::postgres::PgPoolOptions;
    use tokio::time::Instant;

    use super::*;

    /// In simulated time, which goes on where all wait for the database.
    #[tokio::test(start_paused = true)]
    async fn a_database_is_out_when_no_request_would_wait_longer_for_it() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = silent.local_addr().unwrap().port();
        let options = PgConnectOptions::new().host("127.0.0.1").port(port);
        let patience = Duration::from_secs(7);
        let pool = PgPoolOptions::new()
            .acquire_timeout(patience)
            .connect_lazy_with(options);
        let began = Instant::now();
        let waiting = {
            let pool = pool.clone();
            tokio::spawn(async move { wait_out(&pool).await })
        };
        while pool.connect_options().get_socket().is_none() {
            assert!(began.elapsed() < patience * 2, "not led nowhere");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(began.elapsed() >= patience, "{:?}", began.elapsed());
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert!(pool.connect_options().get_socket().is_none(), "led back");
    }
}
