//! The append-only trail of security events.

mod actor;
mod erase;
mod event;
mod query;
mod reason;

use sqlx::PgExecutor;
use uuid::Uuid;

use crate::http::context::RequestContext;

pub use actor::Actor;
pub use erase::{pseudonymise, purged_since, remove_older};
pub use event::Event;
pub use query::{Cursor, Filter, MAX_PAGE, NoCursor, Noted, Page, find, of_person};
pub use reason::Reason;

/// Whether something of this kind happened to somebody since then.
///
/// # Errors
/// When the database fails.
pub async fn happened(
    db: impl PgExecutor<'_>,
    kind: &str,
    subject: Uuid,
    since: time::OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM audit_event
                       WHERE subject = $1 AND kind = $2 AND at >= $3) AS "happened!"
        "#,
        subject,
        kind,
        since,
    )
    .fetch_one(db)
    .await
}

/// Adds an event that the person themself, a client or a stranger brought about by a request:
/// which of them, the event says. Whose grant it is about is looked up: the trail outlives the
/// grant.
///
/// # Errors
/// When the database fails.
pub async fn record(
    db: impl PgExecutor<'_>,
    event: &Event,
    subject: Option<Uuid>,
    client_id: Option<&str>,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    record_by(db, event.actor(), None, event, subject, client_id, context).await
}

/// The same where somebody else did it: an administrator (`actor_sub`), whoever runs the server.
///
/// # Errors
/// When the database fails.
pub async fn record_by(
    db: impl PgExecutor<'_>,
    actor: Actor,
    actor_sub: Option<Uuid>,
    event: &Event,
    subject: Option<Uuid>,
    client_id: Option<&str>,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO audit_event (at, kind, subject, client_id, ip, user_agent, request_id, detail,
                                 actor, actor_sub)
        VALUES ($1, $2,
                coalesce($3, (SELECT sub FROM oauth_grant JOIN user_account USING (id_user)
                              WHERE id = $9)),
                $4, $5, $6, $7, $8, $10, $11)
        "#,
        context.now,
        event.kind(),
        subject,
        client_id,
        context.inet() as _,
        context.user_agent,
        context.request_id.to_string(),
        event.detail(),
        event.grant(),
        actor.as_str(),
        actor_sub,
    )
    .execute(db)
    .await?;
    Ok(())
}
