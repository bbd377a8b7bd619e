//! Bookings in Postgres.

use booking_kit::database::code;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{Booking, BookingInput, Whose};

pub async fn list(
    pool: &PgPool,
    whose: Whose<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Booking>, sqlx::Error> {
    sqlx::query_as(
        "SELECT booking.*, artist.name AS artist_name
         FROM booking JOIN artist ON artist.id = booking.artist_id
         WHERE $1::text IS NULL OR booking.sub = $1
         ORDER BY booking.starts_at, booking.id LIMIT $2 OFFSET $3",
    )
    .bind(whose.sub())
    .bind(limit)
    .bind(offset)
    .fetch_all(pool)
    .await
}

pub async fn find(
    pool: &PgPool,
    id: Uuid,
    whose: Whose<'_>,
) -> Result<Option<Booking>, sqlx::Error> {
    sqlx::query_as(
        "SELECT booking.*, artist.name AS artist_name
         FROM booking JOIN artist ON artist.id = booking.artist_id
         WHERE booking.id = $1 AND ($2::text IS NULL OR booking.sub = $2)",
    )
    .bind(id)
    .bind(whose.sub())
    .fetch_optional(pool)
    .await
}

/// `None` where there is no such artist.
pub async fn insert(
    pool: &PgPool,
    sub: &str,
    input: &BookingInput,
) -> Result<Option<Booking>, sqlx::Error> {
    let inserted = sqlx::query_as(
        "WITH booking AS (
           INSERT INTO booking (artist_id, sub, venue, starts_at, status)
           VALUES ($1, $2, $3, $4, $5) RETURNING *
         )
         SELECT booking.*, artist.name AS artist_name
         FROM booking JOIN artist ON artist.id = booking.artist_id",
    )
    .bind(input.artist_id)
    .bind(sub)
    .bind(&input.venue)
    .bind(input.starts_at)
    .bind(input.status)
    .fetch_optional(pool)
    .await;
    match inserted {
        Err(error) if is_unknown_artist(&error) => Ok(None),
        inserted => inserted,
    }
}

/// What became of a change.
pub enum Updated {
    Done(Booking),
    Unknown,
    UnknownArtist,
}

pub async fn update(pool: &PgPool, id: Uuid, input: &BookingInput) -> Result<Updated, sqlx::Error> {
    let updated = sqlx::query_as(
        "WITH booking AS (
           UPDATE booking
           SET artist_id = $2, venue = $3, starts_at = $4, status = $5, updated_at = now()
           WHERE id = $1 RETURNING *
         )
         SELECT booking.*, artist.name AS artist_name
         FROM booking JOIN artist ON artist.id = booking.artist_id",
    )
    .bind(id)
    .bind(input.artist_id)
    .bind(&input.venue)
    .bind(input.starts_at)
    .bind(input.status)
    .fetch_optional(pool)
    .await;
    match updated {
        Ok(Some(booking)) => Ok(Updated::Done(booking)),
        Ok(None) => Ok(Updated::Unknown),
        Err(error) if is_unknown_artist(&error) => Ok(Updated::UnknownArtist),
        Err(error) => Err(error),
    }
}

/// Whether there was something to delete.
pub async fn delete(pool: &PgPool, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("DELETE FROM booking WHERE id = $1")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// 23503 is foreign_key_violation: the artist is the only thing a booking refers to.
fn is_unknown_artist(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("23503")
}
