//! What requests carry: bodies, ids, pages. What cannot be read is answered with a problem.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use booking_kit::problem::{FieldError, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most items in one answer.
const MAX_LIMIT: i64 = 100;
/// How deep a list can be paged: each page reads the rows before it.
const MAX_OFFSET: i64 = 10_000;

/// Collects what is wrong with the fields of an input.
#[derive(Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Notes `message` for `field` unless `right`.
    pub fn check(&mut self, right: bool, field: &'static str, message: &'static str) {
        if !right {
            self.0.push(FieldError { field, message });
        }
    }

    /// Trims a text and demands `min` to `max` characters, none of them a control character but
    /// the end of a line.
    pub fn text(
        &mut self,
        value: &mut String,
        field: &'static str,
        (min, max): (usize, usize),
        message: &'static str,
    ) {
        let trimmed = value.trim();
        let length = trimmed.chars().count();
        let plain = !trimmed.chars().any(|c| c.is_control() && c != '\n');
        self.check(plain && (min..=max).contains(&length), field, message);
        *value = trimmed.to_owned();
    }

    /// The verdict.
    pub fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.0))
        }
    }
}

/// An input that knows its rules.
pub trait Validate {
    /// Brings the values into their normal form and refuses wrong ones.
    fn validate(&mut self) -> Result<(), Problem>;
}

/// A JSON body that was read and is valid.
pub struct Input<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Validate> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(mut input) = Json::<T>::from_request(request, state)
            .await
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
        input.validate()?;
        Ok(Self(input))
    }
}

/// The id in the path. What is not an id names nothing: 404.
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<Uuid>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Self(id))
            .map_err(|_| Problem::not_found())
    }
}

/// Which part of a list: `limit` from 1 to 100 (default 20), `offset` from 0 to 10 000.
#[derive(Deserialize)]
pub struct Paging {
    #[serde(default = "default_limit")]
    limit: i64,
    #[serde(default)]
    offset: i64,
}

fn default_limit() -> i64 {
    20
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(paging) = Query::<Self>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
        let mut checks = Checks::default();
        checks.check((1..=MAX_LIMIT).contains(&paging.limit), "limit", "1 to 100");
        checks.check(
            (0..=MAX_OFFSET).contains(&paging.offset),
            "offset",
            "0 to 10000",
        );
        checks.finish().map(|()| paging)
    }
}

impl Paging {
    /// How many rows to ask for: one more than shown tells whether there is a next page.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// How many rows to leave out.
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// The page of the rows that were found.
    pub fn page<T>(&self, mut rows: Vec<T>) -> Json<Page<T>> {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        let next = self.offset + self.limit;
        let next_offset = (rows.len() > limit && next <= MAX_OFFSET).then_some(next);
        rows.truncate(limit);
        Json(Page {
            items: rows,
            next_offset,
        })
    }
}

/// A part of a list on the wire.
#[derive(Serialize)]
pub struct Page<T> {
    items: Vec<T>,
    /// The `offset` of the next part; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<i64>,
}
