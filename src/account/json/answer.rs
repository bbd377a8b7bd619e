//! Writes every error of the JSON API as a problem, whoever refused: a handler, an extractor, the
//! router, the clock.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;
use uuid::Uuid;

use super::language::Known;
use super::{ApiFault, Kind, Problem};
use crate::app::App;
use crate::http::context::RequestContext;
use crate::http::problem::{DOCUMENTATION, MEDIA_TYPE, Telling};
use crate::i18n::t;

/// Stands around all handlers of the API.
pub async fn in_problems(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let known = Known::of(&app, &request);
    request.extensions_mut().insert(Arc::clone(&known));
    let context = request.extensions().get::<RequestContext>();
    let request_id = context
        .map(|context| context.request_id)
        .unwrap_or_default();
    // A task of its own, so that its panic is an answer here.
    let answer = tokio::spawn(next.run(request).in_current_span());
    let give_up = answer.abort_handle();
    // A little before the deadline of all requests.
    let patience = app.config.server.request_timeout.mul_f64(0.95);
    let mut response = match tokio::time::timeout(patience, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panicked)) => ApiFault::internal(panicked).into_response(),
        Err(_) => {
            give_up.abort();
            ApiFault::busy(1).into_response()
        }
    };
    if let Some(problem) = problem_of(&mut response) {
        tell(&app, &mut response, &problem, &known, request_id);
    }
    // RFC 9111, section 5.2.2.5: tokens, codes and personal data.
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a handler refused with, or what the status of an axum extractor or router amounts to.
fn problem_of(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    let kind = match status {
        StatusCode::NOT_FOUND => Kind::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED => Kind::METHOD_NOT_ALLOWED,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Kind::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::REQUEST_TIMEOUT => Kind::TOO_SLOW,
        StatusCode::UNPROCESSABLE_ENTITY => Kind::INVALID_INPUT,
        StatusCode::UNAUTHORIZED => Kind::INVALID_TOKEN,
        StatusCode::SERVICE_UNAVAILABLE => Kind::TEMPORARILY_UNAVAILABLE,
        status if status.is_client_error() => Kind::INVALID_REQUEST,
        status if status.is_server_error() => Kind::SERVER_ERROR,
        _ => return None,
    };
    Some(Problem::new(kind))
}

fn tell(app: &App, response: &mut Response, problem: &Problem, known: &Known, request_id: Uuid) {
    let locale = known.locale();
    let kind = problem.kind;
    tracing::info!(code = kind.code, "a problem was told");
    let body = problem.body(Telling {
        documentation: &app.issuer.url(DOCUMENTATION),
        title: t(locale, kind.text),
        detail: t(locale, &format!("{}.detail", kind.text)),
        request_id,
    });
    *response.status_mut() = kind.status;
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    let language = HeaderValue::from_static(locale.tag());
    headers.insert(header::CONTENT_LANGUAGE, language);
    for (name, value) in problem.headers() {
        headers.insert(name.clone(), value.clone());
    }
    *response.body_mut() = Body::from(body.to_string());
}
