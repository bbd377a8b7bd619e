//! The pages of the account area. They stand behind a sign-in; `account::guard` leads to it.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::account::overview;
use crate::app::App;

/// Every page of the area.
pub(super) fn pages() -> Router<Arc<App>> {
    Router::new().route("/account", get(overview::page::get))
}
