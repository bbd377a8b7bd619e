//! `GET /clients/{client_id}/logo`: a client's logo from our own origin, so that its address learns
//! nothing of the people who see our pages, and no page loads an image from elsewhere. Fetched by
//! the guarded fetcher.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::app::App;

/// Raster images only: an SVG from our origin could hold script.
const TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// A picture, or 404: a page looks well without one.
pub async fn get(State(app): State<Arc<App>>, Path(client_id): Path<String>) -> Response {
    match logo(&app, &client_id).await {
        Some((content_type, body)) => (
            [
                (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
                (
                    header::CACHE_CONTROL,
                    HeaderValue::from_static("public, max-age=3600"),
                ),
                (
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                ),
                (
                    header::CONTENT_SECURITY_POLICY,
                    HeaderValue::from_static("default-src 'none'; sandbox"),
                ),
            ],
            body,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn logo(app: &App, client_id: &str) -> Option<(&'static str, axum::body::Bytes)> {
    if let Some(cached) = app.logos.get(client_id) {
        return cached;
    }
    let client = app.clients.get(client_id).await.ok().flatten()?;
    let url = Url::parse(client.metadata.logo_uri.as_deref()?).ok()?;
    let found = match app.fetcher.get(&url, "image/*").await {
        Ok(fetched) if fetched.status == StatusCode::OK => {
            let essence = fetched.content_type.unwrap_or_default();
            let essence = essence
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_lowercase();
            TYPES
                .into_iter()
                .find(|known| *known == essence)
                .map(|known| (known, fetched.body))
        }
        Ok(_) => None,
        Err(error) => {
            tracing::info!(%error, client_id, "a client's logo could not be fetched");
            None
        }
    };
    // A failure is kept as well: a page must not make us fetch at will.
    app.logos.insert(client_id.to_owned(), found.clone());
    found
}
