//! `GET /api/auth/me/export`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::Export;
use crate::account::json::{ApiFault, Caller};
use crate::app::App;

/// `GET /api/auth/me/export`: everything that the server holds about the person.
///
/// # Errors
/// As [`Caller`]; and where the sign-in is too old.
pub async fn get(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, ApiFault> {
    caller.confirmed(&app).await?;
    let client_id = Some(caller.client.client_id.as_str());
    let export = super::export(&app, caller.user(), client_id, &caller.context).await?;
    Ok(answer(&export))
}

/// The document as a file to keep.
pub(super) fn answer(export: &Export) -> Response {
    use axum::http::{HeaderValue, header};
    use axum::response::IntoResponse as _;
    let disposition = format!("attachment; filename=\"{}\"", export.file_name);
    let disposition = HeaderValue::from_str(&disposition)
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    // For people, too: one fact a line.
    (headers, format!("{:#}\n", export.document)).into_response()
}
