//! `auth-api user disable`, `enable`, `delete` and `restore`.

use sqlx::PgPool;

use super::desk::Desk;
use crate::account::delete::{self, By};
use crate::account::mailed_token::{self, Purpose};
use crate::audit::{self, Actor, Event};
use crate::cli::CommandError;
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::http::context::RequestContext;
use crate::users::User;

/// # Errors
/// When the database fails.
pub async fn disable(pool: &PgPool, user: &User) -> Result<(), CommandError> {
    let context = RequestContext::none(Clock::default().now());
    let mut tx = pool.begin().await?;
    let done = sqlx::query!(
        "UPDATE user_account SET disabled_at = $2 WHERE id_user = $1 AND disabled_at IS NULL",
        user.id_user,
        context.now,
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(format!("{} is disabled already", user.email).into());
    }
    delete::end_everything(&mut tx, user.id_user, "account disabled", context.now).await?;
    let (event, subject) = (Event::UserDisabled, Some(user.sub));
    audit::record_by(
        &mut *tx,
        Actor::Operator,
        None,
        &event,
        subject,
        None,
        &context,
    )
    .await?;
    tx.commit().await?;
    println!("{} is disabled; sessions and tokens have ended", user.email);
    Ok(())
}

/// The links that would take the account back to an earlier address end with that: whoever runs the
/// server has seen to whose it is.
///
/// # Errors
/// When the database fails.
pub async fn enable(pool: &PgPool, user: &User) -> Result<(), CommandError> {
    let context = RequestContext::none(Clock::default().now());
    let mut tx = pool.begin().await?;
    let done = sqlx::query!(
        "UPDATE user_account SET disabled_at = NULL WHERE id_user = $1 AND disabled_at IS NOT NULL",
        user.id_user,
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(format!("{} is not disabled", user.email).into());
    }
    let undo = [Purpose::UndoEmailChange];
    mailed_token::withdraw(&mut *tx, &undo, user.id_user, context.now).await?;
    let (event, subject) = (Event::UserEnabled, Some(user.sub));
    audit::record_by(
        &mut *tx,
        Actor::Operator,
        None,
        &event,
        subject,
        None,
        &context,
    )
    .await?;
    tx.commit().await?;
    println!("{} may sign in again", user.email);
    Ok(())
}

/// # Errors
/// When the database or the mail queue fails.
pub async fn delete(pool: &PgPool, config: &Config, user: &User) -> Result<(), CommandError> {
    let desk = Desk::new(pool, config)?;
    let registry = desk.registry();
    let context = RequestContext::none(Clock::default().now());
    match delete::delete(registry, user, By::OPERATOR, &context).await? {
        Some(purge_at) => {
            println!(
                "{} is deleted; it can be restored until {purge_at}",
                user.email
            );
            Ok(())
        }
        None => Err(format!("{} is deleted already", user.email).into()),
    }
}

/// # Errors
/// When the database or the mail queue fails.
pub async fn restore(pool: &PgPool, config: &Config, user: &User) -> Result<(), CommandError> {
    let desk = Desk::new(pool, config)?;
    let registry = desk.registry();
    let context = RequestContext::none(Clock::default().now());
    let mut tx = pool.begin().await?;
    let restored = delete::restore(registry, &mut tx, user.id_user, By::OPERATOR, &context).await?;
    if restored.is_none() {
        return Err(format!("{} is not deleted, or its time is over", user.email).into());
    }
    tx.commit().await?;
    println!("{} is restored", user.email);
    Ok(())
}
