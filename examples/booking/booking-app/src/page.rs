//! Pages: rendering, their headers, and the page for what fails.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::app::App;
use crate::words::{Language, Words};

/// The path of the style sheet holds a hash of it, so browsers may keep it for ever.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    STYLE.hash(&mut hasher);
    format!("/booking.{:016x}.css", hasher.finish())
});
const STYLE: &str = include_str!("../static/booking.css");

/// Renders a template.
pub fn render(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!("a template does not render: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `GET` of the style sheet.
pub async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, STYLE).into_response()
}

/// Every other address.
pub async fn not_found(language: Language) -> Failure {
    Failure::NotFound(language)
}

/// Adds the security headers to every answer; pages are never cached, for they show a person.
pub async fn security_headers(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&app.content_security_policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // The address of the callback holds a code.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept-language, cookie"),
    );
    response
}

/// What can fail before a person's eyes; each has a page with a way on.
#[derive(Debug, Clone, Copy)]
pub enum Failure {
    /// The person or the issuer said no.
    Denied(Language),
    /// The answer belongs to no sign-in of this browser: too old, repeated, or forged.
    NotStarted(Language),
    /// The issuer answers wrongly.
    Refused(Language),
    /// The issuer does not answer.
    Unavailable(Language),
    /// Signed out here, while the issuer could not be told.
    OnlyHere(Language),
    /// No such page.
    NotFound(Language),
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    words: &'static Words,
    style: &'static str,
    title: &'static str,
    text: &'static str,
    code: &'static str,
    retry: bool,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, language, code) = match self {
            Self::Denied(l) => (StatusCode::FORBIDDEN, l, "access_denied"),
            Self::NotStarted(l) => (StatusCode::BAD_REQUEST, l, "sign_in_expired"),
            Self::Refused(l) => (StatusCode::BAD_GATEWAY, l, "sign_in_failed"),
            Self::Unavailable(l) => (StatusCode::SERVICE_UNAVAILABLE, l, "issuer_unavailable"),
            Self::OnlyHere(l) => (StatusCode::OK, l, "signed_out_here_only"),
            Self::NotFound(l) => (StatusCode::NOT_FOUND, l, "not_found"),
        };
        let words = language.words();
        let (title, text) = match self {
            Self::Denied(_) => words.denied,
            Self::NotStarted(_) => words.not_started,
            Self::Refused(_) => words.refused,
            Self::Unavailable(_) => words.unavailable,
            Self::OnlyHere(_) => words.only_here,
            Self::NotFound(_) => words.not_found,
        };
        let retry = !matches!(self, Self::OnlyHere(_) | Self::NotFound(_));
        let page = FailurePage {
            words,
            style: &STYLE_PATH,
            title,
            text,
            code,
            retry,
        };
        (status, render(&page)).into_response()
    }
}
