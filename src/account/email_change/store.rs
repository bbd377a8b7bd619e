//! SQL of a change of address.

use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::account::mailed_token::{self, Purpose};
use crate::account::sessions;
use crate::authn::password::NOBODYS;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::users::{EmailAddress, User, store};

/// Another account that has an address.
pub(super) async fn holder(
    db: impl PgExecutor<'_>,
    email: &EmailAddress,
    id_user: i32,
) -> Result<Option<User>, sqlx::Error> {
    let user = sqlx::query_scalar!(
        r#"
        SELECT to_jsonb(v) AS "user!: Value"
        FROM user_account a JOIN user_with_role v USING (id_user)
        WHERE a.email_key = $1 AND id_user <> $2
        -- One that somebody has proved, if there are several.
        ORDER BY v.unverified, id_user LIMIT 1
        "#,
        email.key(),
        id_user,
    )
    .fetch_optional(db)
    .await?;
    user.map(store::decode).transpose()
}

/// What came of giving an account an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    Done,
    /// Another account has it.
    Taken,
}

/// Gives an account an address that was just proved, both locked before. Accounts of the address that
/// nobody ever proved go: whoever made them, it was not their address.
pub(super) async fn give(
    conn: &mut PgConnection,
    id_user: i32,
    email: &EmailAddress,
    now: OffsetDateTime,
) -> Result<Given, sqlx::Error> {
    if let Some(other) = holder(&mut *conn, email, id_user).await?
        && !other.unverified
    {
        return Ok(Given::Taken);
    }
    sqlx::query!(
        r#"
        DELETE FROM users u USING user_account a
        WHERE a.id_user = u.id_user AND a.email_key = $1 AND a.unverified_since IS NOT NULL
          AND u.id_user <> $2
        "#,
        email.key(),
        id_user,
    )
    .execute(&mut *conn)
    .await?;
    let written = sqlx::query!(
        "UPDATE users SET email = $2 WHERE id_user = $1",
        id_user,
        email.as_str()
    )
    .execute(&mut *conn)
    .await;
    match written {
        Ok(_) => {}
        // Another service has just written the same address; the transaction is over with that.
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Ok(Given::Taken);
        }
        Err(error) => return Err(error),
    }
    // After the trigger of `users`, which takes every new address for unproved.
    sqlx::query!(
        "UPDATE user_account SET email_verified = true, updated_at = $2 WHERE id_user = $1",
        id_user,
        now,
    )
    .execute(&mut *conn)
    .await?;
    // Links that were mailed to the address from before open nothing any more.
    let links = [
        Purpose::VerifyEmail,
        Purpose::ResetPassword,
        Purpose::ChangeEmail,
    ];
    mailed_token::withdraw(conn, &links, id_user, now).await?;
    Ok(Given::Done)
}

/// Withdraws the links by which a stranger could take an undone change up again: those that were made
/// with `token` or after it, for whichever address.
pub(super) async fn withdraw_later(
    db: impl PgExecutor<'_>,
    id_user: i32,
    token: &Secret,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE mailed_token t SET withdrawn_at = $3
        FROM mailed_token spent
        WHERE spent.token_hash = $2 AND t.id_user = $1 AND t.token_hash <> $2
          AND t.used_at IS NULL AND t.withdrawn_at IS NULL
          AND (t.purpose = 'change_email'
               OR (t.purpose = 'undo_email_change'
                   AND (t.created_at >= spent.created_at OR t.email = spent.email)))
        "#,
        id_user,
        token.hash().to_vec(),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes when the session began in which the change was asked for that a token undoes.
pub(super) async fn note_session(
    db: impl PgExecutor<'_>,
    token: &Secret,
    began: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    if began.is_none() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE mailed_token SET session_began_at = $2 WHERE token_hash = $1",
        token.hash().to_vec(),
        began,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A change that is undone.
pub(super) struct Change {
    /// The address that it was to take from the account.
    pub email: String,
    /// When it was asked for.
    pub asked_at: OffsetDateTime,
    /// When the session began in which it was, if that was noted.
    pub session_began_at: Option<OffsetDateTime>,
}

/// The change that a spent token takes back: since the account last came to have the address that the
/// token speaks of, the first time that it was to lose it. A change that is confirmed is told by another
/// link than one that is only asked for, and the owner may press the last.
pub(super) async fn undone_by(
    db: impl PgExecutor<'_>,
    token: &Secret,
) -> Result<Change, sqlx::Error> {
    sqlx::query_as!(
        Change,
        r#"
        SELECT spent.email AS "email!", min(t.created_at) AS "asked_at!",
               min(t.session_began_at) AS session_began_at
        FROM mailed_token spent
        JOIN mailed_token t ON t.id_user = spent.id_user AND t.email = spent.email
          AND t.purpose = 'undo_email_change'
        WHERE spent.token_hash = $1
          AND NOT EXISTS (
            SELECT FROM mailed_token came
            WHERE came.id_user = spent.id_user AND came.email = spent.email
              AND came.purpose IN ('change_email', 'undo_email_change')
              AND came.used_at > t.created_at AND came.used_at <= spent.created_at)
        GROUP BY spent.email
        "#,
        token.hash().to_vec(),
    )
    .fetch_one(db)
    .await
}

/// Makes the password nobody's: whoever asked for the change may know it, or have set it by way of the
/// new mailbox, even where the account has got its old address back since. Says whether there was one.
/// One that was set since the asking by a link to the mailbox that undoes stays.
pub(super) async fn void_password(
    db: impl PgExecutor<'_>,
    id_user: i32,
    change: &Change,
) -> Result<bool, sqlx::Error> {
    let voided = sqlx::query!(
        r#"
        UPDATE users u SET password_hash = $2
        FROM user_account a
        WHERE u.id_user = $1 AND a.id_user = $1 AND u.password_hash IS DISTINCT FROM $2
          AND NOT EXISTS (
            SELECT FROM mailed_token t
            WHERE t.id_user = $1 AND t.purpose = 'reset_password' AND t.email = $3
              AND t.used_at >= $4 AND t.used_at = a.password_changed_at)
        "#,
        id_user,
        NOBODYS,
        change.email,
        change.asked_at,
    )
    .execute(db)
    .await?;
    Ok(voided.rows_affected() > 0)
}

/// Ends every session and grant, and what is under way: sign-ins, and factors that are being added.
pub(super) async fn end_all(
    conn: &mut PgConnection,
    user: &User,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    sessions::end_others(&mut *conn, user, None::<Uuid>, context).await?;
    sqlx::query!(
        "WITH attempts AS (DELETE FROM sign_in_attempt WHERE id_user = $1)
         DELETE FROM ceremony WHERE id_user = $1",
        user.id_user
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The address that a change waits for.
///
/// # Errors
/// When the database fails.
pub async fn pending(
    pool: &PgPool,
    id_user: i32,
    now: OffsetDateTime,
) -> Result<Option<String>, sqlx::Error> {
    let email = sqlx::query_scalar!(
        r#"
        SELECT email FROM mailed_token
        WHERE id_user = $1 AND purpose = 'change_email' AND used_at IS NULL
          AND withdrawn_at IS NULL AND expires_at > $2
        "#,
        id_user,
        now,
    )
    .fetch_optional(pool)
    .await?;
    Ok(email.flatten())
}
