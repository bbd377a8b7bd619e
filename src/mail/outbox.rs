//! Where mail is posted.

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use sqlx::PgExecutor;
use time::OffsetDateTime;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::draft::Sender;
use super::message::{self, MessageError};
use super::sealed::Content;
use super::smtp::{SendError, Smtp, SmtpSetupError};
use super::store::{self, Due, NewMail};
use super::{Letter, address, compose};
use crate::config::{Mail, MailTransport};
use crate::foundation::cipher::{CipherError, KeyEncryptionKey};
use crate::http::context::random_id;
use crate::i18n::Locale;

/// How long caught mail is kept.
const KEPT: Duration = Duration::from_hours(24 * 7);

/// To whom a letter goes.
#[derive(Clone, Copy)]
pub struct Recipient<'a> {
    /// The account that it is about: the mail goes when that goes. `None` where there is none, or
    /// none any more.
    pub id_user: Option<i32>,
    pub email: &'a str,
    /// Stands in the greeting, unless the letter goes to an address that nobody has proved yet.
    pub name: Option<&'a str>,
    pub locale: Locale,
}

/// Why a letter could not be posted.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the database of the mail: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the mail cannot be written: {0}")]
    Render(#[from] askama::Error),
    #[error("the mail's row is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("the mail does not open: {0}")]
    Sealed(#[from] CipherError),
}

/// Why mail cannot be sent at all: told at start.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error(
        "no mail can be sent: set mail.smtp_host to the SMTP server, or, in development, \
         mail.transport to catch"
    )]
    NoServer,
    #[error("the mail's sender {0} is no address: set mail.from")]
    From(String),
    #[error(transparent)]
    Smtp(#[from] SmtpSetupError),
}

enum Transport {
    Smtp(Smtp),
    Catch,
}

/// The handle to the queue of mail.
pub struct Outbox {
    kek: Arc<KeyEncryptionKey>,
    transport: Transport,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    brand: String,
    issuer: String,
    give_up_after: Duration,
    posted: Notify,
    /// One for each mail that this replica may send at once.
    slots: Arc<Semaphore>,
    concurrency: usize,
}

impl Outbox {
    /// `issuer` is the server's own URL, with `host` in it.
    ///
    /// # Errors
    /// See [`OutboxError`].
    pub fn new(
        config: &Mail,
        kek: Arc<KeyEncryptionKey>,
        brand: &str,
        (issuer, host): (&str, &str),
    ) -> Result<Self, OutboxError> {
        let transport = match (config.transport, &config.smtp_host) {
            (MailTransport::Catch, _) => Transport::Catch,
            (MailTransport::Smtp, Some(server)) => {
                Transport::Smtp(Smtp::new(config, server, host)?)
            }
            (MailTransport::Smtp, None) => return Err(OutboxError::NoServer),
        };
        let mut from = match &config.from {
            Some(from) => from.clone(),
            None => fallback(host)?,
        };
        from.name.get_or_insert_with(|| brand.to_owned());
        Ok(Self {
            kek,
            transport,
            from,
            reply_to: config.reply_to.clone(),
            brand: brand.to_owned(),
            issuer: issuer.trim_end_matches('/').to_owned(),
            give_up_after: config.give_up_after,
            posted: Notify::new(),
            slots: Arc::new(Semaphore::new(config.concurrency)),
            concurrency: config.concurrency,
        })
    }

    /// Writes a letter and puts it into the queue: one `INSERT`, within the caller's transaction if
    /// `db` is one, so that a mail goes out if and only if what it tells of was committed.
    ///
    /// An address that no mail can be sent to is no error: there is just no mail, which the log
    /// tells. Whoever takes an address from a person reads it as `users::EmailAddress` first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn post(
        &self,
        db: impl PgExecutor<'_>,
        to: &Recipient<'_>,
        letter: &Letter,
        now: OffsetDateTime,
    ) -> Result<(), MailError> {
        if address::parse(to.email).is_none() {
            tracing::warn!(letter = letter.name(), "no mail can be sent to the address");
            return Ok(());
        }
        let from = Sender {
            brand: &self.brand,
            issuer: &self.issuer,
        };
        let content = compose::compose(from, to.locale, (to.email, to.name), letter)?;
        let id = random_id();
        let useful = letter.valid_for().unwrap_or(self.give_up_after);
        let kept = if self.catches() {
            KEPT
        } else {
            useful.min(self.give_up_after)
        };
        let mail = NewMail {
            id,
            id_user: to.id_user,
            template: letter.name(),
            message_sealed: &content.seal(&self.kek, id)?,
            expires_at: now + kept,
            caught: self.catches(),
        };
        store::insert(db, &mail, now).await?;
        self.posted.notify_one();
        Ok(())
    }

    /// Mail is kept and shown instead of sent.
    pub fn catches(&self) -> bool {
        matches!(self.transport, Transport::Catch)
    }

    /// Waits until a letter is posted in this process. Its transaction may not be committed yet.
    pub async fn posted(&self) {
        self.posted.notified().await;
    }

    /// Slots for mails to be sent now: none where the server rests, or all are taken.
    pub fn free_slots(&self) -> Vec<OwnedSemaphorePermit> {
        let next = || Arc::clone(&self.slots).try_acquire_owned().ok();
        std::iter::from_fn(next).collect()
    }

    /// Waits until every mail that is being sent is done, and begins no other: before the process
    /// ends, lest a mail that was just taken by the SMTP server be sent again.
    pub async fn rest(&self) {
        if self.slots.available_permits() < self.concurrency {
            tracing::info!("waiting for mail that is being sent");
        }
        let all = u32::try_from(self.concurrency).unwrap_or(u32::MAX);
        if let Ok(slots) = self.slots.acquire_many(all).await {
            slots.forget();
        }
    }

    /// How long a claimed mail belongs to who claimed it: longer than sending one can take.
    pub fn lease(&self) -> Duration {
        match &self.transport {
            Transport::Smtp(smtp) => smtp.timeout() + Duration::from_secs(30),
            Transport::Catch => Duration::ZERO,
        }
    }

    /// Hands a mail to the SMTP server.
    ///
    /// # Errors
    /// See [`SendError`].
    pub async fn send(&self, due: &Due) -> Result<(), SendError> {
        let Transport::Smtp(smtp) = &self.transport else {
            return Err(SendError::Unreachable("mail is caught here".to_owned()));
        };
        let content = self
            .open(due.id, &due.message_sealed)
            .map_err(|error| SendError::Unreadable(error.to_string()))?;
        let message = message::message(
            &self.from,
            self.reply_to.as_ref(),
            due.id,
            due.created_at,
            &content,
        );
        let message = message.map_err(|error| match error {
            MessageError::Address => SendError::NoRecipient(error.to_string()),
            MessageError::Parts(_) => SendError::Unreadable(error.to_string()),
        })?;
        smtp.send(&message).await
    }

    pub(super) fn open(&self, id: Uuid, sealed: &[u8]) -> Result<Content, MailError> {
        Content::open(&self.kek, id, sealed)
    }
}

/// The sender where none is set, which production refuses.
fn fallback(host: &str) -> Result<Mailbox, OutboxError> {
    let address = format!("no-reply@{host}");
    let parsed = address.parse().map_err(|_| OutboxError::From(address))?;
    Ok(Mailbox::new(None, parsed))
}
