//! Where a person is signed in: browsers, and apps of the platform that signed them in themselves.
//!
//! Ending a session from the list is not signing out of it. Whoever signs out leaves a device, and
//! apps that were allowed to act in their absence go on. Whoever ends a session from elsewhere does
//! not trust it any more: everything that was allowed in it ends with it, `offline_access` too.

mod store;

pub mod json;
pub mod page;

use std::cmp::Reverse;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::grants;
use super::mailed_token::{self, Purpose};
use crate::audit::{self, Event};
use crate::authn::session::Lifetimes;
use crate::http::context::RequestContext;
pub use crate::pages::account_area::MOST_LISTED;
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

/// A person's live sessions.
#[derive(Debug, Clone)]
pub struct OpenSessions {
    /// Those used last, for nothing bounds how often somebody signs in; `own` in any case, the one used last first; at most [`MOST_LISTED`].
    pub listed: Vec<OpenSession>,
    /// How many there are.
    pub total: i64,
}

/// A person's live sessions.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    id_user: i32,
    own: Option<Uuid>,
    lifetimes: Lifetimes,
    now: OffsetDateTime,
) -> Result<OpenSessions, sqlx::Error> {
    let which = store::Which { only: None, own };
    let mut open = store::list(pool, id_user, which, now, now - lifetimes.idle).await?;
    open.listed
        .sort_by_key(|open| (Reverse(open.last_seen_at), open.sid));
    Ok(open)
}

/// One of a person's live sessions, listed or not.
///
/// # Errors
/// When the database fails.
pub async fn find(
    pool: &PgPool,
    id_user: i32,
    sid: Uuid,
    lifetimes: Lifetimes,
    now: OffsetDateTime,
) -> Result<Option<OpenSession>, sqlx::Error> {
    let which = store::Which {
        only: Some(sid),
        own: None,
    };
    let open = store::list(pool, id_user, which, now, now - lifetimes.idle).await?;
    Ok(open.listed.into_iter().next())
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
