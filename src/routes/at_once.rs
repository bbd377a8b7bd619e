//! Documents that never change, answered before anything is made for a request that they don't need:
//! no span, no context, no deadline. Relying parties ask for them more often than for all the rest.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower::ServiceExt as _;

use crate::http::context::{REQUEST_ID_HEADER, random_id};
use crate::http::document::Document;
use crate::http::metrics;

struct AtOnce {
    document: Document,
    path: String,
    /// Whether anyone reads the metrics.
    counted: bool,
    /// What answers every other request, and what is wrong with this one.
    rest: Router,
}

/// Answers GET and HEAD of `document` at `paths`, all else by `rest`.
pub fn before(
    rest: Router,
    document: &Document,
    paths: impl IntoIterator<Item = String>,
    counted: bool,
) -> Router {
    let mut router = Router::new();
    for path in paths {
        let at_once = Arc::new(AtOnce {
            document: document.clone(),
            path: path.clone(),
            counted,
            rest: rest.clone(),
        });
        let answer = get(move |request: Request| answer(at_once, request));
        router = router.route(&path, answer.fallback_service(rest.clone()));
    }
    router.fallback_service(rest)
}

async fn answer(at_once: Arc<AtOnce>, request: Request) -> Response {
    let begun = Instant::now();
    if !super::host::has_one_host(&request) {
        let rest = at_once.rest.clone().oneshot(request);
        // On the heap, so that the other way does not carry its size.
        return Box::pin(rest).await.into_response();
    }
    let mut response = at_once.document.answer(request.headers());
    let mut id = uuid::Uuid::encode_buffer();
    let id = random_id().hyphenated().encode_lower(&mut id);
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID_HEADER, id);
    }
    if at_once.counted {
        metrics::count(request.method(), &at_once.path, response.status(), begun);
    }
    response
}
