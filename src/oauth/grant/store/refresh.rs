//! Refresh tokens: rotated at each use, their family revoked at a reuse.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::GrantRow;
use crate::foundation::secret::Secret;
use crate::oauth::grant::model::{Grant, Rotated};
use crate::oauth::scope::Scope;

/// A refresh token as it was presented by an authenticated client.
pub struct PresentedRefresh<'a> {
    pub token: &'a Secret,
    pub client_id: &'a str,
    pub scope: Option<&'a Scope>,
    pub resource: &'a [String],
    pub successor: &'a Secret,
    pub successor_idle_expires_at: OffsetDateTime,
    /// The sealed answer for a retry.
    pub retry_answer_sealed: &'a [u8],
    /// Uses after this time are retries, uses before it reuse.
    pub retry_window_began: OffsetDateTime,
}

/// A refresh that found its token used within the window: the sealed answer is to be opened.
pub enum RotatedRow {
    Decided(Rotated),
    Retry(Box<Grant>, Vec<u8>),
}

/// Rotates a refresh token (RFC 9700, section 4.14.2): of many simultaneous attempts one makes the
/// successor, the others within the window get its answer again, later ones revoke the family.
///
/// # Errors
/// When the database fails.
pub async fn rotate(
    connection: &mut PgConnection,
    presented: &PresentedRefresh<'_>,
    now: OffsetDateTime,
) -> Result<RotatedRow, sqlx::Error> {
    let scope = presented.scope.map(Scope::to_vec).unwrap_or_default();
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        WITH held AS MATERIALIZED (
          SELECT g.* FROM refresh_token t JOIN oauth_grant g ON g.id = t.grant_id
          WHERE t.token_hash = $1
          FOR KEY SHARE OF g
        ), rotated AS (
          UPDATE refresh_token t SET used_at = $2, retry_answer_sealed = $7
          FROM held g JOIN user_account a USING (id_user)
          WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.idle_expires_at > $2
            AND g.id = t.grant_id AND g.client_id = $3 AND g.revoked_at IS NULL
            AND g.expires_at > $2 AND a.disabled_at IS NULL AND a.deleted_at IS NULL
            AND $4::text[] <@ g.scope
            AND (cardinality($5::text[]) = 0 OR $5 <@ g.resource)
          RETURNING g.*
        ), successor AS (
          INSERT INTO refresh_token (token_hash, grant_id, predecessor_hash, issued_at,
                                     idle_expires_at)
          SELECT $6, id, $1, $2, least($8, expires_at) FROM rotated
        ), seen AS (
          -- A session that a client began is seen when its tokens are. Sessions are held before
          -- grants: one that somebody else holds, most likely to end it, is not waited for.
          UPDATE session SET last_seen_at = $2
          WHERE sid IN (SELECT s.sid FROM session s JOIN rotated r ON r.sid = s.sid
                        WHERE s.client_id IS NOT NULL
                        FOR NO KEY UPDATE OF s SKIP LOCKED)
        )
        SELECT r.id AS "id!", r.client_id AS "client_id!", r.sid, r.scope AS "scope!",
               r.resource AS "resource!", r.claims, r.nonce, r.auth_time AS "auth_time!",
               r.acr AS "acr!", r.amr AS "amr!", to_jsonb(v) AS "user!: Value"
        FROM rotated r JOIN user_with_role v USING (id_user)
        "#,
        presented.token.hash().to_vec(),
        now,
        presented.client_id,
        &scope,
        presented.resource,
        presented.successor.hash().to_vec(),
        presented.retry_answer_sealed,
        presented.successor_idle_expires_at,
    )
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(row) => Ok(RotatedRow::Decided(Rotated::Fresh(Box::new(
            row.into_grant()?,
        )))),
        None => why_not_rotated(connection, presented, &scope, now).await,
    }
}

/// Finds out what a refused refresh token was, and revokes the family of a reused one in the same
/// statement. The retry of a token whose successor is still unused is no reuse.
async fn why_not_rotated(
    connection: &mut PgConnection,
    presented: &PresentedRefresh<'_>,
    scope: &[String],
    now: OffsetDateTime,
) -> Result<RotatedRow, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        WITH seen AS (
          SELECT t.grant_id, t.retry_answer_sealed, t.used_at,
                 t.used_at > $4 AND t.retry_answer_sealed IS NOT NULL AND s.used_at IS NULL
                   AND s.token_hash IS NOT NULL AS retry,
                 g.revoked_at IS NULL AND g.expires_at > $2 AND t.idle_expires_at > $2
                   AND a.disabled_at IS NULL AND a.deleted_at IS NULL AS alive
          FROM refresh_token t
          JOIN oauth_grant g ON g.id = t.grant_id
          JOIN user_account a USING (id_user)
          LEFT JOIN refresh_token s ON s.predecessor_hash = t.token_hash
          WHERE t.token_hash = $1 AND g.client_id = $3
        ), revoked AS (
          UPDATE oauth_grant SET revoked_at = $2, revoked_reason = 'refresh token reused'
          WHERE id IN (SELECT grant_id FROM seen WHERE used_at IS NOT NULL AND NOT retry)
            AND revoked_at IS NULL
        )
        SELECT seen.used_at IS NOT NULL AS "used!", seen.retry, seen.alive AS "alive!",
               seen.retry_answer_sealed,
               NOT $5::text[] <@ g.scope AS "scope_bad!", NOT $6::text[] <@ g.resource AS "target_bad!",
               g.id, g.client_id, g.sid, g.scope, g.resource, g.claims, g.nonce, g.auth_time,
               g.acr, g.amr, to_jsonb(v) AS "user!: Value"
        FROM seen JOIN oauth_grant g ON g.id = seen.grant_id JOIN user_with_role v USING (id_user)
        "#,
        presented.token.hash().to_vec(),
        now,
        presented.client_id,
        presented.retry_window_began,
        scope,
        presented.resource,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else {
        return Ok(RotatedRow::Decided(Rotated::Rejected));
    };
    let grant = GrantRow {
        id: row.id,
        client_id: row.client_id,
        sid: row.sid,
        scope: row.scope,
        resource: row.resource,
        claims: row.claims,
        nonce: row.nonce,
        auth_time: row.auth_time,
        acr: row.acr,
        amr: row.amr,
        user: row.user,
    };
    let decided = match (row.used, row.retry, row.alive) {
        (true, Some(true), true) => {
            let sealed = row.retry_answer_sealed.unwrap_or_default();
            return Ok(RotatedRow::Retry(Box::new(grant.into_grant()?), sealed));
        }
        (true, Some(true), false) => Rotated::Rejected,
        (true, ..) => Rotated::Reused { grant: row.id },
        (false, _, true) if row.scope_bad => {
            Rotated::ScopeRefused(Box::new(grant.scope.into_iter().collect()))
        }
        (false, _, true) if row.target_bad => Rotated::TargetRefused,
        (false, ..) => Rotated::Rejected,
    };
    Ok(RotatedRow::Decided(decided))
}

/// A live refresh token as introspection describes it.
pub struct LiveRefreshToken {
    pub grant: Grant,
    pub issued_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// The live refresh token of this plain value, if it is unused, unexpired and not revoked.
///
/// # Errors
/// When the database fails.
pub async fn find_live_refresh_token(
    pool: &PgPool,
    token: &Secret,
    now: OffsetDateTime,
) -> Result<Option<LiveRefreshToken>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT g.id, g.client_id, g.sid, g.scope, g.resource, g.claims, g.nonce, g.auth_time,
               g.acr, g.amr, to_jsonb(v) AS "user!: Value", t.issued_at, t.idle_expires_at
        FROM refresh_token t
        JOIN oauth_grant g ON g.id = t.grant_id
        JOIN user_with_role v USING (id_user)
        WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.idle_expires_at > $2
          AND g.revoked_at IS NULL AND g.expires_at > $2 AND NOT v.disabled
        "#,
        token.hash().to_vec(),
        now,
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let grant = GrantRow {
        id: row.id,
        client_id: row.client_id,
        sid: row.sid,
        scope: row.scope,
        resource: row.resource,
        claims: row.claims,
        nonce: row.nonce,
        auth_time: row.auth_time,
        acr: row.acr,
        amr: row.amr,
        user: row.user,
    };
    Ok(Some(LiveRefreshToken {
        grant: grant.into_grant()?,
        issued_at: row.issued_at,
        expires_at: row.idle_expires_at,
    }))
}

/// Revokes the family of a refresh token, whether used or not, if it is this client's (RFC 7009,
/// section 2.1). Returns the grant, if there was one.
///
/// # Errors
/// When the database fails.
pub async fn revoke_family(
    pool: &PgPool,
    token: &Secret,
    client_id: &str,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        UPDATE oauth_grant g
        SET revoked_at = coalesce(g.revoked_at, $3),
            revoked_reason = coalesce(g.revoked_reason, 'revoked by the client')
        FROM refresh_token t
        WHERE t.token_hash = $1 AND g.id = t.grant_id AND g.client_id = $2
        RETURNING g.id
        "#,
        token.hash().to_vec(),
        client_id,
        now,
    )
    .fetch_optional(pool)
    .await
}
