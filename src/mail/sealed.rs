//! What a row of `mail` holds: a finished mail, sealed, for links and codes in it let people in.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::outbox::MailError;
use crate::foundation::cipher::{KeyEncryptionKey, row_identity};
use crate::i18n::Locale;

/// A finished mail. Its memory is wiped when it is dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Content {
    /// The recipient's address.
    pub to: String,
    pub name: Option<String>,
    #[zeroize(skip)]
    pub locale: Locale,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Content {
    pub(super) fn seal(&self, kek: &KeyEncryptionKey, id: Uuid) -> Result<Vec<u8>, MailError> {
        let plain = Zeroizing::new(serde_json::to_vec(self)?);
        Ok(kek.seal(&identity(id), &plain))
    }

    pub(super) fn open(kek: &KeyEncryptionKey, id: Uuid, sealed: &[u8]) -> Result<Self, MailError> {
        let plain = kek.open(&identity(id), sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }
}

/// The place that a mail's content is bound to.
fn identity(id: Uuid) -> Vec<u8> {
    row_identity("mail", "message_sealed", &id.to_string())
}
