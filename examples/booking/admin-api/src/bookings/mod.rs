//! Bookings: who plays where and when, and for whom.

mod model;
mod store;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use booking_kit::problem::{FieldError, Problem};
use token_guard::{AccessToken, TokenGuard};

use self::model::{Booking, BookingInput, Whose};
use crate::extract::{Id, Input, Page, Paging};
use crate::{App, demo};

const WRITE: &str = "bookings:write";

/// The URLs, each with the permission that it needs.
pub(crate) fn routes(guard: &TokenGuard) -> Router<App> {
    let reading = Router::new()
        .route("/bookings", get(list))
        .route("/bookings/{id}", get(show))
        .route("/me/bookings", get(mine))
        .route_layer(guard.require_permission("bookings:read"));
    let writing = Router::new()
        .route("/bookings", post(create))
        .route("/bookings/{id}", put(replace))
        .route("/bookings/{id}", delete(remove))
        .route_layer(guard.require_permission(WRITE));
    reading.merge(writing)
}

/// Whose bookings a caller sees. Everybody who books holds `bookings:read`, so it opens their own
/// bookings only; those who manage bookings see all.
fn visible(token: &AccessToken) -> Whose<'_> {
    if token.has_permission(WRITE) {
        Whose::All
    } else {
        Whose::Of(&token.sub)
    }
}

async fn list(
    State(app): State<App>,
    token: AccessToken,
    paging: Paging,
) -> Result<Json<Page<Booking>>, Problem> {
    let rows = store::list(&app.pool, visible(&token), paging.rows(), paging.offset()).await?;
    Ok(paging.page(rows))
}

/// The caller's own bookings, whatever else the caller may see.
async fn mine(
    State(app): State<App>,
    token: AccessToken,
    paging: Paging,
) -> Result<Json<Page<Booking>>, Problem> {
    if app.demo {
        // A reading request that writes, for the demonstration only: whoever comes for the first
        // time finds some bookings, so that the example has something to show.
        demo::add_bookings(&app.pool, &token.sub).await?;
    }
    let whose = Whose::Of(&token.sub);
    let rows = store::list(&app.pool, whose, paging.rows(), paging.offset()).await?;
    Ok(paging.page(rows))
}

async fn show(
    State(app): State<App>,
    token: AccessToken,
    Id(id): Id,
) -> Result<Json<Booking>, Problem> {
    // Another's booking is not found rather than forbidden: that it exists is theirs to know.
    let booking = store::find(&app.pool, id, visible(&token)).await?;
    booking.map(Json).ok_or_else(Problem::not_found)
}

async fn create(
    State(app): State<App>,
    token: AccessToken,
    Input(input): Input<BookingInput>,
) -> Result<impl IntoResponse, Problem> {
    let sub = input.sub.as_deref().unwrap_or(&token.sub);
    let Some(booking) = store::insert(&app.pool, sub, &input).await? else {
        return Err(unknown_artist());
    };
    let location = [(header::LOCATION, format!("/bookings/{}", booking.id))];
    Ok((StatusCode::CREATED, location, Json(booking)))
}

async fn replace(
    State(app): State<App>,
    Id(id): Id,
    Input(input): Input<BookingInput>,
) -> Result<Json<Booking>, Problem> {
    match store::update(&app.pool, id, &input).await? {
        store::Updated::Done(booking) => Ok(Json(booking)),
        store::Updated::Unknown => Err(Problem::not_found()),
        store::Updated::UnknownArtist => Err(unknown_artist()),
    }
}

async fn remove(State(app): State<App>, Id(id): Id) -> Result<StatusCode, Problem> {
    let found = store::delete(&app.pool, id).await?;
    if found {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

fn unknown_artist() -> Problem {
    Problem::invalid(vec![FieldError {
        field: "artist_id",
        message: "the id of an artist",
    }])
}
