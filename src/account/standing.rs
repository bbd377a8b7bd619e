//! What an account's owner is written when somebody who is not signed in names its address. The
//! answer on the page is the same for all.

use std::time::Duration;

use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::continuing::within;
use super::mailed_token::{self, Purpose};
use crate::app::App;
use crate::authn::password::NOBODYS;
use crate::http::context::RequestContext;
use crate::i18n::Locale;
use crate::mail::{Circumstances, Letter, MailError, Recipient};
use crate::users::{User, registration};

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Registered, and the address not yet proved.
    Unproven,
    Live,
    /// Deleted, and its owner can undo it.
    Deleted,
    /// Disabled by an administrator.
    Closed,
}

impl Standing {
    /// How `user`'s account stands.
    pub fn of(user: &User) -> Self {
        match user {
            User {
                restorable: true, ..
            } => Self::Deleted,
            User { disabled: true, .. } => Self::Closed,
            User {
                unverified: true, ..
            } => Self::Unproven,
            _ => Self::Live,
        }
    }
}

/// The owner of an account as mail reaches them; `asked`: the language of the page, where they have
/// none of their own.
pub fn recipient(user: &User, asked: Locale) -> Recipient<'_> {
    let own = user.locale.as_deref().and_then(Locale::from_tag);
    Recipient {
        id_user: Some(user.id_user),
        email: &user.email,
        name: user.name.as_deref(),
        locale: own.unwrap_or(asked),
    }
}

/// A request to write to an account's owner.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// Who asks, when and from where: the letter tells it.
    pub context: &'a RequestContext,
    /// The language of the page.
    pub locale: Locale,
    /// The authorization request in whose course it was made: the link leads back to it.
    pub continuation: Option<Uuid>,
}

impl Errand<'_> {
    /// Mails a link that proves the address of `user`.
    ///
    /// # Errors
    /// When the database or the mail queue fails.
    pub async fn verify(
        self,
        app: &App,
        tx: &mut Transaction<'_, Postgres>,
        user: &User,
    ) -> Result<(), MailError> {
        let valid_for = app.config.account.verification_ttl;
        // By a new password, where none of those that were registered can be trusted: two passwords
        // came for the address, and its owner cannot know whose would count.
        let purpose = if registration::has_hash(tx, user.id_user, NOBODYS).await? {
            let verify = [Purpose::VerifyEmail];
            mailed_token::withdraw(&mut **tx, &verify, user.id_user, self.context.now).await?;
            Purpose::ResetPassword
        } else {
            Purpose::VerifyEmail
        };
        let link = self.link(app, tx, purpose, user, valid_for).await?;
        let letter = Letter::VerifyEmail {
            link,
            valid_for,
            what: self.context.into(),
        };
        self.post(app, tx, user, &letter).await
    }

    /// Mails a link by which `user` sets a new password.
    ///
    /// # Errors
    /// When the database or the mail queue fails.
    pub async fn reset(
        self,
        app: &App,
        tx: &mut Transaction<'_, Postgres>,
        user: &User,
    ) -> Result<(), MailError> {
        let valid_for = app.config.account.reset_ttl;
        let purpose = Purpose::ResetPassword;
        let link = self.link(app, tx, purpose, user, valid_for).await?;
        let letter = Letter::ResetPassword {
            link,
            valid_for,
            what: self.context.into(),
        };
        self.post(app, tx, user, &letter).await
    }

    /// Tells `user` that there is an account already, and how to get into it.
    ///
    /// # Errors
    /// When the database or the mail queue fails.
    pub async fn remind(
        self,
        app: &App,
        tx: &mut Transaction<'_, Postgres>,
        user: &User,
    ) -> Result<(), MailError> {
        let page = |path| app.issuer.url(&within(path, self.continuation));
        let letter = Letter::AlreadyRegistered {
            sign_in: page("/login"),
            reset: page("/forgot-password"),
            what: self.context.into(),
        };
        self.post(app, tx, user, &letter).await
    }

    /// Mails a link by which `user` takes the deletion of the account back, with what the first one
    /// told of it.
    ///
    /// # Errors
    /// When the database or the mail queue fails.
    pub async fn restore(
        self,
        app: &App,
        tx: &mut Transaction<'_, Postgres>,
        user: &User,
    ) -> Result<(), MailError> {
        let row = sqlx::query!(
            r#"
            SELECT deleted_at AS "deleted_at!", purge_at AS "purge_at!"
            FROM user_account WHERE id_user = $1 AND purge_at > $2
            "#,
            user.id_user,
            self.context.now,
        )
        .fetch_optional(&mut **tx)
        .await?;
        // Undone, or due to be purged, meanwhile.
        let Some(row) = row else { return Ok(()) };
        let ttl = (row.purge_at - self.context.now).unsigned_abs();
        let (purpose, email) = (Purpose::RestoreAccount, Some(user.email.as_str()));
        let token =
            mailed_token::issue(tx, purpose, user.id_user, email, ttl, self.context.now).await?;
        let letter = Letter::AccountDeleted {
            purge_at: row.purge_at,
            restore: purpose.link(&app.issuer, &token),
            what: Circumstances::at(row.deleted_at),
        };
        self.post(app, tx, user, &letter).await
    }

    async fn link(
        self,
        app: &App,
        tx: &mut Transaction<'_, Postgres>,
        purpose: Purpose,
        user: &User,
        ttl: Duration,
    ) -> Result<String, sqlx::Error> {
        let email = Some(user.email.as_str());
        let token =
            mailed_token::issue(tx, purpose, user.id_user, email, ttl, self.context.now).await?;
        Ok(within(
            &purpose.link(&app.issuer, &token),
            self.continuation,
        ))
    }

    async fn post(
        self,
        app: &App,
        tx: &mut Transaction<'_, Postgres>,
        user: &User,
        letter: &Letter,
    ) -> Result<(), MailError> {
        let to = recipient(user, self.locale);
        app.mail
            .post(&mut **tx, &to, letter, self.context.now)
            .await
    }
}
