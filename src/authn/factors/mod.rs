//! Second factors: what a person has beside the password, and how it is proved.

pub mod email_code;
pub mod email_enrolment;
pub mod passkey;
pub mod recovery_code;
pub mod shown_codes;
pub mod store;
pub mod totp;

use time::OffsetDateTime;
use uuid::Uuid;
use webauthn_rs::prelude::WebauthnError;

use super::assurance::Acr;
use crate::foundation::cipher::CipherError;
use crate::keys::KeysError;
use crate::mail::MailError;

/// What kind of second factor. Recovery codes are none: they stand in for one that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Codes of an authenticator app (RFC 6238).
    Totp,
    /// A WebAuthn credential.
    Passkey,
    /// Codes sent to the account's address.
    Email,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Totp, Self::Passkey, Self::Email];

    /// As the column and the wire hold it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::Email => "email",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A confirmed second factor.
#[derive(Debug, Clone)]
pub struct Factor {
    pub id: Uuid,
    pub kind: Kind,
    /// What the person calls it.
    pub name: String,
    pub created_at: OffsetDateTime,
    pub last_used_at: Option<OffsetDateTime>,
}

/// Which second factors a person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enrolled {
    pub totp: bool,
    pub passkey: bool,
    pub email: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: u32,
}

impl Enrolled {
    /// Whether there is a second factor at all.
    pub fn has_any(self) -> bool {
        self.totp || self.passkey || self.email
    }

    /// Whether a sign-in by the password and what is enrolled can reach a class.
    pub fn reaches(self, acr: Acr) -> bool {
        match acr {
            Acr::Password => true,
            Acr::MultiFactor => self.has_any(),
            Acr::PhishingResistant => self.passkey,
        }
    }
}

/// The machinery of second factors failed; a wrong code is no such failure.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("the session in which a factor was to change has ended")]
    Ended,
    #[error("the secret of a factor: {0}")]
    Sealed(#[from] CipherError),
    #[error("the state of a factor is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("WebAuthn: {0:?}")]
    WebAuthn(WebauthnError),
    #[error("a TOTP secret: {0}")]
    Totp(totp_rs::TotpError),
}

impl From<WebauthnError> for FactorError {
    fn from(error: WebauthnError) -> Self {
        Self::WebAuthn(error)
    }
}
