//! `DELETE /api/auth/me`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{By, Registry};
use crate::account::json::{ApiFault, Caller};
use crate::app::App;

/// The account is deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeleteAnswer {
    /// Until then the link that was mailed undoes it; then everything is erased.
    #[serde(with = "time::serde::rfc3339")]
    purge_at: OffsetDateTime,
}

/// `DELETE /api/auth/me`.
///
/// # Errors
/// As [`Caller`]; and where the sign-in is too old.
pub async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<DeleteAnswer>, ApiFault> {
    caller.confirmed(&app).await?;
    let user = caller.user();
    let registry = Registry::from(&*app).in_language(caller.locale);
    let purge_at = super::delete(registry, user, By::OWNER, &caller.context).await?;
    // Deleted at the same instant by another request: that one's time counts, a moment earlier.
    let purge_at = purge_at.unwrap_or(caller.context.now + app.config.account.deletion_grace);
    Ok(Json(DeleteAnswer { purge_at }))
}
