//! Artists, as the public sees them and as signed-in people see them.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use booking_kit::problem::Problem;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use token_guard::AccessToken;
use uuid::Uuid;

/// Artists with their next confirmed dates, three at most. `$1` is an id, or null for all.
const SELECT: &str = "
    SELECT id, name, discipline, city, biography, booking_fee,
           ARRAY(
             SELECT starts_at FROM booking
             WHERE booking.artist_id = artist.id AND status = 'confirmed' AND starts_at > now()
             ORDER BY starts_at LIMIT 3
           ) AS next_dates
    FROM artist
    WHERE $1::uuid IS NULL OR id = $1
    ORDER BY name, id LIMIT $2 OFFSET $3";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    name: String,
    discipline: String,
    city: String,
    biography: String,
    booking_fee: i32,
    next_dates: Vec<OffsetDateTime>,
}

/// An artist on the wire.
#[derive(Serialize)]
struct Artist {
    id: Uuid,
    name: String,
    discipline: String,
    city: String,
    biography: String,
    #[serde(flatten)]
    extras: Option<Extras>,
}

/// What only signed-in people see.
#[derive(Serialize)]
struct Extras {
    booking_fee: Fee,
    /// When the artist plays next; where and for whom is not public.
    next_dates: Vec<Moment>,
}

#[derive(Serialize)]
struct Fee {
    cents: i32,
    currency: &'static str,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Moment(#[serde(with = "time::serde::rfc3339")] OffsetDateTime);

#[derive(Serialize)]
struct List {
    items: Vec<Artist>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u16>,
}

/// Which part of the list: `limit` from 1 to 100 (default 20), `offset` from 0 to 10 000.
#[derive(Deserialize)]
pub struct Paging {
    #[serde(default = "default_limit")]
    limit: u16,
    #[serde(default)]
    offset: u16,
}

fn default_limit() -> u16 {
    20
}

/// `GET /artists`
pub async fn list(
    State(pool): State<PgPool>,
    token: Option<AccessToken>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Paging { limit, offset }) =
        paging.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    if !(1..=100).contains(&limit) || offset > 10_000 {
        return Err(Problem::bad_request("limit is 1 to 100, offset 0 to 10000"));
    }
    // One row more than shown tells whether there is a next part.
    let mut rows = select(&pool, None, limit + 1, offset).await?;
    let next = offset + limit;
    let next_offset = (rows.len() > usize::from(limit) && next <= 10_000).then_some(next);
    rows.truncate(usize::from(limit));
    let items = rows
        .into_iter()
        .map(|row| artist(row, token.as_ref()))
        .collect();
    Ok(answer(List { items, next_offset }, token.as_ref()))
}

/// `GET /artists/{id}`
pub async fn show(
    State(pool): State<PgPool>,
    token: Option<AccessToken>,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    let row = select(&pool, Some(id), 1, 0)
        .await?
        .pop()
        .ok_or_else(Problem::not_found)?;
    Ok(answer(artist(row, token.as_ref()), token.as_ref()))
}

async fn select(
    pool: &PgPool,
    id: Option<Uuid>,
    limit: u16,
    offset: u16,
) -> Result<Vec<Row>, sqlx::Error> {
    // This program never writes; should a change of it try, Postgres refuses.
    let mut transaction = pool.begin_with("BEGIN READ ONLY").await?;
    let rows = sqlx::query_as(SELECT)
        .bind(id)
        .bind(i64::from(limit))
        .bind(i64::from(offset))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(rows)
}

fn artist(row: Row, token: Option<&AccessToken>) -> Artist {
    let Row {
        id,
        name,
        discipline,
        city,
        biography,
        booking_fee,
        next_dates,
    } = row;
    let extras = token.map(|_| Extras {
        booking_fee: Fee {
            cents: booking_fee,
            currency: "EUR",
        },
        next_dates: next_dates.into_iter().map(Moment).collect(),
    });
    Artist {
        id,
        name,
        discipline,
        city,
        biography,
        extras,
    }
}

/// The answer without a token is the same for everybody; the one with a token must not reach
/// others through a shared cache.
fn answer(body: impl Serialize, token: Option<&AccessToken>) -> Response {
    let cache = if token.is_some() {
        "no-store"
    } else {
        "public, max-age=60"
    };
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
