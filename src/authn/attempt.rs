//! A sign-in whose password was right and whose second factor is due. It is named by a page's
//! address and bound to the browser, or by the secret handle of the JSON API.

use std::time::Duration;

use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::foundation::secret::Secret;
use crate::http::context::random_id;
use crate::users::{User, store};

/// An attempt that is under way. The password was right: of all proofs it is the first.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub id: Uuid,
    pub user: User,
    /// The client of a JSON login.
    pub client_id: Option<String>,
    pub expires_at: OffsetDateTime,
    /// A code was mailed for it and is still good.
    pub code_mailed: bool,
}

/// To whom an attempt belongs when it begins.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    /// The browser's own secret.
    Browser(&'a Secret),
    /// The holder of a handle that was given to this client: `mfa_token`.
    Holder {
        handle: &'a Secret,
        client_id: &'a str,
    },
}

/// How an attempt is named afterwards.
#[derive(Debug, Clone, Copy)]
pub enum Name<'a> {
    Page { id: Uuid, browser: &'a Secret },
    Handle(&'a Secret),
}

/// Begins an attempt, after [`super::sign_in::hold`] in the same transaction.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    db: impl PgExecutor<'_>,
    id_user: i32,
    owner: Owner<'_>,
    lifetime: Duration,
    now: OffsetDateTime,
) -> Result<Uuid, sqlx::Error> {
    let id = random_id();
    let (browser, handle, client_id) = match owner {
        Owner::Browser(browser) => (Some(browser.hash().to_vec()), None, None),
        Owner::Holder { handle, client_id } => {
            (None, Some(handle.hash().to_vec()), Some(client_id))
        }
    };
    sqlx::query!(
        r#"
        INSERT INTO sign_in_attempt (id, id_user, browser_hash, handle_hash, client_id, amr,
                                     created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, '{pwd}', $6, $7)
        "#,
        id,
        id_user,
        browser,
        handle,
        client_id,
        now,
        now + lifetime,
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// Finds an attempt that is not over, of a person who may still sign in. The password that began it
/// must not have been changed since.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    name: Name<'_>,
    now: OffsetDateTime,
) -> Result<Option<Attempt>, sqlx::Error> {
    let (id, browser, handle) = match name {
        Name::Page { id, browser } => (Some(id), Some(browser.hash().to_vec()), None),
        Name::Handle(handle) => (None, None, Some(handle.hash().to_vec())),
    };
    let row = sqlx::query!(
        r#"
        SELECT t.id, t.client_id, t.expires_at,
               coalesce(t.email_code_expires_at > $4, false) AS "code_mailed!",
               to_jsonb(v) AS "user!: serde_json::Value", u.password_hash
        FROM sign_in_attempt t
        JOIN user_with_role v USING (id_user)
        JOIN users u USING (id_user)
        JOIN user_account a USING (id_user)
        WHERE ((t.id = $1 AND t.browser_hash = $2) OR t.handle_hash = $3)
          AND t.expires_at > $4 AND NOT v.disabled AND NOT v.unverified
          AND (a.password_changed_at IS NULL OR a.password_changed_at < t.created_at)
        "#,
        id,
        browser,
        handle,
        now,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let mut user = store::decode(row.user)?;
        user.verified_hash = Some(Secret::new(row.password_hash));
        Ok(Attempt {
            id: row.id,
            user,
            client_id: row.client_id,
            expires_at: row.expires_at,
            code_mailed: row.code_mailed,
        })
    })
    .transpose()
}

/// Takes an attempt: whoever gets `true` signs in, and nobody else by it.
///
/// # Errors
/// When the database fails.
pub async fn take(db: impl PgExecutor<'_>, id: Uuid) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!("DELETE FROM sign_in_attempt WHERE id = $1", id)
        .execute(db)
        .await?;
    Ok(taken.rows_affected() == 1)
}
