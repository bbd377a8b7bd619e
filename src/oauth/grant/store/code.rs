//! Authorization codes: made with their grant, redeemed once.

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{GrantRow, encode};
use crate::foundation::secret::Secret;
use crate::oauth::grant::model::{NewGrant, Redeemed};

/// Makes a grant and its code. With a continuation, consumes it in the same statement, so that two
/// clicks on "Allow" make one code; `false` when it was consumed already, or session or client are
/// gone.
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
        WITH registered AS MATERIALIZED (
          -- Whoever removes the client waits, and then takes this grant along.
          SELECT client_id FROM client WHERE client_id = $4 FOR KEY SHARE
        ), living AS MATERIALIZED (
          -- Whoever ends the session meanwhile waits, and then revokes this grant too: it may
          -- outlive the session, but not a new password.
          SELECT sid FROM session
          WHERE sid = $6 AND ended_at IS NULL AND EXISTS (SELECT FROM registered)
          FOR SHARE
        ), consumed AS (
          DELETE FROM continuation WHERE id = $1 AND expires_at > $2
            AND EXISTS (SELECT FROM living)
          RETURNING id
        ), made AS (
          INSERT INTO oauth_grant (id, client_id, id_user, sid, scope, resource, claims, nonce,
                                   auth_time, acr, amr, created_at, expires_at)
          SELECT $3, $4, $5, sid, $7, $8, $9, $10, $11, $12, $13, $2, $14 FROM living
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
    connection: &mut PgConnection,
    presented: &Presented<'_>,
    now: OffsetDateTime,
) -> Result<Redeemed, sqlx::Error> {
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        WITH held AS MATERIALIZED (
          SELECT g.* FROM authorization_code c JOIN oauth_grant g ON g.id = c.grant_id
          WHERE c.code_hash = $1
          FOR KEY SHARE OF g
        ), redeemed AS (
          UPDATE authorization_code c SET redeemed_at = $2
          FROM held g JOIN user_account a USING (id_user) LEFT JOIN session s USING (sid)
          WHERE c.code_hash = $1 AND c.redeemed_at IS NULL AND c.expires_at > $2
            AND g.id = c.grant_id AND g.client_id = $3 AND g.revoked_at IS NULL
            AND (s.ended_at IS NULL OR 'offline_access' = ANY (g.scope))
            AND a.disabled_at IS NULL AND a.deleted_at IS NULL
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
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(row) => Ok(Redeemed::Fresh(Box::new(row.into_grant()?))),
        None => why_not_redeemed(connection, presented, now).await,
    }
}

/// A used code that comes back revokes everything issued from it. Only its own client can do that:
/// another one that got hold of a code must not be able to sign people out.
async fn why_not_redeemed(
    connection: &mut PgConnection,
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
    .fetch_optional(&mut *connection)
    .await?;
    Ok(match row {
        Some(row) if row.redeemed => Redeemed::Replayed {
            grant: row.grant_id,
        },
        Some(row) if row.only_target_bad => Redeemed::TargetRefused,
        _ => Redeemed::Rejected,
    })
}
