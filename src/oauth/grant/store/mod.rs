//! SQL of grants: issue a code, redeem it, rotate a refresh token, revoke the family. The good path
//! of each is one statement, so one round trip and one commit; a second statement finds out why
//! there was no row, with a snapshot taken after the race was lost.
//!
//! Locks are taken in one order everywhere, or two that meet would wait for each other for ever: the
//! client, sessions, consents, continuations, grants, and last a grant's code and refresh tokens;
//! several of a kind in the order of their keys. So a statement that changes a token holds its grant
//! first, by the very lock that the foreign key of a successor takes anyway.

mod code;
mod direct;
mod refresh;

use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::Grant;
use crate::oauth::claims::ClaimsRequest;
use crate::users;

pub use code::{Presented, issue_code, redeem};
pub use direct::{DirectGrant, Of, SignedOut, begin_direct, sign_out, upgrade};
pub use refresh::{
    LiveRefreshToken, PresentedRefresh, RotatedRow, find_live_refresh_token, revoke_family, rotate,
};

/// The live grant of an access token, unless grant or token was revoked. One lookup. A grant without
/// `offline_access` lives by its session, which is asked too: a grant made at the very moment of a
/// sign-out is one that the sign-out could not see.
///
/// # Errors
/// When the database fails.
pub async fn find_live(
    connection: &mut PgConnection,
    id: Uuid,
    jti: &str,
    now: OffsetDateTime,
) -> Result<Option<Grant>, sqlx::Error> {
    let row = sqlx::query_as!(
        GrantRow,
        r#"
        SELECT g.id, g.client_id, g.sid, g.scope, g.resource, g.claims, g.nonce, g.auth_time,
               g.acr, g.amr, to_jsonb(v) AS "user!: Value"
        FROM oauth_grant g JOIN user_with_role v USING (id_user) LEFT JOIN session s USING (sid)
        WHERE g.id = $1 AND g.revoked_at IS NULL AND g.expires_at > $3 AND NOT v.disabled
          AND (s.ended_at IS NULL OR 'offline_access' = ANY (g.scope))
          AND NOT EXISTS (SELECT FROM revoked_access_token WHERE jti = $2)
        "#,
        id,
        jti,
        now,
    )
    .fetch_optional(&mut *connection)
    .await?;
    row.map(GrantRow::into_grant).transpose()
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

/// A row of `oauth_grant` with its user.
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
