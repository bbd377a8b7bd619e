//! Second factors: the pages of the account area and the calls of the JSON API.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::account::factors::{json, page};
use crate::app::App;

/// The pages.
pub(super) fn pages() -> Router<Arc<App>> {
    Router::new()
        .route("/account/factors", get(page::get))
        .route(
            "/account/factors/totp",
            get(page::totp::get).post(page::totp::post),
        )
        .route(
            "/account/factors/passkeys",
            get(page::passkey::get).post(page::passkey::post),
        )
        .route(
            "/account/factors/email",
            get(page::email::get).post(page::email::post),
        )
        .route(
            "/account/factors/recovery-codes",
            get(page::recovery_codes::get).post(page::recovery_codes::post),
        )
        .route(
            "/account/factors/recovery-codes/new",
            get(page::new_codes::get).post(page::new_codes::post),
        )
        .route(
            "/account/factors/{id}/name",
            get(page::manage::name).post(page::manage::post_name),
        )
        .route(
            "/account/factors/{id}/remove",
            get(page::manage::removal).post(page::manage::post_removal),
        )
}

/// The calls, by what follows `/api/auth`.
pub(super) fn calls() -> Router<Arc<App>> {
    Router::new()
        .route("/me/factors", get(json::list))
        .route("/me/factors/totp", post(json::totp))
        .route("/me/factors/totp/confirm", post(json::confirm_totp))
        .route("/me/factors/passkeys", post(json::passkey))
        .route("/me/factors/passkeys/confirm", post(json::confirm_passkey))
        .route("/me/factors/email", post(json::email))
        .route("/me/factors/email/confirm", post(json::confirm_email))
        .route("/me/factors/recovery-codes", post(json::recovery_codes))
        .route(
            "/me/factors/{id}",
            get(json::get).patch(json::rename).delete(json::remove),
        )
}
