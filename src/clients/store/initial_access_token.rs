//! The table `initial_access_token` (RFC 7591, section 3).

use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::foundation::secret::SecretHash;

/// Adds a token that lets `uses` clients register until `expires_at`.
pub async fn create(
    executor: impl PgExecutor<'_>,
    token: &SecretHash,
    label: &str,
    uses: u32,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO initial_access_token (token_hash, label, uses_left, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
        token.as_bytes(),
        label,
        i32::try_from(uses).unwrap_or(i32::MAX),
        now,
        expires_at,
    )
    .execute(executor)
    .await
    .map(|_| ())
}

/// Whether the token could be consumed now. For refusing strangers early; only [`consume`]
/// decides.
pub async fn is_usable(
    executor: impl PgExecutor<'_>,
    token: &SecretHash,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM initial_access_token
             WHERE token_hash = $1 AND uses_left > 0 AND expires_at > $2) AS "usable!""#,
        token.as_bytes(),
        now,
    )
    .fetch_one(executor)
    .await
}

/// Takes one use of the token; says whether there was one. Runs in the transaction that inserts
/// the client, so that a failed insert gives the use back.
pub async fn consume(
    executor: impl PgExecutor<'_>,
    token: &SecretHash,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE initial_access_token SET uses_left = uses_left - 1
         WHERE token_hash = $1 AND uses_left > 0 AND expires_at > $2",
        token.as_bytes(),
        now,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes tokens that are used up or expired; says how many.
pub async fn delete_spent(
    executor: impl PgExecutor<'_>,
    now: OffsetDateTime,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM initial_access_token WHERE uses_left = 0 OR expires_at <= $1",
        now,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected())
}
