//! `/openapi.json` and its page `/docs`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::{App, Visitor};
use crate::pages::ApiDocs;

/// The document, as committed; `cargo xtask openapi` keeps it fresh.
pub const DOCUMENT: &str = include_str!("../../docs/openapi.json");

/// `GET /openapi.json`.
pub async fn json() -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
    ];
    (headers, DOCUMENT).into_response()
}

/// `GET /docs`.
pub async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let document = serde_json::from_str(DOCUMENT).unwrap_or_default();
    let page = ApiDocs {
        document,
        source: app.issuer.path("/openapi.json"),
    };
    let facts = visitor.page(&app, None, None);
    visitor.answer(&app, Ok(page.render(&facts.context(&app))))
}

/// The document, made from the code.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn generate() -> Result<String, serde_json::Error> {
    let document: serde_json::Value = serde_json::from_str(DOCUMENT)?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}
