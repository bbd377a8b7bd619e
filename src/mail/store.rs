//! The table `mail`.

use std::time::Duration;

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// A mail that waits.
pub(super) struct NewMail<'a> {
    pub id: Uuid,
    pub id_user: Option<i32>,
    pub template: &'a str,
    pub message_sealed: &'a [u8],
    pub expires_at: OffsetDateTime,
    /// Caught at once instead of sent.
    pub caught: bool,
}

pub(super) async fn insert(
    db: impl PgExecutor<'_>,
    mail: &NewMail<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO mail (id, id_user, template, message_sealed, created_at, next_attempt_at,
                           expires_at, caught_at)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
        mail.id,
        mail.id_user,
        mail.template,
        mail.message_sealed,
        now,
        mail.expires_at,
        mail.caught.then_some(now),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A mail that is due, and now in the hands of whoever claimed it.
pub struct Due {
    pub id: Uuid,
    pub template: String,
    pub message_sealed: Vec<u8>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    /// How often sending it was begun, this time included.
    pub attempts: i32,
}

/// Takes up to `most` mails that are due, the longest waiting first. Nobody else gets them before
/// `lease` is over: should this process die, they are due again then.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    pool: &PgPool,
    most: usize,
    lease: Duration,
    now: OffsetDateTime,
) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as!(
        Due,
        "UPDATE mail SET attempts = attempts + 1, next_attempt_at = $2
         WHERE id IN (SELECT id FROM mail
                      WHERE caught_at IS NULL AND next_attempt_at <= $1 AND expires_at > $1
                      ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, template, message_sealed, created_at, expires_at, attempts",
        now,
        now + lease,
        i64::try_from(most).unwrap_or(i64::MAX),
    )
    .fetch_all(pool)
    .await
}

/// A mail was sent, or never can be: nothing is left of it.
///
/// # Errors
/// When the database fails.
pub async fn remove(pool: &PgPool, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM mail WHERE id = $1", id)
        .execute(pool)
        .await?;
    Ok(())
}

/// Sending failed: it is due again at `next`. Nothing changes if it was claimed anew since.
///
/// # Errors
/// When the database fails.
pub async fn postpone(
    pool: &PgPool,
    due: &Due,
    next: OffsetDateTime,
    error: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE mail SET next_attempt_at = $3, last_error = $4 WHERE id = $1 AND attempts = $2",
        due.id,
        due.attempts,
        next,
        error,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Drops what is of no use any more; what was never sent is told by the names of the letters.
///
/// # Errors
/// When the database fails.
pub async fn drop_expired(
    pool: &PgPool,
    most: i64,
    now: OffsetDateTime,
) -> Result<Vec<String>, sqlx::Error> {
    let dropped = sqlx::query!(
        "DELETE FROM mail WHERE id IN
           (SELECT id FROM mail WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING template, caught_at",
        now,
        most,
    )
    .fetch_all(pool)
    .await?;
    Ok(dropped
        .into_iter()
        .filter(|row| row.caught_at.is_none())
        .map(|row| row.template)
        .collect())
}

pub(super) struct Kept {
    pub id: Uuid,
    pub template: String,
    pub message_sealed: Vec<u8>,
    pub created_at: OffsetDateTime,
}

/// Mail that was caught, the newest first.
pub(super) async fn caught(pool: &PgPool, most: i64) -> Result<Vec<Kept>, sqlx::Error> {
    sqlx::query_as!(
        Kept,
        "SELECT id, template, message_sealed, created_at FROM mail WHERE caught_at IS NOT NULL
         ORDER BY created_at DESC, id DESC LIMIT $1",
        most,
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn caught_one(pool: &PgPool, id: Uuid) -> Result<Option<Kept>, sqlx::Error> {
    sqlx::query_as!(
        Kept,
        "SELECT id, template, message_sealed, created_at FROM mail
         WHERE id = $1 AND caught_at IS NOT NULL",
        id,
    )
    .fetch_optional(pool)
    .await
}
