//! Mail that was caught instead of sent.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::outbox::{MailError, Outbox};
use super::sealed::Content;
use super::store::{self, Kept};

/// A mail that was caught.
pub struct CaughtMail {
    pub id: Uuid,
    /// The letter's name.
    pub template: String,
    pub created_at: OffsetDateTime,
    pub content: Content,
}

impl Outbox {
    /// What was caught, the newest first.
    ///
    /// # Errors
    /// When the database fails, or a row does not open.
    pub async fn caught(&self, pool: &PgPool, most: u32) -> Result<Vec<CaughtMail>, MailError> {
        let rows = store::caught(pool, most.into()).await?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }

    /// One mail that was caught.
    ///
    /// # Errors
    /// As for [`Self::caught`].
    pub async fn caught_one(
        &self,
        pool: &PgPool,
        id: Uuid,
    ) -> Result<Option<CaughtMail>, MailError> {
        let row = store::caught_one(pool, id).await?;
        row.map(|row| self.opened(row)).transpose()
    }

    fn opened(&self, row: Kept) -> Result<CaughtMail, MailError> {
        Ok(CaughtMail {
            content: self.open(row.id, &row.message_sealed)?,
            id: row.id,
            template: row.template,
            created_at: row.created_at,
        })
    }
}
