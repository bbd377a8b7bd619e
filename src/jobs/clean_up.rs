//! Removes what is over, in batches: a huge `DELETE` would hold locks and bloat the log.

use std::time::Duration;

use time::OffsetDateTime;

use crate::app::App;
use crate::clients::store::{assertion, initial_access_token};

/// Rows removed by one statement.
const BATCH: i64 = 1000;
/// Statements for one table in one round: the next round goes on.
const MAX_BATCHES: u32 = 100;
/// What is over is kept a little longer, so that a replay is still recognised as one.
const GRACE: Duration = Duration::from_hours(24);

/// One round over every table.
///
/// # Errors
/// When the database fails.
pub async fn run(app: &App, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let pool = &app.pool;
    let over = now - GRACE;
    macro_rules! in_batches {
        ($sql:literal, $before:expr) => {
            for _ in 0..MAX_BATCHES {
                let removed = sqlx::query!($sql, $before, BATCH).execute(pool).await?;
                if removed.rows_affected() < BATCH.unsigned_abs() {
                    break;
                }
            }
        };
    }
    in_batches!(
        "DELETE FROM continuation WHERE id IN
           (SELECT id FROM continuation WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now
    );
    // Codes and refresh tokens go with their grant.
    in_batches!(
        "DELETE FROM oauth_grant WHERE id IN
           (SELECT id FROM oauth_grant WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        over
    );
    in_batches!(
        "DELETE FROM session WHERE sid IN
           (SELECT sid FROM session WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        over
    );
    in_batches!(
        "DELETE FROM revoked_access_token WHERE jti IN
           (SELECT jti FROM revoked_access_token WHERE expires_at < $1 LIMIT $2
            FOR UPDATE SKIP LOCKED)",
        now
    );
    // A kept answer holds a refresh token: not a second longer than it can be asked for.
    in_batches!(
        "UPDATE refresh_token SET retry_answer_sealed = NULL WHERE token_hash IN
           (SELECT token_hash FROM refresh_token
            WHERE retry_answer_sealed IS NOT NULL AND used_at < $1 LIMIT $2
            FOR UPDATE SKIP LOCKED)",
        now - app.config.tokens.refresh_retry_window
    );
    assertion::delete_expired(pool, now, 10_000).await?;
    initial_access_token::delete_spent(pool, now).await?;
    Ok(())
}
