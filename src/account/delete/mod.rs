//! Deleting an account: at once it is as if it were gone, but its address stays taken and everything
//! can be undone; when the grace period is over, [`purge`] erases it.

pub mod json;
pub mod page;
pub mod purge;
pub mod restore;

use sqlx::{PgPool, Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::grants;
use super::mailed_token::{self, Purpose};
use crate::app::{App, Issuer};
use crate::audit::{self, Actor, Event};
use crate::config::Config;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::mail::{Circumstances, Letter, MailError, Outbox, Recipient};
use crate::users::{User, store};

/// What the fate of an account depends on; a command has it without an [`App`].
#[derive(Clone, Copy)]
pub struct Registry<'a> {
    pub pool: &'a PgPool,
    pub mail: &'a Outbox,
    pub issuer: &'a Issuer,
    pub config: &'a Config,
    /// The language of the page or the call, for people who have said no other. `None`: the operator's
    /// choice.
    pub locale: Option<Locale>,
}

impl<'a> From<&'a App> for Registry<'a> {
    fn from(app: &'a App) -> Self {
        Self {
            pool: &app.pool,
            mail: &app.mail,
            issuer: &app.issuer,
            config: &app.config,
            locale: None,
        }
    }
}

impl Registry<'_> {
    /// The same for a page or call in this language.
    #[must_use]
    pub fn in_language(self, locale: Locale) -> Self {
        Self {
            locale: Some(locale),
            ..self
        }
    }

    /// The person as mail reaches them.
    pub fn recipient<'a>(&self, user: &'a User) -> Recipient<'a> {
        let default = self.config.branding.default_locale.as_str();
        let locale = user.locale.as_deref().and_then(Locale::from_tag);
        Recipient {
            id_user: Some(user.id_user),
            email: &user.email,
            name: user.name.as_deref(),
            locale: locale
                .or(self.locale)
                .or_else(|| Locale::from_tag(default))
                .unwrap_or_default(),
        }
    }
}

/// Who does it. The person is told from where ([`By::circumstances`]) only where it was they, or somebody
/// in their place: an administrator's address and device are the administrator's.
#[derive(Debug, Clone, Copy)]
pub struct By {
    pub actor: Actor,
    /// Their `sub`, where it is a person other than the account's own.
    pub sub: Option<Uuid>,
}

impl By {
    /// The account's own person.
    pub const OWNER: Self = Self {
        actor: Actor::Person,
        sub: None,
    };
    /// Whoever runs the server.
    pub const OPERATOR: Self = Self {
        actor: Actor::Operator,
        sub: None,
    };

    fn circumstances(self, context: &RequestContext) -> Circumstances {
        match self.actor {
            Actor::Person => context.into(),
            Actor::Client
            | Actor::Administrator
            | Actor::Operator
            | Actor::Job
            | Actor::Stranger => Circumstances::at(context.now),
        }
    }
}

/// Deletes an account, softly: nobody signs in, every session, grant and refresh token is dead, mailed
/// links are withdrawn. The person is mailed a link that undoes it. Says when the purge is due; `None`
/// where the account was deleted before.
///
/// # Errors
/// When the database or the mail queue fails; then nothing was done.
pub async fn delete(
    registry: Registry<'_>,
    user: &User,
    by: By,
    context: &RequestContext,
) -> Result<Option<OffsetDateTime>, MailError> {
    let (id_user, now) = (user.id_user, context.now);
    let grace = registry.config.account.deletion_grace;
    let purge_at = now + grace;
    let mut tx = registry.pool.begin().await?;
    let marked = sqlx::query!(
        r#"
        UPDATE user_account SET deleted_at = $2, purge_at = $3
        WHERE id_user = $1 AND deleted_at IS NULL
        "#,
        id_user,
        now,
        purge_at,
    )
    .execute(&mut *tx)
    .await?;
    if marked.rows_affected() == 0 {
        return Ok(None);
    }
    end_everything(&mut tx, id_user, "account deleted", now).await?;
    let token = mailed_token::issue(
        &mut tx,
        Purpose::RestoreAccount,
        id_user,
        Some(&user.email),
        grace,
        now,
    )
    .await?;
    let letter = Letter::AccountDeleted {
        purge_at,
        restore: Purpose::RestoreAccount.link(registry.issuer, &token),
        what: by.circumstances(context),
    };
    let recipient = registry.recipient(user);
    registry
        .mail
        .post(&mut *tx, &recipient, &letter, now)
        .await?;
    record(&mut tx, by, &Event::AccountDeleted, user.sub, context).await?;
    tx.commit().await?;
    Ok(Some(purge_at))
}

/// Undoes a deletion within the grace period, in a transaction; says whose it was. `None`: the account
/// is not deleted, its time is over, or it is disabled besides, which its owner cannot undo.
///
/// # Errors
/// When the database or the mail queue fails.
pub async fn restore(
    registry: Registry<'_>,
    tx: &mut Transaction<'_, Postgres>,
    id_user: i32,
    by: By,
    context: &RequestContext,
) -> Result<Option<User>, MailError> {
    let restored = sqlx::query!(
        r#"
        UPDATE user_account SET deleted_at = NULL, purge_at = NULL
        WHERE id_user = $1 AND purge_at > $2 AND (disabled_at IS NULL OR $3)
        "#,
        id_user,
        context.now,
        by.actor != Actor::Person,
    )
    .execute(&mut **tx)
    .await?;
    if restored.rows_affected() == 0 {
        return Ok(None);
    }
    // With what began in the instant in which it was deleted, and the link.
    end_everything(tx, id_user, "account restored", context.now).await?;
    let Some(user) = store::find(&mut **tx, id_user).await? else {
        return Ok(None);
    };
    let letter = Letter::AccountRestored {
        what: by.circumstances(context),
    };
    let recipient = registry.recipient(&user);
    registry
        .mail
        .post(&mut **tx, &recipient, &letter, context.now)
        .await?;
    record(tx, by, &Event::AccountRestored, user.sub, context).await?;
    Ok(Some(user))
}

/// Ends what lets anybody act for a person: sessions, grants with their tokens (also those that
/// outlive a session), sign-ins that are under way, links in the mail. Not the link that takes a change
/// of address back: a stranger who changed it may also have deleted the account, and the link that
/// restores it went to their address.
///
/// # Errors
/// When the database fails.
pub async fn end_everything(
    tx: &mut Transaction<'_, Postgres>,
    id_user: i32,
    reason: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let links = [
        Purpose::VerifyEmail,
        Purpose::ResetPassword,
        Purpose::ChangeEmail,
        Purpose::RestoreAccount,
    ];
    grants::end_all(tx, id_user, &links, reason, now).await
}

async fn record(
    tx: &mut Transaction<'_, Postgres>,
    By { actor, sub }: By,
    event: &Event,
    subject: Uuid,
    context: &RequestContext,
) -> Result<(), sqlx::Error> {
    audit::record_by(&mut **tx, actor, sub, event, Some(subject), None, context).await
}
