//! Removes what is over, in batches: a huge `DELETE` would hold locks and bloat the log.

use std::time::Duration;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::app::App;
use crate::clients::store::{assertion, initial_access_token};

/// Rows removed by one statement.
const BATCH: i64 = 1000;
/// Statements for one table in one round: the next round goes on.
const MAX_BATCHES: u32 = 100;
/// What is over is kept a little longer, so that a replay is still recognised as one.
const GRACE: Duration = Duration::from_hours(24);
/// So long a mailed link that is over is told from one that never was.
const LINK_GRACE: Duration = Duration::from_hours(7 * 24);

/// Repeats a statement, given a time and the size of a batch, until nothing is left for it.
macro_rules! in_batches {
    ($pool:expr, $before:expr, $sql:literal) => {
        async {
            for _ in 0..MAX_BATCHES {
                let removed = sqlx::query!($sql, $before, BATCH).execute($pool).await?;
                if removed.rows_affected() < BATCH.unsigned_abs() {
                    break;
                }
            }
            Ok::<(), sqlx::Error>(())
        }
    };
}

/// One round over every table. A table that fails does not keep the others waiting.
///
/// # Errors
/// The first failure of the database.
pub async fn run(app: &App, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let pool = &app.pool;
    let over = now - GRACE;
    let outcomes = [
        // First, for a kept answer holds a refresh token: it goes with the first round after the
        // window in which it can be asked for.
        in_batches!(
            pool,
            now - app.config.tokens.refresh_retry_window,
            "UPDATE refresh_token SET retry_answer_sealed = NULL WHERE token_hash IN
               (SELECT token_hash FROM refresh_token
                WHERE retry_answer_sealed IS NOT NULL AND used_at < $1 LIMIT $2
                FOR UPDATE SKIP LOCKED)"
        )
        .await,
        in_batches!(
            pool,
            now,
            "DELETE FROM continuation WHERE id IN
               (SELECT id FROM continuation WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
        )
        .await,
        grants(pool, over).await,
        in_batches!(
            pool,
            over,
            "DELETE FROM session WHERE sid IN
               (SELECT sid FROM session WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
        )
        .await,
        in_batches!(
            pool,
            now,
            "DELETE FROM revoked_access_token WHERE jti IN
               (SELECT jti FROM revoked_access_token WHERE expires_at < $1 LIMIT $2
                FOR UPDATE SKIP LOCKED)"
        )
        .await,
        sign_in(pool, now).await,
        in_batches!(
            pool,
            now - LINK_GRACE,
            "DELETE FROM mailed_token WHERE token_hash IN
               (SELECT token_hash FROM mailed_token WHERE expires_at < $1 LIMIT $2
                FOR UPDATE SKIP LOCKED)"
        )
        .await,
        app.passwords.learn_fewer_costs(pool).await,
        assertion::delete_expired(pool, now, 10_000).await.map(drop),
        initial_access_token::delete_spent(pool, now)
            .await
            .map(drop),
    ];
    outcomes.into_iter().collect()
}

/// Refresh tokens before their grants: a family that was refreshed for months has thousands, which
/// a grant would take along in one statement. Their grants are held, for whoever deletes one deletes
/// its tokens too, in another order.
async fn grants(pool: &PgPool, over: OffsetDateTime) -> Result<(), sqlx::Error> {
    // Used, and so long ago that even unused it would be refused: no reuse to detect any more.
    in_batches!(
        pool,
        over,
        "DELETE FROM refresh_token WHERE token_hash IN
           (SELECT t.token_hash FROM refresh_token t JOIN oauth_grant g ON g.id = t.grant_id
            WHERE t.used_at IS NOT NULL AND t.idle_expires_at < $1 LIMIT $2
            FOR KEY SHARE OF g SKIP LOCKED FOR UPDATE OF t SKIP LOCKED)"
    )
    .await?;
    in_batches!(
        pool,
        over,
        "DELETE FROM refresh_token WHERE token_hash IN
           (SELECT t.token_hash FROM refresh_token t JOIN oauth_grant g ON g.id = t.grant_id
            WHERE g.expires_at < $1 LIMIT $2
            FOR KEY SHARE OF g SKIP LOCKED FOR UPDATE OF t SKIP LOCKED)"
    )
    .await?;
    // Codes go with their grant.
    in_batches!(
        pool,
        over,
        "DELETE FROM oauth_grant WHERE id IN
           (SELECT id FROM oauth_grant WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
    )
    .await
}

/// What stands around a sign-in: counted attempts, known browsers, second factors that were not
/// given, challenges that were not answered.
async fn sign_in(pool: &PgPool, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    in_batches!(
        pool,
        now,
        "DELETE FROM throttle WHERE bucket IN
           (SELECT bucket FROM throttle WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
    )
    .await?;
    in_batches!(
        pool,
        now,
        "DELETE FROM known_device WHERE (device_hash, id_user) IN
           (SELECT device_hash, id_user FROM known_device WHERE expires_at < $1 LIMIT $2
            FOR UPDATE SKIP LOCKED)"
    )
    .await?;
    in_batches!(
        pool,
        now,
        "DELETE FROM sign_in_attempt WHERE id IN
           (SELECT id FROM sign_in_attempt WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
    )
    .await?;
    in_batches!(
        pool,
        now,
        "DELETE FROM ceremony WHERE id IN
           (SELECT id FROM ceremony WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
    )
    .await
}
