//! `auth-api user reset-factors`.

use sqlx::PgPool;

use super::desk::Desk;
use crate::account::delete::end_everything;
use crate::audit::{self, Actor, Event};
use crate::authn::factors::store;
use crate::cli::CommandError;
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::http::context::RequestContext;
use crate::mail::{Circumstances, Letter};
use crate::users::User;

/// Takes every second factor and recovery code off and tells the person by mail. Sessions, grants and
/// mailed links end, for the factors may have been a stranger's.
///
/// # Errors
/// When the database or the mail queue fails.
pub async fn reset(pool: &PgPool, config: &Config, user: &User) -> Result<(), CommandError> {
    let desk = Desk::new(pool, config)?;
    let registry = desk.registry();
    let context = RequestContext::none(Clock::default().now());
    let mut tx = pool.begin().await?;
    store::lock_account(&mut tx, user.id_user).await?;
    let gone = sqlx::query!(
        "DELETE FROM factor WHERE id_user = $1 RETURNING kind, name",
        user.id_user
    )
    .fetch_all(&mut *tx)
    .await?;
    let codes = sqlx::query!("DELETE FROM recovery_code WHERE id_user = $1", user.id_user)
        .execute(&mut *tx)
        .await?;
    if gone.is_empty() && codes.rows_affected() == 0 {
        return Err(format!("{} has no second factor", user.email).into());
    }
    end_everything(&mut tx, user.id_user, "second factors reset", context.now).await?;
    for factor in &gone {
        let letter = Letter::FactorRemoved {
            kind_key: match factor.kind.as_str() {
                "totp" => "totp",
                "passkey" => "passkey",
                _ => "email",
            },
            name: factor.name.clone(),
            what: Circumstances::at(context.now),
        };
        let recipient = registry.recipient(user);
        registry
            .mail
            .post(&mut *tx, &recipient, &letter, context.now)
            .await?;
    }
    let (event, subject) = (Event::FactorsReset, Some(user.sub));
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
    println!(
        "{} has no second factor any more ({} taken off)",
        user.email,
        gone.len()
    );
    Ok(())
}
