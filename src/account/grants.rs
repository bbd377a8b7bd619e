//! Ends what lets anybody act for a person.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use uuid::Uuid;

use super::mailed_token::{self, Purpose};

/// Ends every session, sign-in that is under way and grant of a person (with its tokens, also those that
/// outlive a session), and withdraws the mailed links for `purposes`. Sessions are held first, then
/// links, then grants, as everywhere. Within a transaction.
///
/// # Errors
/// When the database fails.
pub async fn end_all(
    conn: &mut PgConnection,
    id_user: i32,
    purposes: &[Purpose],
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH held AS MATERIALIZED (
          SELECT sid FROM session WHERE id_user = $1 AND ended_at IS NULL
          ORDER BY sid FOR NO KEY UPDATE
        ), attempts AS (
          DELETE FROM sign_in_attempt WHERE id_user = $1
        ), ceremonies AS (
          DELETE FROM ceremony WHERE id_user = $1
        )
        UPDATE session s SET ended_at = $2 FROM held WHERE s.sid = held.sid
        "#,
        id_user,
        now,
    )
    .execute(&mut *conn)
    .await?;
    mailed_token::withdraw(&mut *conn, purposes, id_user, now).await?;
    revoke_all_but(conn, id_user, None, reason, now).await
}

/// Revokes a person's grants but those of one session. After the sessions, by a statement of its own:
/// it sees what was granted in them until they ended.
///
/// # Errors
/// When the database fails.
pub async fn revoke_all_but(
    db: impl PgExecutor<'_>,
    id_user: i32,
    keep: Option<Uuid>,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH held AS MATERIALIZED (
          SELECT id FROM oauth_grant
          WHERE id_user = $1 AND revoked_at IS NULL
            AND ($2::uuid IS NULL OR sid IS DISTINCT FROM $2)
          ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE oauth_grant g SET revoked_at = $3, revoked_reason = $4
        FROM held WHERE g.id = held.id
        "#,
        id_user,
        keep,
        now,
        reason,
    )
    .execute(db)
    .await?;
    Ok(())
}
