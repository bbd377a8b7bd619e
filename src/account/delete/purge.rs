//! Erasing an account for good.
//!
//! The row of `users` goes, and with it every row of ours that refers to it. Where another service's
//! table refers to it and does not let it go, the row stays without anything that tells whose it was.
//! The audit trail stays, by `sub`, without addresses, user agents and details; of what the person did
//! to others as an administrator, without address and user agent.

use sqlx::{Acquire as _, PgConnection, Postgres, Transaction};
use time::OffsetDateTime;

use super::Registry;
use crate::audit::{self, Event};
use crate::foundation::secret::random_bytes;
use crate::http::context::RequestContext;
use crate::mail::{Letter, MailError, Recipient};
use crate::users::store;

/// Of how many accounts [`due`] tells at once.
const BATCH: i64 = 100;

/// Accounts with a key above `after` whose time is over, by key: deleted, and the grace period has
/// passed; or never verified, and nothing in the mail could change that any more.
///
/// # Errors
/// When the database fails.
pub async fn due(
    registry: Registry<'_>,
    after: i32,
    now: OffsetDateTime,
) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT id_user AS "id_user!" FROM (
          SELECT id_user FROM user_account WHERE purge_at <= $2
          UNION ALL
          SELECT id_user FROM user_account a
          WHERE unverified_since < $3 AND deleted_at IS NULL
            AND NOT EXISTS (SELECT FROM mailed_token t
                            WHERE t.id_user = a.id_user AND t.purpose = 'verify_email'
                              AND t.used_at IS NULL AND t.withdrawn_at IS NULL
                              AND t.expires_at > $2)
        ) AS due
        WHERE id_user > $1
        ORDER BY id_user LIMIT $4
        "#,
        after,
        now,
        now - registry.config.account.unverified_ttl,
        BATCH,
    )
    .fetch_all(registry.pool)
    .await
}

/// Erases an account that [`due`] named, all or nothing; says whether it was still there and due.
/// Several replicas may do it at once: one does.
///
/// # Errors
/// When the database or the mail queue fails; then nothing was done.
pub async fn purge(
    registry: Registry<'_>,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<bool, MailError> {
    let mut tx = registry.pool.begin().await?;
    let still_due = sqlx::query_scalar!(
        r#"
        SELECT deleted_at IS NOT NULL AS "deleted!" FROM user_account
        WHERE id_user = $1 AND (purge_at <= $2 OR (unverified_since < $3 AND deleted_at IS NULL))
        FOR UPDATE SKIP LOCKED
        "#,
        id_user,
        now,
        now - registry.config.account.unverified_ttl,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let (Some(deleted), Some(user)) = (still_due, store::find(&mut *tx, id_user).await?) else {
        return Ok(false);
    };
    audit::pseudonymise(&mut *tx, &[user.sub]).await?;
    let nobody = RequestContext::none(now);
    audit::record(
        &mut *tx,
        &Event::AccountPurged,
        Some(user.sub),
        None,
        &nobody,
    )
    .await?;
    erase(&mut tx, id_user).await?;
    // Whoever never proved that the address is theirs is not written to.
    if deleted && user.email_verified {
        // Belongs to no account any more: the queue forgets it as soon as it is sent.
        let recipient = Recipient {
            id_user: None,
            ..registry.recipient(&user)
        };
        registry
            .mail
            .post(&mut *tx, &recipient, &Letter::AccountPurged, now)
            .await?;
    }
    tx.commit().await?;
    tracing::info!(sub = %user.sub, "an account was purged");
    Ok(true)
}

/// A request that was under way while its account was purged may have noted an address after it: such
/// late events lose theirs, too.
///
/// # Errors
/// When the database fails.
pub async fn sweep(registry: Registry<'_>, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    let lately = now - time::Duration::hours(1);
    let purged = audit::purged_since(registry.pool, lately).await?;
    if purged.is_empty() {
        return Ok(());
    }
    audit::pseudonymise(registry.pool, &purged).await
}

async fn erase(tx: &mut Transaction<'_, Postgres>, id_user: i32) -> Result<(), sqlx::Error> {
    let mut attempt = tx.begin().await?;
    match delete_row(&mut attempt, id_user).await {
        Ok(()) => attempt.commit().await,
        Err(error) if is_referred_to(&error) => {
            attempt.rollback().await?;
            anonymise(tx, id_user).await
        }
        Err(error) => Err(error),
    }
}

/// Foreign keys that ask for it (`ON DELETE CASCADE`, `SET NULL`) are followed, another service's
/// too: it said what is to become of its rows.
async fn delete_row(conn: &mut PgConnection, id_user: i32) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM users WHERE id_user = $1", id_user)
        .execute(&mut *conn)
        .await?;
    // A deferred foreign key would fail at the commit only.
    sqlx::query!("SET CONSTRAINTS ALL IMMEDIATE")
        .execute(conn)
        .await?;
    Ok(())
}

/// 23503 `foreign_key_violation`, 23001 `restrict_violation`.
fn is_referred_to(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    matches!(error.code().as_deref(), Some("23503" | "23001"))
}

/// Leaves of a person the number that other tables know, without an account: nobody signs in by a
/// row of `users` alone.
async fn anonymise(conn: &mut PgConnection, id_user: i32) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH a AS (DELETE FROM oauth_grant WHERE id_user = $1),
             b AS (DELETE FROM session WHERE id_user = $1),
             c AS (DELETE FROM consent WHERE id_user = $1),
             d AS (DELETE FROM factor WHERE id_user = $1),
             e AS (DELETE FROM recovery_code WHERE id_user = $1),
             f AS (DELETE FROM sign_in_attempt WHERE id_user = $1),
             g AS (DELETE FROM ceremony WHERE id_user = $1),
             h AS (DELETE FROM known_device WHERE id_user = $1),
             i AS (DELETE FROM mail WHERE id_user = $1),
             j AS (DELETE FROM mailed_token WHERE id_user = $1)
        DELETE FROM user_account WHERE id_user = $1
        "#,
        id_user,
    )
    .execute(&mut *conn)
    .await?;
    // RFC 2606, section 2: no mail ever reaches `.invalid`.
    let email = format!(
        "deleted-{}@deleted.invalid",
        uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
    );
    sqlx::query!(
        "UPDATE users SET email = $2, password_hash = '!', role_id = NULL WHERE id_user = $1",
        id_user,
        email,
    )
    .execute(conn)
    .await?;
    Ok(())
}
