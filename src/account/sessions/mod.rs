//! Where a person is signed in: browsers, and apps of the platform that signed them in themselves.
//!
//! Ending a session from the list is not signing out of it. Whoever signs out leaves a device, and
//! apps that were allowed to act in their absence go on. Whoever ends a session from elsewhere does
//! not trust it any more: everything that was allowed in it ends with it, `offline_access` too.

mod store;

pub mod json;
pub mod page;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::grants;
use super::mailed_token::{self, Purpose};
use crate::audit::{self, Event};
use crate::authn::session::Lifetimes;
use crate::http::context::RequestContext;
use crate::users::User;

/// A live session.
#[derive(Debug, Clone)]
pub struct OpenSession {
    pub sid: Uuid,
    /// The first-party client that began it; `None` for a browser's.
    pub client_id: Option<String>,
    /// The latest sign-in.
    pub auth_time: OffsetDateTime,
    /// RFC 8176 values of it.
    pub amr: Vec<String>,
    /// The device of the sign-in: its `User-Agent`.
    pub user_agent: Option<String>,
    /// The address of the sign-in.
    pub ip: Option<String>,
    pub last_seen_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// A person's live sessions, the one used last first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    id_user: i32,
    lifetimes: Lifetimes,
    now: OffsetDateTime,
) -> Result<Vec<OpenSession>, sqlx::Error> {
    store::list(pool, id_user, now, now - lifetimes.idle).await
}

/// Ends one of a person's sessions and everything that was allowed in it, from `own` or from where
/// there is none. From another one, the change of address that waits to be confirmed is taken back too:
/// a stranger may have asked for it in the one that ends. `false` where they have no such session.
///
/// # Errors
/// When the database fails.
pub async fn end(
    pool: &PgPool,
    user: &User,
    sid: Uuid,
    own: Option<Uuid>,
    context: &RequestContext,
) -> Result<bool, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let ended = store::end(&mut tx, user.id_user, Some(sid), None, context.now).await?;
    if !ended.is_empty() && own != Some(sid) {
        let change = [Purpose::ChangeEmail];
        mailed_token::withdraw(&mut *tx, &change, user.id_user, context.now).await?;
    }
    record(&mut tx, user, &ended, context).await?;
    tx.commit().await?;
    Ok(!ended.is_empty())
}

/// Ends all of a person's sessions but `keep`, and everything that was allowed in them, or in sessions
/// that ended before; the change of address that waits to be confirmed, too, for it may have been asked
/// for in any of them. Returns how many ended.
///
/// # Errors
/// When the database fails.
pub async fn end_others(
    conn: &mut PgConnection,
    user: &User,
    keep: Option<Uuid>,
    context: &RequestContext,
) -> Result<usize, sqlx::Error> {
    let ended = store::end(&mut *conn, user.id_user, None, keep, context.now).await?;
    grants::revoke_all_but(
        &mut *conn,
        user.id_user,
        keep,
        "sessions ended",
        context.now,
    )
    .await?;
    // Last: it sees what was asked for in them until they ended.
    let change = [Purpose::ChangeEmail];
    mailed_token::withdraw(&mut *conn, &change, user.id_user, context.now).await?;
    record(conn, user, &ended, context).await?;
    Ok(ended.len())
}

async fn record(
    conn: &mut PgConnection,
    user: &User,
    ended: &[Uuid],
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    for &sid in ended {
        let event = Event::SessionEnded { sid };
        audit::record(&mut *conn, &event, Some(user.sub), None, context).await?;
    }
    Ok(())
}
