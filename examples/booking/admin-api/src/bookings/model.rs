//! The booking, as stored and as sent.

use booking_kit::problem::Problem;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::extract::{Checks, Validate};

/// A booking, with the artist's name so that lists need no second call.
#[derive(Serialize, sqlx::FromRow)]
pub struct Booking {
    pub id: Uuid,
    pub artist_id: Uuid,
    pub artist_name: String,
    /// Who booked: the subject at the issuer.
    pub sub: String,
    pub venue: String,
    #[serde(with = "time::serde::rfc3339")]
    pub starts_at: OffsetDateTime,
    pub status: Status,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// How far a booking has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "lowercase")]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Status {
    #[default]
    Requested,
    Confirmed,
    Cancelled,
}

/// What a caller may set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingInput {
    pub artist_id: Uuid,
    /// For whom: the caller unless said. It stays as it is when a booking is changed.
    pub sub: Option<String>,
    pub venue: String,
    #[serde(with = "time::serde::rfc3339")]
    pub starts_at: OffsetDateTime,
    #[serde(default)]
    pub status: Status,
}

impl Validate for BookingInput {
    fn validate(&mut self) -> Result<(), Problem> {
        let mut checks = Checks::default();
        checks.text(&mut self.venue, "venue", (1, 120), "1 to 120 characters");
        if let Some(sub) = &mut self.sub {
            checks.text(sub, "sub", (1, 255), "1 to 255 characters");
        }
        checks.check(
            (2000..=2100).contains(&self.starts_at.year()),
            "starts_at",
            "a time between the years 2000 and 2100",
        );
        checks.finish()
    }
}

/// Whose bookings to look at.
#[derive(Clone, Copy)]
pub enum Whose<'a> {
    All,
    /// Those of one subject.
    Of(&'a str),
}

impl<'a> Whose<'a> {
    /// The subject to filter by, as a parameter that is null for all.
    pub fn sub(self) -> Option<&'a str> {
        match self {
            Self::All => None,
            Self::Of(sub) => Some(sub),
        }
    }
}
