//! The table `client_assertion`: each `jti` is accepted once (RFC 7523, section 3).

use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::foundation::secret::sha256;

/// Records the `jti` of a client's assertion until `expires_at`; false if it was there before, or
/// if the client is gone.
pub async fn spend(
    executor: impl PgExecutor<'_>,
    client_id: &str,
    jti: &str,
    expires_at: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let jti_hash = sha256(jti.as_bytes());
    let done = sqlx::query!(
        "INSERT INTO client_assertion (client_id, jti_hash, expires_at)
         SELECT client_id, $2, $3 FROM client WHERE client_id = $1 FOR KEY SHARE
         ON CONFLICT DO NOTHING",
        client_id,
        jti_hash.as_slice(),
        expires_at,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes up to `limit` records of assertions that no longer would be accepted; says how many.
pub async fn delete_expired(
    executor: impl PgExecutor<'_>,
    now: OffsetDateTime,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM client_assertion WHERE (client_id, jti_hash) IN (
           SELECT client_id, jti_hash FROM client_assertion
           WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        now,
        i64::from(limit),
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected())
}
