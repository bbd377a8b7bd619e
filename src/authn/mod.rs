//! Who is at the browser: sessions, passwords, second factors, signing in. Knows nothing of OAuth: a
//! sign-in receives an opaque continuation id and hands it on.

mod argon;
pub mod assurance;
pub mod attempt;
pub mod candidate;
pub mod ceremony;
pub mod device;
pub mod factors;
mod hashing;
pub mod password;
pub mod password_policy;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod throttle;
pub mod uniform;

use sqlx::PgPool;

use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::kept::KeptConnections;
use crate::i18n::Locale;
use crate::mail::{Outbox, Recipient};
use crate::users::User;
use factors::passkey::Passkeys;
use password::Passwords;

/// What signing in works with.
#[derive(Clone, Copy)]
pub struct Services<'a> {
    pub pool: &'a PgPool,
    /// For the statements of a sign-in.
    pub kept: &'a KeptConnections,
    pub passwords: &'a Passwords,
    pub kek: &'a KeyEncryptionKey,
    pub mail: &'a Outbox,
    pub passkeys: &'a Passkeys,
    /// For people who have said no other: that of the page or the call, where one asks.
    pub locale: Locale,
}

impl Services<'_> {
    /// The same for a page or call in this language.
    #[must_use]
    pub fn in_language(self, locale: Locale) -> Self {
        Self { locale, ..self }
    }

    /// A person as the recipient of a mail, in their language.
    pub fn recipient<'a>(&self, user: &'a User) -> Recipient<'a> {
        let locale = user.locale.as_deref().and_then(Locale::from_tag);
        Recipient {
            id_user: Some(user.id_user),
            email: &user.email,
            name: user.name.as_deref(),
            locale: locale.unwrap_or(self.locale),
        }
    }
}
