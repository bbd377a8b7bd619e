//! `auth-api user add`.

use std::path::Path;

use sqlx::PgPool;

use crate::audit::{self, Actor, Event};
use crate::authn::password::Passwords;
use crate::cli::{CommandError, demo, read};
use crate::foundation::clock::Clock;
use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;
use crate::users::store::find_by_email;

/// # Errors
/// What went wrong, in plain words.
pub async fn run(
    pool: &PgPool,
    email: &str,
    role: Option<&str>,
    password_file: &Path,
) -> Result<(), CommandError> {
    let password = read(password_file)?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < 8 {
        return Err("the password must have at least 8 characters".into());
    }
    if password == demo::PASSWORD {
        return Err("this password is published: choose another one".into());
    }
    // Also where only the case differs: at sign-in, the older one would be meant.
    if find_by_email(pool, email).await?.is_some() {
        return Err(format!("there is a user {email} already").into());
    }
    let role_id = super::role::id_of(pool, role).await?;
    let hash = Passwords::new()?.hash(Secret::new(password)).await?;
    let mut tx = pool.begin().await?;
    let id_user = sqlx::query_scalar!(
        "INSERT INTO users (email, password_hash, role_id) VALUES ($1, $2, $3) RETURNING id_user",
        email.trim(),
        hash.expose(),
        role_id,
    )
    .fetch_one(&mut *tx)
    .await?;
    // The table's trigger has made it.
    let sub = sqlx::query_scalar!("SELECT sub FROM user_account WHERE id_user = $1", id_user)
        .fetch_one(&mut *tx)
        .await?;
    let context = RequestContext::none(Clock::default().now());
    let added = Event::UserAdded;
    audit::record_by(
        &mut *tx,
        Actor::Operator,
        None,
        &added,
        Some(sub),
        None,
        &context,
    )
    .await?;
    tx.commit().await?;
    println!("{email} was added");
    Ok(())
}
