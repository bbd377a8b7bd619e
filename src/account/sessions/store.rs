//! SQL of sessions.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{MOST_LISTED, OpenSession, OpenSessions};

/// Which sessions are looked for.
pub(super) struct Which {
    /// This one alone.
    pub only: Option<Uuid>,
    /// This one before all others.
    pub own: Option<Uuid>,
}

/// A browser's session ends when it is not used; that of a client lives as long as its grant, which
/// was last used when it was last refreshed.
pub(super) async fn list(
    db: impl PgExecutor<'_>,
    id_user: i32,
    which: Which,
    now: OffsetDateTime,
    idle_since: OffsetDateTime,
) -> Result<OpenSessions, sqlx::Error> {
    let most = i64::try_from(MOST_LISTED).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        r#"
        SELECT s.sid, s.client_id, s.auth_time, s.amr, s.user_agent, host(s.ip) AS ip,
               greatest(s.last_seen_at, refreshed.at) AS "last_seen_at!", s.expires_at,
               count(*) OVER () AS "total!"
        FROM session s
        LEFT JOIN LATERAL (
          SELECT max(r.issued_at) AS at
          FROM oauth_grant g JOIN refresh_token r ON r.grant_id = g.id
          WHERE g.sid = s.sid AND s.client_id IS NOT NULL
        ) refreshed ON true
        WHERE s.id_user = $1 AND s.ended_at IS NULL AND s.expires_at > $2
          AND CASE WHEN s.client_id IS NULL THEN s.last_seen_at > $3
                   ELSE EXISTS (SELECT FROM oauth_grant g WHERE g.sid = s.sid
                                AND g.revoked_at IS NULL AND g.expires_at > $2) END
          AND ($4::uuid IS NULL OR s.sid = $4)
        ORDER BY s.sid IS NOT DISTINCT FROM $5::uuid DESC, 7 DESC, s.sid
        LIMIT $6
        "#,
        id_user,
        now,
        idle_since,
        which.only,
        which.own,
        most,
    )
    .fetch_all(db)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let open = rows.into_iter().map(|row| OpenSession {
        sid: row.sid,
        client_id: row.client_id,
        auth_time: row.auth_time,
        amr: row.amr,
        user_agent: row.user_agent,
        ip: row.ip,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
    });
    Ok(OpenSessions {
        listed: open.collect(),
        total,
    })
}

/// Ends the person's session `only`, else all but `keep`, with every grant that was made in them.
/// Returns those that were live until now.
pub(super) async fn end(
    conn: &mut PgConnection,
    id_user: i32,
    only: Option<Uuid>,
    keep: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let ended = sqlx::query_scalar!(
        r#"
        WITH held AS MATERIALIZED (
          SELECT sid FROM session
          WHERE id_user = $1 AND ended_at IS NULL AND expires_at > $4
            AND ($2::uuid IS NULL OR sid = $2) AND sid IS DISTINCT FROM $3
          ORDER BY sid FOR NO KEY UPDATE
        )
        UPDATE session s SET ended_at = $4 FROM held WHERE s.sid = held.sid
        RETURNING s.sid
        "#,
        id_user,
        only,
        keep,
        now,
    )
    .fetch_all(&mut *conn)
    .await?;
    // A statement of its own: it sees what was granted in them until they ended.
    sqlx::query!(
        r#"
        WITH held AS MATERIALIZED (
          SELECT id FROM oauth_grant WHERE sid = ANY ($1) AND revoked_at IS NULL
          ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE oauth_grant g SET revoked_at = $2, revoked_reason = 'session ended'
        FROM held WHERE g.id = held.id
        "#,
        &ended,
        now,
    )
    .execute(conn)
    .await?;
    Ok(ended)
}
