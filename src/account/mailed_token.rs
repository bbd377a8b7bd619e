//! The secrets in mailed links: 256 random bits, kept hashed, for one purpose and one use. `GET` shows
//! a page with a button and only peeks; the button's `POST` spends.

use std::time::Duration;

use sqlx::{PgConnection, PgExecutor, Postgres, Transaction};
use time::OffsetDateTime;

use crate::app::Issuer;
use crate::foundation::secret::Secret;

/// What a mailed link is for. A link for one purpose is unknown to every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Proves the address of a new account.
    VerifyEmail,
    ResetPassword,
    /// Proves the address that an account is to change to.
    ChangeEmail,
    /// Goes back to the address from before a change.
    UndoEmailChange,
    /// Takes a deletion back.
    RestoreAccount,
}

impl Purpose {
    /// As the column holds it.
    fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::UndoEmailChange => "undo_email_change",
            Self::RestoreAccount => "restore_account",
        }
    }

    /// The page that the link leads to, without the issuer's own path.
    pub fn page(self) -> &'static str {
        match self {
            Self::VerifyEmail => "/verify-email",
            Self::ResetPassword => "/reset-password",
            Self::ChangeEmail => "/confirm-email",
            Self::UndoEmailChange => "/undo-email-change",
            Self::RestoreAccount => "/restore-account",
        }
    }

    /// The link to mail.
    pub fn link(self, issuer: &Issuer, token: &Secret) -> String {
        issuer.url(&format!("{}?token={}", self.page(), token.expose()))
    }
}

/// What became of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Good {
        id_user: i32,
        /// The address that it speaks of.
        email: Option<String>,
    },
    Used,
    Expired,
    /// Another one was asked for since.
    Withdrawn,
    /// Never made, made for another purpose, or forgotten with its account.
    Unknown,
}

/// Makes a token and withdraws those that were made before for the same account and purpose: all but
/// [`Purpose::UndoEmailChange`], of which each goes back to another address. Within a transaction,
/// which holds the account's row from here on.
///
/// # Errors
/// When the database fails.
pub async fn issue(
    tx: &mut Transaction<'_, Postgres>,
    purpose: Purpose,
    id_user: i32,
    email: Option<&str>,
    ttl: Duration,
    now: OffsetDateTime,
) -> Result<Secret, sqlx::Error> {
    let token = Secret::generate();
    // One after the other, and the account before the token as in `spend`.
    sqlx::query!(
        "SELECT FROM user_account WHERE id_user = $1 FOR NO KEY UPDATE",
        id_user
    )
    .execute(&mut **tx)
    .await?;
    if purpose != Purpose::UndoEmailChange {
        withdraw(&mut **tx, &[purpose], id_user, now).await?;
    }
    sqlx::query!(
        r#"
        INSERT INTO mailed_token (token_hash, purpose, id_user, email, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        "#,
        token.hash().to_vec(),
        purpose.as_str(),
        id_user,
        email,
        now,
        now + ttl,
    )
    .execute(&mut **tx)
    .await?;
    Ok(token)
}

/// Withdraws the tokens of an account for some purposes.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(
    db: impl PgExecutor<'_>,
    purposes: &[Purpose],
    id_user: i32,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let purposes: Vec<String> = purposes.iter().map(|it| it.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        UPDATE mailed_token SET withdrawn_at = $3
        WHERE id_user = $1 AND purpose = ANY ($2) AND used_at IS NULL AND withdrawn_at IS NULL
        "#,
        id_user,
        &purposes,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a token is worth. Changes nothing: mail scanners fetch links.
///
/// # Errors
/// When the database fails.
pub async fn peek(
    db: impl PgExecutor<'_>,
    purpose: Purpose,
    token: &Secret,
    now: OffsetDateTime,
) -> Result<Found, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT id_user, email, expires_at, used_at, withdrawn_at
        FROM mailed_token WHERE token_hash = $1 AND purpose = $2
        "#,
        token.hash().to_vec(),
        purpose.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(match row {
        None => Found::Unknown,
        Some(row) if row.used_at.is_some() => Found::Used,
        Some(row) if row.withdrawn_at.is_some() => Found::Withdrawn,
        Some(row) if row.expires_at <= now => Found::Expired,
        Some(row) => Found::Good {
            id_user: row.id_user,
            email: row.email,
        },
    })
}

/// Spends a token: of any number of simultaneous requests one gets [`Found::Good`]. Within the
/// transaction of what it is spent for: rolled back, it is as good as before.
///
/// # Errors
/// When the database fails.
pub async fn spend(
    conn: &mut PgConnection,
    purpose: Purpose,
    token: &Secret,
    now: OffsetDateTime,
) -> Result<Found, sqlx::Error> {
    // The account before the token, as in `issue`: two that lock in different orders would wait for
    // each other.
    sqlx::query!(
        r#"
        SELECT FROM user_account
        WHERE id_user = (SELECT id_user FROM mailed_token WHERE token_hash = $1)
        FOR NO KEY UPDATE
        "#,
        token.hash().to_vec(),
    )
    .execute(&mut *conn)
    .await?;
    let spent = sqlx::query!(
        r#"
        UPDATE mailed_token SET used_at = $3
        WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
          AND used_at IS NULL AND withdrawn_at IS NULL
        RETURNING id_user, email
        "#,
        token.hash().to_vec(),
        purpose.as_str(),
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match spent {
        Some(row) => Ok(Found::Good {
            id_user: row.id_user,
            email: row.email,
        }),
        None => peek(conn, purpose, token, now).await,
    }
}

/// The address that a token speaks of, whatever became of the token: whoever holds it reads what is
/// mailed there, and may have another one sent.
///
/// # Errors
/// When the database fails.
pub async fn address(
    db: impl PgExecutor<'_>,
    purpose: Purpose,
    token: &Secret,
) -> Result<Option<String>, sqlx::Error> {
    let email = sqlx::query_scalar!(
        "SELECT email FROM mailed_token WHERE token_hash = $1 AND purpose = $2",
        token.hash().to_vec(),
        purpose.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(email.flatten())
}
