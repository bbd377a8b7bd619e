//! SQL of users.

use serde_json::Value;
use sqlx::PgExecutor;

use super::model::{User, email_key};
use crate::foundation::secret::Secret;

/// A user about to sign in, with the stored password hash.
pub struct Candidate {
    pub user: User,
    pub password_hash: Secret,
}

/// Finds the user that an email typed at sign-in means. A seed database may hold two addresses
/// that differ by case: then the one that is equal to the letter wins, else the oldest.
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(
    db: impl PgExecutor<'_>,
    typed: &str,
) -> Result<Option<Candidate>, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT to_jsonb(v) AS "user!: Value", u.password_hash
        FROM user_account a
        JOIN users u USING (id_user)
        JOIN user_with_role v USING (id_user)
        WHERE a.email_key IN ($1, $3)
        ORDER BY (u.email = $2) DESC, a.id_user
        LIMIT 1
        "#,
        email_key(typed),
        typed.trim(),
        // A seed database may hold a domain that is not in ASCII.
        typed.trim().to_ascii_lowercase(),
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Candidate {
            user: decode(row.user)?,
            password_hash: Secret::new(row.password_hash),
        })
    })
    .transpose()
}

/// Loads a user.
///
/// # Errors
/// When the database fails.
pub async fn find(db: impl PgExecutor<'_>, id_user: i32) -> Result<Option<User>, sqlx::Error> {
    let user = sqlx::query_scalar!(
        r#"SELECT to_jsonb(v) AS "user!: Value" FROM user_with_role v WHERE id_user = $1"#,
        id_user
    )
    .fetch_optional(db)
    .await?;
    user.map(decode).transpose()
}

/// Loads the user of a subject identifier.
///
/// # Errors
/// When the database fails.
pub async fn find_by_sub(
    db: impl PgExecutor<'_>,
    sub: uuid::Uuid,
) -> Result<Option<User>, sqlx::Error> {
    let user = sqlx::query_scalar!(
        r#"SELECT to_jsonb(v) AS "user!: Value" FROM user_with_role v WHERE sub = $1"#,
        sub
    )
    .fetch_optional(db)
    .await?;
    user.map(decode).transpose()
}

/// The password hash that an account has now.
///
/// # Errors
/// When the database fails.
pub async fn password_hash(
    db: impl PgExecutor<'_>,
    id_user: i32,
) -> Result<Option<Secret>, sqlx::Error> {
    let hash = sqlx::query_scalar!(
        "SELECT password_hash FROM users WHERE id_user = $1",
        id_user
    )
    .fetch_optional(db)
    .await?;
    Ok(hash.map(Secret::new))
}

/// Replaces a password hash, if it is still the one that was verified.
///
/// # Errors
/// When the database fails.
pub async fn replace_password_hash(
    db: impl PgExecutor<'_>,
    id_user: i32,
    old: &Secret,
    new: &Secret,
) -> Result<bool, sqlx::Error> {
    let replaced = sqlx::query!(
        "UPDATE users SET password_hash = $3 WHERE id_user = $1 AND password_hash = $2",
        id_user,
        old.expose(),
        new.expose(),
    )
    .execute(db)
    .await?;
    Ok(replaced.rows_affected() == 1)
}

/// The password is the person's own after all, although it was set by way of the mailbox.
///
/// # Errors
/// When the database fails.
pub async fn trust_password(db: impl PgExecutor<'_>, id_user: i32) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE user_account SET password_from_mail = false WHERE id_user = $1",
        id_user
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads a row of `user_with_role` that a statement returned as JSON.
///
/// # Errors
/// When view and type have drifted apart.
pub fn decode(user: Value) -> Result<User, sqlx::Error> {
    serde_json::from_value(user).map_err(|error| sqlx::Error::Decode(error.into()))
}
