//! The browser's session: kept in Postgres, known to the browser by a random cookie value of which
//! the table holds the hash only.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::assurance::{Acr, Authentication, Proof};
use super::factors::Enrolled;
use crate::foundation::secret::Secret;
use crate::http::context::{RequestContext, random_id};
use crate::users::{User, store};

/// A live session with its user.
#[derive(Debug, Clone)]
pub struct Session {
    /// The public session id: the `sid` of ID tokens.
    pub sid: Uuid,
    pub user: User,
    /// When the person last proved who they are.
    pub auth_time: OffsetDateTime,
    /// The authentication context class that was reached.
    pub acr: Acr,
    /// The methods that were used (RFC 8176).
    pub amr: Vec<String>,
    pub created_at: OffsetDateTime,
}

impl Session {
    /// Whether the sign-in is as good as a confirmation, by which what protects the account may be
    /// changed: made within `ttl`, by all that is `enrolled`.
    pub fn confirms(&self, enrolled: Enrolled, ttl: Duration, now: OffsetDateTime) -> bool {
        let is_recent = now - self.auth_time <= ttl;
        let is_whole = self.acr > Acr::Password || !enrolled.has_any();
        is_recent && is_whole
    }
}

/// How long sessions live.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Without a visit.
    pub idle: Duration,
    /// From sign-in, whatever happens.
    pub absolute: Duration,
}

/// The session's visits are written at most this often.
const TOUCH_INTERVAL: time::Duration = time::Duration::minutes(1);

/// The live session of a cookie value. Notes the visit.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_> + Copy,
    token: &Secret,
    lifetimes: Lifetimes,
    now: OffsetDateTime,
) -> Result<Option<Session>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT s.sid, s.auth_time, s.acr, s.amr, s.created_at, s.last_seen_at,
               to_jsonb(v) AS "user!: serde_json::Value"
        FROM session s JOIN user_with_role v USING (id_user)
        WHERE s.token_hash = $1 AND s.ended_at IS NULL AND s.expires_at > $2
          AND s.last_seen_at > $3 AND NOT v.disabled
        "#,
        token.hash().to_vec(),
        now,
        now - lifetimes.idle,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if now - row.last_seen_at > TOUCH_INTERVAL {
        sqlx::query!(
            "UPDATE session SET last_seen_at = greatest(last_seen_at, $2) WHERE sid = $1",
            row.sid,
            now
        )
        .execute(db)
        .await?;
    }
    Ok(Some(Session {
        sid: row.sid,
        user: store::decode(row.user)?,
        auth_time: row.auth_time,
        // A class that this version does not know proves no more than a password.
        acr: Acr::parse(&row.acr).unwrap_or(Acr::Password),
        amr: row.amr,
        created_at: row.created_at,
    }))
}

/// Records a sign-in and returns the cookie's new value. The cookie value changes at each sign-in
/// (session fixation); the same person keeps the `sid`, so that earlier ID tokens still name the
/// session, anybody else gets a new session and the old one ends as in [`end`]. One statement: a crash
/// leaves either the old session or the new.
///
/// # Errors
/// When the database fails.
pub async fn start(
    db: impl PgExecutor<'_>,
    current: Option<&Secret>,
    id_user: i32,
    authentication: &Authentication,
    lifetimes: Lifetimes,
    context: &RequestContext,
) -> Result<Secret, sqlx::Error> {
    let token = Secret::generate();
    sqlx::query!(
        r#"
        WITH mine AS (
          UPDATE session SET
            token_hash = $3, auth_time = $5, acr = $6, amr = $7, last_seen_at = $5,
            user_agent = $8, ip = $9, expires_at = $10
          WHERE token_hash = $1 AND id_user = $4 AND ended_at IS NULL AND expires_at > $5
            AND last_seen_at > $11
          RETURNING sid
        ), others AS (
          UPDATE session SET ended_at = $5
          WHERE token_hash = $1 AND ended_at IS NULL AND NOT EXISTS (SELECT FROM mine)
          RETURNING sid
        ), held AS MATERIALIZED (
          SELECT id FROM oauth_grant
          WHERE sid IN (SELECT sid FROM others) AND revoked_at IS NULL
            AND NOT 'offline_access' = ANY (scope)
          ORDER BY id FOR NO KEY UPDATE
        ), revoked AS (
          UPDATE oauth_grant g SET revoked_at = $5, revoked_reason = 'another session began'
          FROM held WHERE g.id = held.id
        )
        INSERT INTO session (sid, token_hash, id_user, auth_time, acr, amr, user_agent, ip,
                             created_at, last_seen_at, expires_at)
        SELECT $2, $3, $4, $5, $6, $7, $8, $9, $5, $5, $10
        WHERE NOT EXISTS (SELECT FROM mine)
        "#,
        current.map(|token| token.hash().to_vec()),
        random_id(),
        token.hash().to_vec(),
        id_user,
        context.now,
        authentication.acr.as_str(),
        &authentication.amr,
        context.user_agent,
        context.inet() as _,
        context.now + lifetimes.absolute,
        context.now - lifetimes.idle,
    )
    .execute(db)
    .await?;
    Ok(token)
}

/// Adds to what a live session proved: its person has just enrolled, and thereby used, one more
/// factor. When they signed in stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn upgrade(conn: &mut PgConnection, sid: Uuid, proof: Proof) -> Result<(), sqlx::Error> {
    let row = sqlx::query!(
        "SELECT acr, amr FROM session WHERE sid = $1 AND ended_at IS NULL FOR UPDATE",
        sid
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let acr = Acr::parse(&row.acr).unwrap_or(Acr::Password);
    let more = Authentication::with(acr, &row.amr, proof);
    sqlx::query!(
        "UPDATE session SET acr = $2, amr = $3 WHERE sid = $1",
        sid,
        more.acr.as_str(),
        &more.amr,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session and revokes the grants that live by it: those without `offline_access`.
///
/// # Errors
/// When the database fails.
pub async fn end(
    db: impl PgExecutor<'_>,
    sid: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH ended AS (
          UPDATE session SET ended_at = $2 WHERE sid = $1 AND ended_at IS NULL RETURNING sid
        ), held AS MATERIALIZED (
          SELECT id FROM oauth_grant
          WHERE sid IN (SELECT sid FROM ended) AND revoked_at IS NULL
            AND NOT 'offline_access' = ANY (scope)
          ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE oauth_grant g SET revoked_at = $2, revoked_reason = 'signed out'
        FROM held WHERE g.id = held.id
        "#,
        sid,
        now
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A sign-in.
pub struct Visit {
    pub at: OffsetDateTime,
    pub ip: Option<ipnet::IpNet>,
    pub user_agent: Option<String>,
}

/// The latest sign-in in another session than this one.
///
/// # Errors
/// When the database fails.
pub async fn last_elsewhere(
    db: impl PgExecutor<'_>,
    id_user: i32,
    sid: Uuid,
) -> Result<Option<Visit>, sqlx::Error> {
    let last = sqlx::query!(
        r#"
        SELECT auth_time, ip, user_agent FROM session
        WHERE id_user = $1 AND sid <> $2
        ORDER BY auth_time DESC LIMIT 1
        "#,
        id_user,
        sid
    )
    .fetch_optional(db)
    .await?;
    Ok(last.map(|row| Visit {
        at: row.auth_time,
        ip: row.ip,
        user_agent: row.user_agent,
    }))
}
