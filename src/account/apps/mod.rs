//! Connected apps: what a person allowed, and what apps hold of theirs now.

mod store;

pub mod json;
pub mod page;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::audit::{self, Event};
use crate::http::context::RequestContext;
pub use crate::pages::account_area::MOST_LISTED;
use crate::users::User;

/// An app that may act for a person, or that need not ask again.
#[derive(Debug, Clone)]
pub struct ConnectedApp {
    pub client_id: String,
    /// What it may do.
    pub scope: Vec<String>,
    /// Since when it was first allowed what it still has; a consent counts from when it was last
    /// extended.
    pub since: OffsetDateTime,
    /// It holds tokens now.
    pub active: bool,
}

/// A person's connected apps.
#[derive(Debug, Clone)]
pub struct ConnectedApps {
    /// The newest, for nothing bounds how many somebody connects; the newest first, at most [`MOST_LISTED`].
    pub listed: Vec<ConnectedApp>,
    /// How many there are.
    pub total: i64,
}

/// A person's connected apps.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<ConnectedApps, sqlx::Error> {
    store::list(pool, id_user, None, now).await
}

/// One of a person's connected apps, listed or not.
///
/// # Errors
/// When the database fails.
pub async fn find(
    pool: &PgPool,
    id_user: i32,
    client_id: &str,
    now: OffsetDateTime,
) -> Result<Option<ConnectedApp>, sqlx::Error> {
    let found = store::list(pool, id_user, Some(client_id), now).await?;
    Ok(found.listed.into_iter().next())
}

/// Takes back all that an app was allowed: its grants with their tokens, the consent, and the sessions
/// that it began itself. `false` where it was allowed nothing.
///
/// # Errors
/// When the database fails.
pub async fn disconnect(
    pool: &PgPool,
    user: &User,
    client_id: &str,
    context: &RequestContext,
) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin().await?;
    if !store::disconnect(&mut *tx, user.id_user, client_id, context.now).await? {
        return Ok(false);
    }
    let (event, subject) = (Event::AppDisconnected, Some(user.sub));
    audit::record(&mut *tx, &event, subject, Some(client_id), context).await?;
    tx.commit().await?;
    Ok(true)
}

/// Forgets what a person consented to since a moment, so that apps ask anew. What they were granted
/// ends with the sessions. In a transaction.
///
/// # Errors
/// When the database fails.
pub async fn forget_since(
    conn: &mut PgConnection,
    user: &User,
    since: OffsetDateTime,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    let (event, subject) = (Event::AppDisconnected, Some(user.sub));
    for client_id in store::forget_since(&mut *conn, user.id_user, since).await? {
        audit::record(&mut *conn, &event, subject, Some(&client_id), context).await?;
    }
    Ok(())
}
