//! `/account`: what protects the account, and who was here last.

pub mod page;

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::authn::factors::Enrolled;
use crate::authn::factors::store::enrolled;

/// What stands between a stranger and the account.
pub struct Protection {
    pub factors: Enrolled,
    /// `None`: not since the account was made, or not that we know.
    pub password_changed_at: Option<OffsetDateTime>,
}

/// What protects an account.
///
/// # Errors
/// When the database fails.
pub async fn protection(pool: &PgPool, id_user: i32) -> Result<Protection, sqlx::Error> {
    let password_changed_at = sqlx::query_scalar!(
        "SELECT password_changed_at FROM user_account WHERE id_user = $1",
        id_user
    )
    .fetch_optional(pool)
    .await?;
    Ok(Protection {
        factors: enrolled(pool, id_user).await?,
        password_changed_at: password_changed_at.flatten(),
    })
}
