//! SQL of grants: issue a code, redeem it, rotate a refresh token, revoke the family. The good path
//! of each is one statement, so one round trip and one commit; a second statement finds out why
//! there was no row, with a snapshot taken after the race was lost.

use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Grant, NewGrant, Redeemed, Rotated};
use crate::foundation::secret::Secret;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::scope::Scope;
use crate::users;

/// Makes a grant and its code. With a continuation, consumes it in the same statement, so that two
/// clicks on "Allow" make one code; `false` when it was consumed already.
///
/// # Errors
/// When the database fails.
pub async fn issue_code(
    pool: &PgPool,
    new: &NewGrant<'_>,
    continuation: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let claims = new
        .claims
        .map(serde_json::to_value)
        .transpose()
        .map_err(encode)?;
    let done = sqlx::query!(
        r#"
        WITH consumed AS (
          DELETE FROM continuation WHERE id = $1 AND expires_at > $2 RETURNING id
        ), made AS (
          INSERT INTO oauth_grant (id, client_id, id_user, sid, scope, resource, claims, nonce,
                                   auth_time, acr, amr, created_at, expires_at)
          SELECT $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $2, $14
          WHERE $1::uuid IS NULL OR EXISTS (SELECT FROM consumed)
          RETURNING id
        )
        INSERT INTO authorization_code (code_hash, grant_id, redirect_uri, redirect_uri_sent,
                                        code_challenge, created_at, expires_at)
        SELECT $15, id, $16, $17, $18, $2, $19 FROM made
        "#,
        continuation,
        now,
        crate::http::context::random_id(),
        new.client_id,
        new.id_user,
        new.sid,
        &new.scope.to_vec(),
        new.resource,
        claims,
        new.nonce,
        new.auth_time,
        new.acr,
        new.amr,
        new.expires_at,
        new.code.code.hash().to_vec(),
        new.code.redirect_uri,
        new.code.redirect_uri_sent,
        new.code.code_challenge,
        new.code.expires_at,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A code as it was presented by an authenticated client.
pub struct Presented<'a> {
    pub code: &'a Secret,
    pub client_id: &'a str,
    pub redirect_uri: Option<&'a str>,
    /// S256 of the verifier, when one was sent.
    pub code_challenge: Option<&'a str>,
    pub resource: &'a [String],
    /// The refresh token to begin the family with, if the scope has `offline_access`.
    pub refresh_token: &'a Secret,
    pub refresh_idle_expires_at: OffsetDateTime,
}

/// Redeems a code: of many simultaneous attempts one succeeds (the row lock orders them), the
/// others see it used and revoke the family (RFC 6749, section 4.1.2).
///
/// # Errors
/// When the database fails.
pub async fn redeem(
    pool: &PgPool,
    presented: &Presented<'_>,
    now: OffsetDateTime,
) -> Result<Redeemed, sqlx::Error> {
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        WITH redeemed AS (
          UPDATE authorization_code c SET redeemed_at = $2
          FROM oauth_grant g JOIN user_account a USING (id_user)
          WHERE c.code_hash = $1 AND c.redeemed_at IS NULL AND c.expires_at > $2
            AND g.id = c.grant_id AND g.client_id = $3 AND g.revoked_at IS NULL
            AND a.disabled_at IS NULL
            AND (c.redirect_uri = $4 OR ($4 IS NULL AND NOT c.redirect_uri_sent))
            AND c.code_challenge IS NOT DISTINCT FROM $5
            AND (cardinality($6::text[]) = 0 OR $6 <@ g.resource)
          RETURNING g.*
        ), family AS (
          INSERT INTO refresh_token (token_hash, grant_id, issued_at, idle_expires_at)
          SELECT $7, id, $2, least($8, expires_at) FROM redeemed
          WHERE 'offline_access' = ANY (scope)
        )
        SELECT r.id AS "id!", r.client_id AS "client_id!", r.sid, r.scope AS "scope!",
               r.resource AS "resource!", r.claims, r.nonce, r.auth_time AS "auth_time!",
               r.acr AS "acr!", r.amr AS "amr!", to_jsonb(v) AS "user!: Value"
        FROM redeemed r JOIN user_with_role v USING (id_user)
        "#,
        presented.code.hash().to_vec(),
        now,
        presented.client_id,
        presented.redirect_uri,
        presented.code_challenge,
        presented.resource,
        presented.refresh_token.hash().to_vec(),
        presented.refresh_idle_expires_at,
    )
    .fetch_optional(pool)
    .await?;
    match row {
        Some(row) => Ok(Redeemed::Fresh(Box::new(row.into_grant()?))),
        None => why_not_redeemed(pool, presented, now).await,
    }
}

/// A used code that comes back revokes everything issued from it. Only its own client can do that:
/// another one that got hold of a code must not be able to sign people out.
async fn why_not_redeemed(
    pool: &PgPool,
    presented: &Presented<'_>,
    now: OffsetDateTime,
) -> Result<Redeemed, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        WITH seen AS (
          SELECT c.grant_id, c.redeemed_at, c.expires_at > $2 AND $4 <@ g.resource AS target_good,
                 c.expires_at > $2 AND g.revoked_at IS NULL
                   AND (c.redirect_uri = $5 OR ($5 IS NULL AND NOT c.redirect_uri_sent))
                   AND c.code_challenge IS NOT DISTINCT FROM $6 AS rest_good
          FROM authorization_code c JOIN oauth_grant g ON g.id = c.grant_id
          WHERE c.code_hash = $1 AND g.client_id = $3
        ), revoked AS (
          UPDATE oauth_grant SET revoked_at = $2, revoked_reason = 'authorization code replayed'
          WHERE id IN (SELECT grant_id FROM seen WHERE redeemed_at IS NOT NULL)
            AND revoked_at IS NULL
        )
        SELECT grant_id, redeemed_at IS NOT NULL AS "redeemed!",
               rest_good AND NOT target_good AS "only_target_bad!"
        FROM seen
        "#,
        presented.code.hash().to_vec(),
        now,
        presented.client_id,
        presented.resource,
        presented.redirect_uri,
        presented.code_challenge,
    )
    .fetch_optional(pool)
    .await?;
    Ok(match row {
        Some(row) if row.redeemed => Redeemed::Replayed {
            grant: row.grant_id,
        },
        Some(row) if row.only_target_bad => Redeemed::TargetRefused,
        _ => Redeemed::Rejected,
    })
}

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
    pool: &PgPool,
    presented: &PresentedRefresh<'_>,
    now: OffsetDateTime,
) -> Result<RotatedRow, sqlx::Error> {
    let scope = presented.scope.map(Scope::to_vec).unwrap_or_default();
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        WITH rotated AS (
          UPDATE refresh_token t SET used_at = $2, retry_answer_sealed = $7
          FROM oauth_grant g JOIN user_account a USING (id_user)
          WHERE t.token_hash = $1 AND t.used_at IS NULL AND t.idle_expires_at > $2
            AND g.id = t.grant_id AND g.client_id = $3 AND g.revoked_at IS NULL
            AND g.expires_at > $2 AND a.disabled_at IS NULL
            AND $4::text[] <@ g.scope
            AND (cardinality($5::text[]) = 0 OR $5 <@ g.resource)
          RETURNING g.*
        ), successor AS (
          INSERT INTO refresh_token (token_hash, grant_id, predecessor_hash, issued_at,
                                     idle_expires_at)
          SELECT $6, id, $1, $2, least($8, expires_at) FROM rotated
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
    .fetch_optional(pool)
    .await?;
    match row {
        Some(row) => Ok(RotatedRow::Decided(Rotated::Fresh(Box::new(
            row.into_grant()?,
        )))),
        None => why_not_rotated(pool, presented, &scope, now).await,
    }
}

/// Finds out what a refused refresh token was, and revokes the family of a reused one in the same
/// statement. The retry of a token whose successor is still unused is no reuse.
async fn why_not_rotated(
    pool: &PgPool,
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
                   AND a.disabled_at IS NULL AS alive
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
    .fetch_optional(pool)
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

/// The live grant of an access token, unless grant or token was revoked. One lookup.
///
/// # Errors
/// When the database fails.
pub async fn find_live(
    pool: &PgPool,
    id: Uuid,
    jti: &str,
    now: OffsetDateTime,
) -> Result<Option<Grant>, sqlx::Error> {
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        SELECT g.id, g.client_id, g.sid, g.scope, g.resource, g.claims, g.nonce, g.auth_time,
               g.acr, g.amr, to_jsonb(v) AS "user!: Value"
        FROM oauth_grant g JOIN user_with_role v USING (id_user)
        WHERE g.id = $1 AND g.revoked_at IS NULL AND g.expires_at > $3 AND NOT v.disabled
          AND NOT EXISTS (SELECT FROM revoked_access_token WHERE jti = $2)
        "#,
        id,
        jti,
        now,
    )
    .fetch_optional(pool)
    .await?;
    row.map(GrantRow::into_grant).transpose()
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
/// section 2.1). Returns whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn revoke_family(
    pool: &PgPool,
    token: &Secret,
    client_id: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        r#"
        UPDATE oauth_grant g
        SET revoked_at = coalesce(g.revoked_at, $3),
            revoked_reason = coalesce(g.revoked_reason, 'revoked by the client')
        FROM refresh_token t
        WHERE t.token_hash = $1 AND g.id = t.grant_id AND g.client_id = $2
        "#,
        token.hash().to_vec(),
        client_id,
        now,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Revokes one access token until it would have expired.
///
/// # Errors
/// When the database fails.
pub async fn revoke_access_token(
    pool: &PgPool,
    jti: &str,
    expires_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO revoked_access_token (jti, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        jti,
        expires_at,
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Whether an access token without a grant (client credentials) was revoked.
///
/// # Errors
/// When the database fails.
pub async fn is_access_token_revoked(pool: &PgPool, jti: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM revoked_access_token WHERE jti = $1) AS "revoked!""#,
        jti
    )
    .fetch_one(pool)
    .await
}

struct GrantRow {
    id: Uuid,
    client_id: String,
    sid: Option<Uuid>,
    scope: Vec<String>,
    resource: Vec<String>,
    claims: Option<Value>,
    nonce: Option<String>,
    auth_time: OffsetDateTime,
    acr: String,
    amr: Vec<String>,
    user: Value,
}

impl GrantRow {
    fn into_grant(self) -> Result<Grant, sqlx::Error> {
        let claims: Option<ClaimsRequest> = self
            .claims
            .map(serde_json::from_value)
            .transpose()
            .map_err(encode)?;
        Ok(Grant {
            id: self.id,
            client_id: self.client_id,
            sid: self.sid,
            scope: self.scope.into_iter().collect(),
            resource: self.resource,
            claims,
            nonce: self.nonce,
            auth_time: self.auth_time,
            acr: self.acr,
            amr: self.amr,
            user: users::store::decode(self.user)?,
        })
    }
}

fn encode(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
