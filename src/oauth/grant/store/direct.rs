//! Grants without a code: a first-party client's own sign-in by the JSON API, with the session that
//! it begins.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::GrantRow;
use crate::authn::assurance::{Acr, Authentication, Proof};
use crate::foundation::secret::Secret;
use crate::http::context::{RequestContext, random_id};
use crate::oauth::grant::model::Grant;
use crate::oauth::scope::Scope;

/// A grant to be made, with its session and, if the scope has `offline_access`, its refresh token.
pub struct DirectGrant<'a> {
    pub client_id: &'a str,
    pub id_user: i32,
    pub scope: &'a Scope,
    pub resource: &'a [String],
    pub acr: &'a str,
    pub amr: &'a [String],
    pub refresh_token: &'a Secret,
    pub refresh_idle_expires_at: OffsetDateTime,
    /// Of the grant, and of the session, which lives by it.
    pub expires_at: OffsetDateTime,
}

/// Makes session, grant and refresh token in one statement. `None` where the account was disabled,
/// deleted or unverified meanwhile, or the client removed.
///
/// # Errors
/// When the database fails.
pub async fn begin_direct(
    connection: &mut PgConnection,
    new: &DirectGrant<'_>,
    context: &RequestContext,
) -> Result<Option<Grant>, sqlx::Error> {
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        WITH registered AS MATERIALIZED (
          SELECT client_id FROM client WHERE client_id = $4 FOR KEY SHARE
        ), person AS (
          SELECT id_user FROM user_account
          WHERE id_user = $1 AND disabled_at IS NULL AND deleted_at IS NULL
            AND unverified_since IS NULL AND EXISTS (SELECT FROM registered)
          FOR SHARE
        ), begun AS (
          -- No cookie names it: nobody holds the secret of this hash.
          INSERT INTO session (sid, token_hash, id_user, client_id, auth_time, acr, amr, user_agent,
                               ip, created_at, last_seen_at, expires_at)
          SELECT $2, $3, id_user, $4, $5, $6, $7, $8, $9, $5, $5, $10 FROM person
          RETURNING sid, id_user
        ), made AS (
          INSERT INTO oauth_grant (id, client_id, id_user, sid, scope, resource, auth_time, acr,
                                   amr, created_at, expires_at)
          SELECT $11, $4, id_user, sid, $12, $13, $5, $6, $7, $5, $10 FROM begun
          RETURNING *
        ), family AS (
          INSERT INTO refresh_token (token_hash, grant_id, issued_at, idle_expires_at)
          SELECT $14, id, $5, least($15, expires_at) FROM made
          WHERE 'offline_access' = ANY (scope)
        )
        SELECT m.id AS "id!", m.client_id AS "client_id!", m.sid, m.scope AS "scope!",
               m.resource AS "resource!", m.claims, m.nonce, m.auth_time AS "auth_time!",
               m.acr AS "acr!", m.amr AS "amr!", to_jsonb(v) AS "user!: Value"
        FROM made m JOIN user_with_role v USING (id_user)
        "#,
        new.id_user,
        random_id(),
        Secret::generate().hash().to_vec(),
        new.client_id,
        context.now,
        new.acr,
        new.amr,
        context.user_agent,
        context.inet() as _,
        new.expires_at,
        random_id(),
        &new.scope.to_vec(),
        new.resource,
        new.refresh_token.hash().to_vec(),
        new.refresh_idle_expires_at,
    )
    .fetch_optional(connection)
    .await?;
    row.map(GrantRow::into_grant).transpose()
}

/// What a first-party client's sign-out ended.
pub struct SignedOut {
    pub client_id: String,
    pub sub: Uuid,
}

/// Which grant is signed out of.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// That of a refresh token, used or not.
    RefreshToken(&'a Secret),
    Grant(Uuid),
}

/// Ends the session that a first-party client's grant was made in, and revokes that grant and all
/// others that live by the session: each one's, where the client began the session itself; in a
/// browser's session those without `offline_access`. `None` where there is no such grant.
///
/// # Errors
/// When the database fails.
pub async fn sign_out(
    db: impl PgExecutor<'_>,
    of: Of<'_>,
    now: OffsetDateTime,
) -> Result<Option<SignedOut>, sqlx::Error> {
    let (token, grant) = match of {
        Of::RefreshToken(token) => (Some(token.hash().to_vec()), None),
        Of::Grant(grant) => (None, Some(grant)),
    };
    sqlx::query_as!(
        SignedOut,
        r#"
        WITH named AS (
          SELECT g.id, g.sid, g.client_id, a.sub, g.revoked_at
          FROM oauth_grant g JOIN client c USING (client_id) JOIN user_account a USING (id_user)
          WHERE c.first_party
            AND g.id IN (SELECT grant_id FROM refresh_token WHERE token_hash = $1 UNION SELECT $2)
        ), ended AS (
          UPDATE session SET ended_at = $3
          WHERE sid IN (SELECT sid FROM named) AND ended_at IS NULL
          RETURNING sid, client_id
        ), held AS MATERIALIZED (
          -- The first condition ends the sessions before any grant is held.
          SELECT g.id FROM oauth_grant g
          WHERE (SELECT count(*) FROM ended) >= 0 AND g.revoked_at IS NULL AND (
            g.id IN (SELECT id FROM named)
            OR g.sid IN (SELECT sid FROM ended
                         WHERE client_id IS NOT NULL OR NOT 'offline_access' = ANY (g.scope)))
          ORDER BY g.id FOR NO KEY UPDATE
        ), revoked AS (
          UPDATE oauth_grant g SET revoked_at = $3, revoked_reason = 'signed out'
          FROM held WHERE g.id = held.id
        )
        SELECT client_id, sub FROM named WHERE revoked_at IS NULL
        "#,
        token,
        grant,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Adds to what a grant's person proved: by the tokens of this very grant they have just enrolled,
/// and thereby used, one more factor.
///
/// # Errors
/// When the database fails.
pub async fn upgrade(conn: &mut PgConnection, id: Uuid, proof: Proof) -> Result<(), sqlx::Error> {
    let row = sqlx::query!(
        "SELECT acr, amr FROM oauth_grant WHERE id = $1 AND revoked_at IS NULL FOR UPDATE",
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let acr = Acr::parse(&row.acr).unwrap_or(Acr::Password);
    let more = Authentication::with(acr, &row.amr, proof);
    sqlx::query!(
        "UPDATE oauth_grant SET acr = $2, amr = $3 WHERE id = $1",
        id,
        more.acr.as_str(),
        &more.amr,
    )
    .execute(conn)
    .await?;
    Ok(())
}
