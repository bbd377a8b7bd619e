//! The pages of the account area. They stand behind a sign-in; `account::guard` leads to it.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::account::email_change::{self, confirm, undo};
use crate::account::{apps, delete, export, history, overview, password, profile, sessions};
use crate::app::App;

/// Every page of the area.
pub(super) fn pages() -> Router<Arc<App>> {
    super::factors::pages()
        .route("/account", get(overview::page::get))
        .route(
            "/account/profile",
            get(profile::page::get).post(profile::page::post),
        )
        .route(
            "/account/sessions",
            get(sessions::page::get).post(sessions::page::post),
        )
        .route(
            "/account/password",
            get(password::page::get).post(password::page::post),
        )
        .route(
            "/account/email",
            get(email_change::page::get).post(email_change::page::post),
        )
        .route("/confirm-email", get(confirm::get).post(confirm::post))
        .route("/confirm-email/done", get(confirm::done))
        .route("/undo-email-change", get(undo::get).post(undo::post))
        .route("/undo-email-change/done", get(undo::done))
        .route("/account/apps", get(apps::page::get).post(apps::page::post))
        .route("/account/history", get(history::page::get))
        .route("/account/audit", get(history::trail::get))
        .route(
            "/account/export",
            get(export::page::get).post(export::page::post),
        )
        .route(
            "/account/delete",
            get(delete::page::get).post(delete::page::post),
        )
        .route("/account/deleted", get(delete::page::deleted))
        .route(
            "/restore-account",
            get(delete::restore::get).post(delete::restore::post),
        )
        .route("/account/restored", get(delete::restore::restored))
}
