//! SQL of accounts that people make for themselves.

use sqlx::{PgConnection, PgExecutor, Postgres, Transaction};
use time::OffsetDateTime;

use super::{EmailAddress, User, store};
use crate::foundation::secret::{Secret, sha256};

/// What a new account begins with; its profile is written afterwards.
pub struct NewUser<'a> {
    pub email: &'a EmailAddress,
    pub password_hash: &'a Secret,
    /// The language of the page, as a BCP 47 tag: mail comes in it.
    pub locale: &'a str,
    /// The name of a row of `role`; without such a row, the account has no role.
    pub role: Option<&'a str>,
}

/// Until the transaction ends, nobody else makes an account of this address or gives it to one: the
/// column is not unique, for a seed database may hold two that differ by case.
///
/// # Errors
/// When the database fails.
pub async fn lock_address(
    tx: &mut Transaction<'_, Postgres>,
    email: &EmailAddress,
) -> Result<(), sqlx::Error> {
    let hash = sha256(format!("address\0{}", email.key()).as_bytes());
    let mut key = [0; 8];
    key.copy_from_slice(hash.split_at(8).0);
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", i64::from_be_bytes(key))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The user of an account, which nobody else changes until the transaction ends: the account's row is
/// always locked before the one in `users` and before its mailed tokens, so that no two wait for each
/// other.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    tx: &mut Transaction<'_, Postgres>,
    id_user: i32,
) -> Result<Option<User>, sqlx::Error> {
    sqlx::query!(
        "SELECT FROM user_account WHERE id_user = $1 FOR NO KEY UPDATE",
        id_user
    )
    .execute(&mut **tx)
    .await?;
    store::find(&mut **tx, id_user).await
}

/// Makes an account whose address is to be proved. Returns its `id_user`.
///
/// # Errors
/// When the database fails.
pub async fn add(
    conn: &mut PgConnection,
    new: &NewUser<'_>,
    now: OffsetDateTime,
) -> Result<i32, sqlx::Error> {
    let id_user = sqlx::query_scalar!(
        r#"
        INSERT INTO users (email, password_hash, role_id)
        VALUES ($1, $2, (SELECT id_role FROM role WHERE name = $3))
        RETURNING id_user
        "#,
        new.email.as_str(),
        new.password_hash.expose(),
        new.role,
    )
    .fetch_one(&mut *conn)
    .await?;
    describe(conn, id_user, new, now).await?;
    Ok(id_user)
}

/// Makes an account that nobody has proved yet anew, its row locked: nothing of the earlier
/// registration stays, for it may have been a stranger's. So may this one: unless both came with the
/// same password, `new` has the hash of no password, and whoever reads the address's mail sets one.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    conn: &mut PgConnection,
    id_user: i32,
    new: &NewUser<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE users SET email = $2, password_hash = $3 WHERE id_user = $1",
        id_user,
        new.email.as_str(),
        new.password_hash.expose(),
    )
    .execute(&mut *conn)
    .await?;
    describe(conn, id_user, new, now).await
}

/// Whether an account has this password hash.
///
/// # Errors
/// When the database fails.
pub async fn has_hash(
    conn: &mut PgConnection,
    id_user: i32,
    hash: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT password_hash = $2 AS "has!" FROM users WHERE id_user = $1"#,
        id_user,
        hash,
    )
    .fetch_one(conn)
    .await
}

async fn describe(
    conn: &mut PgConnection,
    id_user: i32,
    new: &NewUser<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        UPDATE user_account
        SET unverified_since = $2, email_verified = false, updated_at = $2,
            locale = $3, name = NULL, given_name = NULL, family_name = NULL, middle_name = NULL,
            nickname = NULL, preferred_username = NULL, profile = NULL, picture = NULL,
            website = NULL, gender = NULL, birthdate = NULL, zoneinfo = NULL,
            phone_number = NULL, phone_number_verified = false, address = NULL,
            password_changed_at = $2, password_from_mail = false
        WHERE id_user = $1
        "#,
        id_user,
        now,
        new.locale,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the address was proved, if it is still the account's. `false` where it is not, or the
/// account was deleted meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn prove_address(
    db: impl PgExecutor<'_>,
    id_user: i32,
    email: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let proved = sqlx::query!(
        r#"
        UPDATE user_account a
        SET unverified_since = NULL, email_verified = true, updated_at = $3
        FROM users u
        WHERE a.id_user = $1 AND u.id_user = $1 AND u.email = $2 AND a.deleted_at IS NULL
        "#,
        id_user,
        email,
        now,
    )
    .execute(db)
    .await?;
    Ok(proved.rows_affected() == 1)
}

/// Sets a password by way of the mailbox, which proves the address too. `false` where the address is
/// no longer the account's, or the account was deleted meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn reset_password(
    conn: &mut PgConnection,
    id_user: i32,
    email: &str,
    password_hash: &Secret,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    if !prove_address(&mut *conn, id_user, email, now).await? {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE users SET password_hash = $2 WHERE id_user = $1",
        id_user,
        password_hash.expose(),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        UPDATE user_account SET password_from_mail = true, password_changed_at = $2
        WHERE id_user = $1
        "#,
        id_user,
        now,
    )
    .execute(conn)
    .await?;
    Ok(true)
}
