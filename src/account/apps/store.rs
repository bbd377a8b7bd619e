//! SQL of connected apps.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::{ConnectedApp, ConnectedApps, MOST_LISTED};

/// `only` is one app's `client_id`. A grant without `offline_access` lives by its session.
pub(super) async fn list(
    db: impl PgExecutor<'_>,
    id_user: i32,
    only: Option<&str>,
    now: OffsetDateTime,
) -> Result<ConnectedApps, sqlx::Error> {
    let most = i64::try_from(MOST_LISTED).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        r#"
        WITH allowed AS (
          SELECT client_id, scope, granted_at AS since, false AS active
          FROM consent WHERE id_user = $1
          UNION ALL
          SELECT g.client_id, g.scope, g.created_at, true
          FROM oauth_grant g LEFT JOIN session s USING (sid)
          WHERE g.id_user = $1 AND g.revoked_at IS NULL AND g.expires_at > $2
            AND ('offline_access' = ANY (g.scope) OR (s.ended_at IS NULL AND s.expires_at > $2))
        )
        SELECT client_id AS "client_id!",
               ARRAY (SELECT DISTINCT value FROM allowed b, unnest(b.scope) AS value
                      WHERE b.client_id = a.client_id ORDER BY value) AS "scope!",
               min(since) AS "since!", bool_or(active) AS "active!",
               count(*) OVER () AS "total!"
        FROM allowed a WHERE $3::text IS NULL OR client_id = $3
        GROUP BY client_id
        ORDER BY min(since) DESC, client_id
        LIMIT $4
        "#,
        id_user,
        now,
        only,
        most,
    )
    .fetch_all(db)
    .await?;
    let total = rows.first().map_or(0, |row| row.total);
    let listed = rows.into_iter().map(|row| ConnectedApp {
        client_id: row.client_id,
        scope: row.scope,
        since: row.since,
        active: row.active,
    });
    Ok(ConnectedApps {
        listed: listed.collect(),
        total,
    })
}

/// Whether there was anything to take back.
pub(super) async fn disconnect(
    db: impl PgExecutor<'_>,
    id_user: i32,
    client_id: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH sessions AS MATERIALIZED (
          SELECT sid FROM session WHERE id_user = $1 AND client_id = $2 AND ended_at IS NULL
          ORDER BY sid FOR NO KEY UPDATE
        ), ended AS (
          UPDATE session s SET ended_at = $3 FROM sessions h WHERE s.sid = h.sid
          RETURNING 1
        ), forgotten AS (
          -- What is counted is held before: sessions, then the consent, then grants.
          DELETE FROM consent
          WHERE id_user = $1 AND client_id = $2 AND (SELECT count(*) FROM ended) >= 0
          RETURNING 1
        ), grants AS MATERIALIZED (
          SELECT id FROM oauth_grant
          WHERE id_user = $1 AND client_id = $2 AND revoked_at IS NULL
            AND (SELECT count(*) FROM forgotten) >= 0
          ORDER BY id FOR NO KEY UPDATE
        ), revoked AS (
          UPDATE oauth_grant g SET revoked_at = $3, revoked_reason = 'app disconnected'
          FROM grants h WHERE g.id = h.id
          RETURNING g.expires_at
        )
        SELECT EXISTS (SELECT FROM forgotten) OR EXISTS (SELECT FROM ended)
          OR EXISTS (SELECT FROM revoked WHERE expires_at > $3) AS "any!"
        "#,
        id_user,
        client_id,
        now,
    )
    .fetch_one(db)
    .await
}

/// The apps whose consents went. Live sessions are held before, as everywhere.
pub(super) async fn forget_since(
    conn: &mut PgConnection,
    id_user: i32,
    since: OffsetDateTime,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query!(
        r#"
        SELECT FROM session WHERE id_user = $1 AND ended_at IS NULL
        ORDER BY sid FOR NO KEY UPDATE
        "#,
        id_user,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "DELETE FROM consent WHERE id_user = $1 AND granted_at >= $2 RETURNING client_id",
        id_user,
        since,
    )
    .fetch_all(conn)
    .await
}
