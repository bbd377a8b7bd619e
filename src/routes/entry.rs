//! The pages by which people create an account, prove its address and set a forgotten password anew.
//! Mailed links are opened by `GET` and `HEAD`, which change nothing.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::account::{check_mail, register, reset_password, verify_email};
use crate::app::App;

/// Every page for those who cannot sign in yet.
pub(super) fn pages() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/create-account",
            get(register::page::get).post(register::page::post),
        )
        .route(
            "/create-account/sent",
            get(check_mail::verification).post(check_mail::verification_again),
        )
        .route(
            "/verify-email",
            get(verify_email::page::get).post(verify_email::page::post),
        )
        .route("/verify-email/again", post(verify_email::page::again))
        .route(
            "/forgot-password",
            get(reset_password::page::ask).post(reset_password::page::send),
        )
        .route(
            "/forgot-password/sent",
            get(check_mail::reset).post(check_mail::reset_again),
        )
        .route(
            "/reset-password",
            get(reset_password::page::get).post(reset_password::page::post),
        )
        .route("/reset-password/again", post(reset_password::page::again))
}
