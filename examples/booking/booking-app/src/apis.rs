//! The two APIs of the platform, as this application calls them.

use openidconnect::AccessToken;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::config::Config;

/// An artist, as the public API shows them to everybody.
#[derive(Debug, Deserialize)]
pub struct Artist {
    pub name: String,
    pub discipline: String,
    pub city: String,
}

/// A booking of the person signed in.
#[derive(Debug, Deserialize)]
pub struct Booking {
    pub artist_name: String,
    pub venue: String,
    #[serde(with = "time::serde::rfc3339")]
    pub starts_at: OffsetDateTime,
    pub status: BookingStatus,
}

/// How far a booking has come.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum BookingStatus {
    Requested,
    Confirmed,
    Cancelled,
}

/// An API gave no list.
#[derive(Debug, PartialEq, Eq)]
pub enum ApiError {
    /// 401: the token is not accepted (any more).
    Unauthorized,
    /// 403: the person may not do this.
    Forbidden,
    /// Anything else: no answer, or not a usable one.
    Unavailable,
}

#[derive(Deserialize)]
struct List<T> {
    items: Vec<T>,
}

/// Where the APIs are, and the way there.
pub struct Apis {
    client: reqwest::Client,
    artists: String,
    bookings: String,
}

impl Apis {
    pub fn new(config: &Config, client: reqwest::Client) -> Self {
        Self {
            client,
            artists: format!("{}/artists", config.public_api),
            bookings: format!("{}/me/bookings", config.admin_api),
        }
    }

    /// The artists, for everybody.
    pub async fn artists(&self) -> Result<Vec<Artist>, ApiError> {
        list(self.client.get(&self.artists)).await
    }

    /// The bookings of the person whose token this is.
    pub async fn bookings(&self, token: &AccessToken) -> Result<Vec<Booking>, ApiError> {
        list(self.client.get(&self.bookings).bearer_auth(token.secret())).await
    }
}

async fn list<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<Vec<T>, ApiError> {
    let response = request.send().await.map_err(|error| {
        tracing::warn!("an API does not answer: {error}");
        ApiError::Unavailable
    })?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Err(ApiError::Unauthorized),
        StatusCode::FORBIDDEN => return Err(ApiError::Forbidden),
        status => {
            tracing::warn!(%status, "an API refuses");
            return Err(ApiError::Unavailable);
        }
    }
    let list: List<T> = response.json().await.map_err(|error| {
        tracing::warn!("an API answers in another form: {error}");
        ApiError::Unavailable
    })?;
    Ok(list.items)
}
