//! Removes security events by age, in batches.

use time::OffsetDateTime;

use crate::app::App;
use crate::audit;

/// Rows removed by one statement.
const BATCH: i64 = 1000;
/// Statements in one round: the next round goes on.
const MAX_BATCHES: u32 = 100;

/// One round.
///
/// # Errors
/// When the database fails.
pub async fn run(app: &App, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let before = now - app.config.audit.retention;
    for _ in 0..MAX_BATCHES {
        let removed = audit::remove_older(&app.pool, before, BATCH).await?;
        if removed < BATCH.unsigned_abs() {
            break;
        }
    }
    Ok(())
}
