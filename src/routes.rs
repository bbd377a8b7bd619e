//! Every URL of the server, grouped by security policy.

mod account;
mod api;
mod at_once;
mod dev;
mod entry;
mod factors;
mod host;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{DefaultBodyLimit, FromRef, FromRequestParts as _, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, extract::Request};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{Any, CorsLayer};
use tracing::Instrument as _;

use crate::account::{consent, language, overview, select_account, sign_in};
use crate::app::{App, Fault, Visitor};
use crate::clients::registration::{self, RegistrationState};
use crate::http::context::{self, ContextSource};
use crate::http::document::Document;
use crate::http::metrics;
use crate::oauth::error::{self, EndpointError};
use crate::oauth::logout::rp_initiated;
use crate::oauth::{authorize, discovery, introspect, revoke, token, userinfo};
use crate::ops::{health, logo, openapi, problems};
use crate::pages::{ErrorMessage, ErrorPage};

/// The whole server.
pub fn router(app: &Arc<App>) -> Router {
    let base_path = app.issuer.base_path().to_owned();
    let source = ContextSource {
        clock: app.clock.clone(),
        trusted_proxies: app.config.server.trusted_proxies.clone().into(),
    };
    let metadata = discovery::metadata(&app.issuer, app.config.registration.mode);
    let routes = documents(metadata.clone())
        .merge(protocol())
        .merge(scripts())
        .merge(api::routes(app))
        .merge(
            pages()
                .merge(dev::pages(app))
                .layer(from_fn_with_state(Arc::clone(app), in_words)),
        )
        .merge(operations())
        .fallback(not_found)
        .with_state(Arc::clone(app));
    // An issuer with a path is served below it, whether or not a proxy strips the path; RFC 8414,
    // section 3.1, puts its well-known part before it.
    let routes = if base_path.is_empty() {
        routes
    } else {
        let inserted = format!("/.well-known/oauth-authorization-server{base_path}");
        let metadata = metadata.clone();
        let answer = move |headers: HeaderMap| std::future::ready(metadata.answer(&headers));
        let well_known = Router::new().route(&inserted, get(answer));
        routes.clone().nest(&base_path, routes).merge(well_known)
    };
    let request_timeout = app.config.server.request_timeout;
    // Nobody reads the metrics of a server that shows none.
    let counted = app.config.metrics.listen.is_some();
    // One service of all layers: a router's own `layer` puts each in a box, at every request.
    let layers = ServiceBuilder::new()
        .option_layer(counted.then(|| from_fn(metrics::track)))
        .layer(from_fn(move |request: Request, next: Next| {
            context::middleware(source.clone(), request, next)
        }))
        .layer(from_fn(host::one_host))
        .layer(CatchPanicLayer::custom(|_| {
            EndpointError::internal(std::io::Error::other("a handler panicked")).into_response()
        }))
        .layer(from_fn(move |request: Request, next: Next| async move {
            let answer = tokio::time::timeout(request_timeout, next.run(request)).await;
            answer.unwrap_or_else(|_| EndpointError::Unavailable.into_response())
        }))
        .layer(DefaultBodyLimit::max(app.config.server.max_body_bytes));
    let metadata_paths = [
        format!("{base_path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{base_path}"),
    ];
    at_once::before(routes.layer(layers), &metadata, metadata_paths, counted)
}

/// Documents and pictures that are the same for everyone.
fn documents(metadata: Document) -> Router<Arc<App>> {
    let metadata = get(move |headers: HeaderMap| std::future::ready(metadata.answer(&headers)));
    Router::new()
        .route("/.well-known/openid-configuration", metadata.clone())
        .route("/.well-known/oauth-authorization-server", metadata)
        .route("/.well-known/jwks.json", get(discovery::jwks))
        .route("/static/{file}", get(static_file))
        .route("/openapi.json", get(openapi::json))
        .route("/clients/{client_id}/logo", get(logo::get))
        .method_not_allowed_fallback(method_not_allowed_json)
}

/// Endpoints that clients call, with JSON errors. Any origin may: what they need, they carry in the
/// request, never in a cookie.
fn protocol() -> Router<Arc<App>> {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE])
        .max_age(std::time::Duration::from_hours(1));
    Router::new()
        .route("/token", post(token::endpoint::post))
        .route("/userinfo", get(userinfo::get).post(userinfo::post))
        .route("/introspect", post(introspect::post))
        .route("/revoke", post(revoke::post))
        .route("/register", post(registration::register))
        .route(
            "/register/{client_id}",
            get(registration::read)
                .put(registration::replace)
                .delete(registration::delete),
        )
        .method_not_allowed_fallback(method_not_allowed_json)
        .layer(cors)
}

/// What the script of a page asks for, with JSON errors: cookies and CSRF tokens as for pages, and no
/// other origin.
fn scripts() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/login/passkey/options",
            post(sign_in::passkey::options).fallback(method_not_allowed_json),
        )
        .method_not_allowed_fallback(method_not_allowed_json)
}

/// Pages for people: cookies, CSRF tokens, a strict CSP.
fn pages() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(overview::page::start))
        .route(
            "/authorize",
            get(authorize::endpoint::request).post(authorize::endpoint::request),
        )
        .route("/continue", get(authorize::endpoint::resume))
        .route("/login", get(sign_in::get).post(sign_in::post))
        .route("/login/cancel", post(sign_in::cancel))
        .route(
            "/login/factor",
            get(sign_in::factor::get).post(sign_in::factor::post),
        )
        .route("/login/passkey", post(sign_in::passkey::post))
        .route(
            "/select-account",
            get(select_account::get).post(select_account::post),
        )
        .route("/consent", get(consent::get).post(consent::post))
        .route(
            "/logout",
            get(rp_initiated::request).post(rp_initiated::request),
        )
        .route("/logout/confirm", post(rp_initiated::confirm))
        .route("/language", get(language::get))
        .merge(account::pages())
        .merge(entry::pages())
        // The one long page; compressing it tells nothing, for it holds no secret.
        .route(
            "/docs",
            get(openapi::page).layer(CompressionLayer::new().gzip(true)),
        )
        .route(
            "/docs/accounts",
            get(openapi::accounts).layer(CompressionLayer::new().gzip(true)),
        )
        .route("/docs/problems", get(problems::page))
        .method_not_allowed_fallback(method_not_allowed_page)
}

/// For whoever runs the server. `/metrics` has a listener of its own.
fn operations() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .method_not_allowed_fallback(method_not_allowed_json)
}

async fn static_file(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    file: Result<Path<String>, PathRejection>,
) -> Response {
    // A name that is no UTF-8 is no file of ours either.
    let file = file.map(|Path(file)| file).unwrap_or_default();
    let found = match (&app.brand_logo, file.as_str()) {
        (Some(logo), "logo") => Some(logo.answer(&headers)),
        _ => app.brand.assets().serve(&file),
    };
    found
        .unwrap_or_else(|| error::json(StatusCode::NOT_FOUND, "not_found", "there is no such file"))
}

/// Answers a page that panics or takes too long with a page: a person gets words, the request id and
/// a way on.
async fn in_words(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, &app).await;
    let request = Request::from_parts(parts, body);
    // A task of its own, so that its panic is an answer here.
    let page = tokio::spawn(next.run(request).in_current_span());
    let give_up = page.abort_handle();
    // A little before the deadline of all requests, which answers in JSON.
    let patience = app.config.server.request_timeout.mul_f64(0.95);
    let fault = match tokio::time::timeout(patience, page).await {
        Ok(Ok(response)) => return response,
        Ok(Err(panicked)) => Fault::internal(panicked),
        Err(_) => {
            give_up.abort();
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Fault::told(status, "temporarily_unavailable", ErrorMessage::Unavailable)
        }
    };
    visitor.answer(&app, Err(fault))
}

async fn not_found(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    visitor.recognise(&app).await;
    let page = ErrorPage::not_found(app.issuer.base_path());
    visitor.answer(&app, Err(Fault::Told(Box::new(page))))
}

async fn method_not_allowed_page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    visitor.recognise(&app).await;
    let page = ErrorPage::method_not_allowed(app.issuer.base_path());
    visitor.answer(&app, Err(Fault::Told(Box::new(page))))
}

async fn method_not_allowed_json() -> Response {
    let description = "this endpoint does not know the method";
    let mut response = error::json(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        description,
    );
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl FromRef<Arc<App>> for RegistrationState {
    fn from_ref(app: &Arc<App>) -> Self {
        Self {
            pool: app.pool.clone(),
            clients: Arc::clone(&app.clients),
            documents: app.documents.clone(),
            clock: app.clock.clone(),
            registration_endpoint: app.registration_endpoint.clone(),
            mode: app.config.registration.mode,
            anonymous_limit: app.registration_limit.clone(),
        }
    }
}
