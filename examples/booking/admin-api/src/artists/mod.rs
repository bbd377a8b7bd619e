//! Artists: who can be booked.

mod model;
mod store;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use booking_kit::problem::Problem;
use token_guard::TokenGuard;

use self::model::{Artist, ArtistInput};
use crate::App;
use crate::extract::{Id, Input, Page, Paging};

/// The URLs, each with the permission that it needs.
pub(crate) fn routes(guard: &TokenGuard) -> Router<App> {
    let read = guard.require_permission("artists:read");
    let write = guard.require_permission("artists:write");
    let reading = Router::new()
        .route("/artists", get(list))
        .route("/artists/{id}", get(show))
        .route_layer(read);
    let writing = Router::new()
        .route("/artists", post(create))
        .route("/artists/{id}", put(replace))
        .route("/artists/{id}", delete(remove))
        .route_layer(write);
    reading.merge(writing)
}

async fn list(State(app): State<App>, paging: Paging) -> Result<Json<Page<Artist>>, Problem> {
    let rows = store::list(&app.pool, paging.rows(), paging.offset()).await?;
    Ok(paging.page(rows))
}

async fn show(State(app): State<App>, Id(id): Id) -> Result<Json<Artist>, Problem> {
    store::find(&app.pool, id)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

async fn create(
    State(app): State<App>,
    Input(input): Input<ArtistInput>,
) -> Result<impl IntoResponse, Problem> {
    let artist = store::insert(&app.pool, &input).await?;
    let location = [(header::LOCATION, format!("/artists/{}", artist.id))];
    Ok((StatusCode::CREATED, location, Json(artist)))
}

async fn replace(
    State(app): State<App>,
    Id(id): Id,
    Input(input): Input<ArtistInput>,
) -> Result<Json<Artist>, Problem> {
    store::update(&app.pool, id, &input)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

async fn remove(State(app): State<App>, Id(id): Id) -> Result<StatusCode, Problem> {
    match store::delete(&app.pool, id).await? {
        store::Deleted::Gone => Ok(StatusCode::NO_CONTENT),
        store::Deleted::Unknown => Err(Problem::not_found()),
        store::Deleted::Booked => Err(Problem::conflict(
            "The artist has bookings; delete those first.",
        )),
    }
}
