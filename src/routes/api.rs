//! The JSON API of accounts, below `/api/auth`. Any origin may call it: what it needs stands in the
//! request, never in a cookie. Its errors are problem details (RFC 9457).

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower_http::cors::{Any, CorsLayer};

use crate::account::json::{BASE_PATH, in_problems};
use crate::account::{apps, email_change, password, profile, sessions};
use crate::account::{
    delete as account_delete, export, history, register, reset_password, token_api, verify_email,
};
use crate::app::App;
use crate::http::context::REQUEST_ID_HEADER;

/// Every call, with the policy of all of them.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT_LANGUAGE,
        ])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            header::CONTENT_DISPOSITION,
            REQUEST_ID_HEADER,
        ])
        .max_age(std::time::Duration::from_hours(1));
    let problems = from_fn_with_state(Arc::clone(app), in_problems);
    let policy = ServiceBuilder::new().layer(cors).layer(problems);
    Router::new().nest(BASE_PATH, calls().layer(policy))
}

/// The calls, by what follows `/api/auth`.
fn calls() -> Router<Arc<App>> {
    super::factors::calls()
        .route("/login", post(token_api::login))
        .route("/login/factor", post(token_api::factor))
        .route("/login/factor/challenge", post(token_api::challenge))
        .route("/refresh", post(token_api::refresh))
        .route("/logout", post(token_api::logout))
        .route("/verify-token", post(token_api::verify_token))
        .route("/register", post(register::json::post))
        .route("/email/verify", post(verify_email::json::post))
        .route("/password/forgot", post(reset_password::json::forgot))
        .route("/password/reset", post(reset_password::json::reset))
        .route("/password/change", post(password::json::post))
        .route("/email/change", post(email_change::json::change))
        .route("/email/confirm", post(email_change::json::confirmed))
        .route("/email/undo", post(email_change::json::undone))
        .route(
            "/me",
            get(profile::json::get)
                .patch(profile::json::patch)
                .delete(account_delete::json::delete),
        )
        .route(
            "/me/sessions",
            get(sessions::json::get_all).delete(sessions::json::delete_others),
        )
        .route(
            "/me/sessions/{id}",
            get(sessions::json::get).delete(sessions::json::delete),
        )
        .route("/me/apps", get(apps::json::get_all))
        .route(
            "/me/apps/{client_id}",
            get(apps::json::get).delete(apps::json::delete),
        )
        .route("/me/export", get(export::json::get))
        .route("/me/logins", get(history::json::logins))
        .route("/me/events", get(history::json::events))
        .route("/restore", post(account_delete::restore::json))
        .route("/events", get(history::admin::events))
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .fallback(async || StatusCode::NOT_FOUND)
}
