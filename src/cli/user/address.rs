//! `auth-api user set-email`.

use sqlx::PgPool;

use super::desk::Desk;
use crate::account::delete::end_everything;
use crate::account::mailed_token::{self, Purpose};
use crate::audit::{self, Actor, Event};
use crate::authn::password::NOBODYS;
use crate::cli::CommandError;
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::http::context::RequestContext;
use crate::mail::Letter;
use crate::users::store::find_by_email;
use crate::users::{EmailAddress, User, registration};

/// Gives an account another address, which its owner proves by the link that sets a new password. What
/// a stranger may have ends: sessions, grants, the password, and every mailed link, also those that
/// would take the account back to an earlier address. The earlier one is told.
///
/// # Errors
/// When `to` is no address, the account's own or another's; when the database or the mail queue fails.
pub async fn set(
    pool: &PgPool,
    config: &Config,
    user: &User,
    to: &str,
) -> Result<(), CommandError> {
    let desk = Desk::new(pool, config)?;
    let registry = desk.registry();
    let to = EmailAddress::parse(to).map_err(|_| format!("{to} is no email address"))?;
    let context = RequestContext::none(Clock::default().now());
    let mut tx = pool.begin().await?;
    registration::lock_address(&mut tx, &to).await?;
    let Some(user) = registration::lock(&mut tx, user.id_user).await? else {
        return Err(format!("{} was erased meanwhile", user.email).into());
    };
    if user.email == to.as_str() {
        return Err(format!("{} is the account's address", user.email).into());
    }
    let holder = find_by_email(&mut *tx, to.as_str()).await?;
    if holder.is_some_and(|found| found.user.id_user != user.id_user) {
        return Err(format!("there is a user {} already", to.as_str()).into());
    }
    end_everything(&mut tx, user.id_user, "address set", context.now).await?;
    let undo = [Purpose::UndoEmailChange];
    mailed_token::withdraw(&mut *tx, &undo, user.id_user, context.now).await?;
    sqlx::query!(
        "UPDATE users SET email = $2, password_hash = $3 WHERE id_user = $1",
        user.id_user,
        to.as_str(),
        NOBODYS,
    )
    .execute(&mut *tx)
    .await?;
    let earlier = registry.recipient(&user);
    registry
        .mail
        .post(&mut *tx, &earlier, &Letter::EmailSet, context.now)
        .await?;
    let subject = Some(user.sub);
    for event in [Event::EmailChanged, Event::PasswordVoided] {
        let by = Actor::Operator;
        audit::record_by(&mut *tx, by, None, &event, subject, None, &context).await?;
    }
    tx.commit().await?;
    println!(
        "{} has the address {} now; they set a new password by mail",
        user.sub,
        to.as_str()
    );
    Ok(())
}
