//! The artist, as stored and as sent.

use booking_kit::problem::Problem;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::extract::{Checks, Validate};

/// The highest fee, in cents.
const MAX_FEE: i32 = 100_000_000;

/// An artist.
#[derive(Serialize, sqlx::FromRow)]
pub struct Artist {
    pub id: Uuid,
    pub name: String,
    pub discipline: String,
    pub city: String,
    pub biography: String,
    /// In euro cents.
    pub booking_fee: i32,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// What a caller may set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtistInput {
    pub name: String,
    pub discipline: String,
    pub city: String,
    #[serde(default)]
    pub biography: String,
    pub booking_fee: i32,
}

impl Validate for ArtistInput {
    fn validate(&mut self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        checks.text(&mut self.name, "name", (1, 120), "1 to 120 characters");
        checks.text(
            &mut self.discipline,
            "discipline",
            (1, 60),
            "1 to 60 characters",
        );
        checks.text(&mut self.city, "city", (1, 80), "1 to 80 characters");
        checks.text(
            &mut self.biography,
            "biography",
            (0, 2000),
            "up to 2000 characters",
        );
        checks.check(
            (0..=MAX_FEE).contains(&self.booking_fee),
            "booking_fee",
            "euro cents, from 0 to 100000000",
        );
        checks.finish()
    }
}
