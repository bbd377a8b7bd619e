//! SQL of a reset.

use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;

/// Ends what the old password let somebody begin: sessions, grants with their tokens, sign-ins that
/// are under way, the change to another address. A link that takes back such a change stays good: it
/// is its owner's, whoever reads the account's mail now.
pub(super) async fn end_what_a_password_began(
    tx: &mut Transaction<'_, Postgres>,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH held AS MATERIALIZED (
          SELECT sid FROM session WHERE id_user = $1 AND ended_at IS NULL
          ORDER BY sid FOR NO KEY UPDATE
        ), sessions AS (
          UPDATE session s SET ended_at = $2 FROM held WHERE s.sid = held.sid
        ), attempts AS (
          DELETE FROM sign_in_attempt WHERE id_user = $1
        ), ceremonies AS (
          DELETE FROM ceremony WHERE id_user = $1
        )
        UPDATE mailed_token SET withdrawn_at = $2
        -- What is counted is held before: sessions, then links.
        WHERE (SELECT count(*) FROM held) >= 0
          AND id_user = $1 AND used_at IS NULL AND withdrawn_at IS NULL
          AND purpose = 'change_email'
        "#,
        id_user,
        now,
    )
    .execute(&mut **tx)
    .await?;
    // After the sessions, by a statement of its own: it sees what was granted in them until they ended.
    sqlx::query!(
        r#"
        WITH held AS MATERIALIZED (
          SELECT id FROM oauth_grant WHERE id_user = $1 AND revoked_at IS NULL
          ORDER BY id FOR NO KEY UPDATE
        )
        UPDATE oauth_grant g SET revoked_at = $2, revoked_reason = 'password reset'
        FROM held WHERE g.id = held.id
        "#,
        id_user,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
