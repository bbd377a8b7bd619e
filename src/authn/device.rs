//! Browsers in which somebody has signed in: they have a cookie that says so, each guesses at its
//! owner's password on a budget of its own, and a sign-in from any other mails a notice.
//!
//! The cookie is no credential: with it alone nobody gets in, and it says nothing without the row.

use std::time::Duration;

use sqlx::PgExecutor;
use time::OffsetDateTime;

use crate::foundation::secret::Secret;

/// How long a browser is remembered after the last sign-in there: as long as browsers keep a cookie
/// (draft-ietf-httpbis-rfc6265bis-22, section 5.5: 400 days at most).
pub const LIFETIME: Duration = Duration::from_hours(400 * 24);

/// Browsers that are remembered for one person; of more, those seen last.
const MOST: i64 = 50;

/// Whether this person has signed in in this browser.
///
/// # Errors
/// When the database fails.
pub async fn is_known(
    db: impl PgExecutor<'_>,
    device: &Secret,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
          SELECT FROM known_device WHERE device_hash = $1 AND id_user = $2 AND expires_at > $3
        ) AS "known!"
        "#,
        device.hash().to_vec(),
        id_user,
        now,
    )
    .fetch_one(db)
    .await
}

/// Whether anybody has signed in in this browser.
///
/// # Errors
/// When the database fails.
pub async fn is_anybodys(
    db: impl PgExecutor<'_>,
    device: &Secret,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
          SELECT FROM known_device WHERE device_hash = $1 AND expires_at > $2
        ) AS "known!"
        "#,
        device.hash().to_vec(),
        now,
    )
    .fetch_one(db)
    .await
}

/// Notes that a person signed in in this browser; whether it was known before. Set the cookie anew
/// each time, for its own end moves on, too.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    db: impl PgExecutor<'_>,
    device: &Secret,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH before AS (
          SELECT FROM known_device WHERE device_hash = $1 AND id_user = $2 AND expires_at > $3
        ), too_many AS (
          DELETE FROM known_device d
          USING (
            SELECT device_hash FROM known_device WHERE id_user = $2 AND device_hash <> $1
            ORDER BY last_seen_at DESC OFFSET $5::bigint - 1
          ) AS old
          WHERE d.device_hash = old.device_hash AND d.id_user = $2
        ), noted AS (
          INSERT INTO known_device (device_hash, id_user, created_at, last_seen_at, expires_at)
          VALUES ($1, $2, $3, $3, $4)
          ON CONFLICT (device_hash, id_user) DO UPDATE
          SET last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at
        )
        SELECT EXISTS (SELECT FROM before) AS "known!"
        "#,
        device.hash().to_vec(),
        id_user,
        now,
        now + LIFETIME,
        MOST,
    )
    .fetch_one(db)
    .await
}

/// Forgets all browsers of a person.
///
/// # Errors
/// When the database fails.
pub async fn forget_all(db: impl PgExecutor<'_>, id_user: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM known_device WHERE id_user = $1", id_user)
        .execute(db)
        .await?;
    Ok(())
}
