//! `GET /clients/{client_id}/logo`: a client's logo from our own origin, so that its address learns
//! nothing of the people who see our pages, and no page loads an image from elsewhere. Fetched by
//! the guarded fetcher.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::Url;

use crate::app::{App, Logo};
use crate::foundation::fetcher::Fetcher;
use crate::oauth::error::{self, EndpointError};

/// Raster images only: an SVG from our origin could hold script.
const TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/// What the answer without a picture says.
pub(super) const NOT_FOUND: &str = "there is no such client, or no logo of it could be had";

/// The parameters.
#[derive(Default, Deserialize)]
pub struct Reader {
    /// The language of the page, for a client with a logo in several (RFC 7591, section 2.2). It
    /// stands in the address because the picture may be cached by it.
    #[serde(default)]
    lang: String,
}

/// A picture, or 404: a page looks well without one.
pub async fn get(
    State(app): State<Arc<App>>,
    client_id: Result<Path<String>, PathRejection>,
    reader: Result<Query<Reader>, QueryRejection>,
) -> Response {
    let Ok(Path(client_id)) = client_id else {
        return not_found();
    };
    let Query(reader) = reader.unwrap_or_default();
    let client = match app.clients.get(&client_id).await {
        Ok(client) => client,
        Err(error) => return EndpointError::from(error).into_response(),
    };
    let url = client
        .as_ref()
        .and_then(|client| client.metadata.logo_uri_in(&reader.lang))
        .and_then(|url| Url::parse(url).ok());
    let Some(url) = url else {
        return not_found();
    };
    let fetch = fetch(app.fetcher.clone(), client_id, url.clone());
    let Some((content_type, body)) = app.logos.get(url, fetch).await else {
        return not_found();
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        // Short, for the address stays when the client names another picture.
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, body).into_response()
}

fn not_found() -> Response {
    error::json(StatusCode::NOT_FOUND, "invalid_request", NOT_FOUND)
}

async fn fetch(fetcher: Fetcher, client_id: String, url: Url) -> Logo {
    match fetcher.get(&url, "image/*").await {
        Ok(fetched) if fetched.status == StatusCode::OK => {
            known_type(fetched.content_type.as_deref().unwrap_or_default())
                .map(|known| (known, fetched.body))
        }
        Ok(_) => None,
        Err(error) => {
            tracing::info!(%error, client_id, "a client's logo could not be fetched");
            None
        }
    }
}

/// The media type without its parameters, where it is one of ours.
fn known_type(content_type: &str) -> Option<&'static str> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    TYPES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(essence))
}
