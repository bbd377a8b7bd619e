//! `GET /docs/problems`: where the `type` of a problem of the JSON API leads (RFC 9457,
//! section 3.1.1).

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::app::{App, Visitor};
use crate::pages::Problems;

/// `GET /docs/problems`.
pub async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    visitor.recognise(&app).await;
    let facts = visitor.page(&app, None, None);
    visitor.answer(&app, Ok(Problems.render(&facts.context(&app))))
}
