//! What leaves the trail: personal data with a purged account, and events by age.

use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// Takes addresses, user agents and details out of every event about these people, and their own
/// address and user agent out of what they did to others. Who did what to which `sub` when stays: the
/// table's trigger allows this change alone.
///
/// # Errors
/// When the database fails.
pub async fn pseudonymise(db: impl PgExecutor<'_>, subs: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE audit_event
        SET ip = NULL, user_agent = NULL,
            detail = CASE WHEN subject = ANY ($1) THEN '{}' ELSE detail END
        WHERE id IN (
          SELECT id FROM audit_event
          WHERE subject = ANY ($1)
            AND (ip IS NOT NULL OR user_agent IS NOT NULL OR detail <> '{}')
          UNION
          SELECT id FROM audit_event
          WHERE actor_sub = ANY ($1) AND (ip IS NOT NULL OR user_agent IS NOT NULL)
        )
        "#,
        subs,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Who was purged since then.
///
/// # Errors
/// When the database fails.
pub async fn purged_since(
    db: impl PgExecutor<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT subject AS "sub!" FROM audit_event
        WHERE kind = 'account_purged' AND at > $1 AND subject IS NOT NULL
        "#,
        since,
    )
    .fetch_all(db)
    .await
}

/// Removes at most `limit` events that are older than a time; says how many it were.
///
/// # Errors
/// When the database fails.
pub async fn remove_older(
    db: impl PgExecutor<'_>,
    than: OffsetDateTime,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        DELETE FROM audit_event WHERE id IN (
          SELECT id FROM audit_event WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        "#,
        than,
        limit,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
