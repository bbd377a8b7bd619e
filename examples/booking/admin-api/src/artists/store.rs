//! Artists in Postgres.

use booking_kit::database::code;
use sqlx::PgPool;
use uuid::Uuid;

use super::model::{Artist, ArtistInput};

pub async fn list(pool: &PgPool, limit: i64, offset: i64) -> Result<Vec<Artist>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM artist ORDER BY name, id LIMIT $1 OFFSET $2")
        .bind(limit)
        .bind(offset)
        .fetch_all(pool)
        .await
}

pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<Artist>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM artist WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

pub async fn insert(pool: &PgPool, input: &ArtistInput) -> Result<Artist, sqlx::Error> {
    sqlx::query_as(
        "INSERT INTO artist (name, discipline, city, biography, booking_fee)
         VALUES ($1, $2, $3, $4, $5) RETURNING *",
    )
    .bind(&input.name)
    .bind(&input.discipline)
    .bind(&input.city)
    .bind(&input.biography)
    .bind(input.booking_fee)
    .fetch_one(pool)
    .await
}

pub async fn update(
    pool: &PgPool,
    id: Uuid,
    input: &ArtistInput,
) -> Result<Option<Artist>, sqlx::Error> {
    sqlx::query_as(
        "UPDATE artist
         SET name = $2, discipline = $3, city = $4, biography = $5, booking_fee = $6,
             updated_at = now()
         WHERE id = $1 RETURNING *",
    )
    .bind(id)
    .bind(&input.name)
    .bind(&input.discipline)
    .bind(&input.city)
    .bind(&input.biography)
    .bind(input.booking_fee)
    .fetch_optional(pool)
    .await
}

/// What became of a deletion.
pub enum Deleted {
    Gone,
    Unknown,
    /// Bookings refer to the artist.
    Booked,
}

pub async fn delete(pool: &PgPool, id: Uuid) -> Result<Deleted, sqlx::Error> {
    match sqlx::query("DELETE FROM artist WHERE id = $1")
        .bind(id)
        .execute(pool)
        .await
    {
        Ok(done) if done.rows_affected() == 0 => Ok(Deleted::Unknown),
        Ok(_) => Ok(Deleted::Gone),
        // 23503 is foreign_key_violation, 23001 restrict_violation.
        Err(error) if matches!(code(&error).as_deref(), Some("23503" | "23001")) => {
            Ok(Deleted::Booked)
        }
        Err(error) => Err(error),
    }
}
