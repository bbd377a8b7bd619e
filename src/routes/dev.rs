//! What only a server for development has.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::ops::caught_mail;

/// Nothing, where mail is sent.
pub(super) fn pages(app: &App) -> Router<Arc<App>> {
    let router = Router::new();
    if !app.mail.catches() {
        return router;
    }
    router
        .route("/dev/mail", get(caught_mail::list))
        .route("/dev/mail/{id}", get(caught_mail::show))
        .route("/dev/mail/{id}/html", get(caught_mail::html))
        .method_not_allowed_fallback(super::method_not_allowed_page)
}
