//! What the server writes to people.

use std::net::IpAddr;
use std::time::Duration;

use time::OffsetDateTime;

use crate::foundation::secret::Secret;
use crate::http::context::RequestContext;

/// When, from where and with what something was done or asked for: in every letter that a request
/// brings about, so that a person can tell whether it was them.
#[derive(Clone, Debug)]
pub struct Circumstances {
    pub(super) at: OffsetDateTime,
    /// The caller's address.
    pub(super) ip: Option<String>,
    pub(super) user_agent: Option<String>,
}

impl Circumstances {
    /// When alone: of what somebody did who is known to be another person, such as an administrator,
    /// whose address is not the reader's to know.
    pub fn at(at: OffsetDateTime) -> Self {
        Self {
            at,
            ip: None,
            user_agent: None,
        }
    }
}

/// Of a request in which somebody acts as the reader.
impl From<&RequestContext> for Circumstances {
    fn from(context: &RequestContext) -> Self {
        Self {
            at: context.now,
            ip: context.ip.as_ref().map(IpAddr::to_string),
            user_agent: context.user_agent.clone(),
        }
    }
}

/// A letter with what it tells. Links are whole URLs; `valid_for` is how long one (or a code) is
/// good, and how long sending it is tried.
///
/// Not `Debug`: links and codes are secrets.
#[derive(Clone)]
pub enum Letter {
    /// To a new account's address: prove that it is yours.
    VerifyEmail {
        link: String,
        valid_for: Duration,
        what: Circumstances,
    },
    /// To the address of an account that somebody tried to register again.
    AlreadyRegistered {
        sign_in: String,
        reset: String,
        what: Circumstances,
    },
    /// The link of a forgotten password.
    ResetPassword {
        link: String,
        valid_for: Duration,
        what: Circumstances,
    },
    /// Notice: changed by somebody who knew the old one.
    PasswordChanged { what: Circumstances },
    /// Notice: set anew by a mailed link.
    PasswordReset { what: Circumstances },
    /// To the new address: prove that it is yours.
    ConfirmEmailChange {
        link: String,
        valid_for: Duration,
        what: Circumstances,
    },
    /// Notice to the old address; `undo` is a link that stops the change.
    EmailChangeAsked {
        new_email: String,
        undo: String,
        what: Circumstances,
    },
    /// Notice to the old address; `undo` is a link that takes the change back.
    EmailChanged {
        new_email: String,
        undo: String,
        what: Circumstances,
    },
    /// Notice to the address that the account has again; with what was taken back, for it may be the
    /// stranger's who asked for the change: second factors (kinds and names), recovery codes, the
    /// password; and with the factors that are older.
    EmailChangeUndone {
        password: bool,
        factors: Vec<(&'static str, String)>,
        recovery_codes: bool,
        kept: Vec<(&'static str, String)>,
        what: Circumstances,
    },
    /// Notice to the address that the account lost by that. Not when and from where: it may have been a
    /// stranger's, and the one who undid the change the owner.
    EmailTakenBack,
    /// Notice to the earlier address: whoever runs the server has given the account another.
    EmailSet,
    /// Notice: a sign-in from a browser that was not seen before.
    NewDevice { what: Circumstances },
    /// The second factor by mail.
    SignInCode {
        code: Secret,
        valid_for: Duration,
        what: Circumstances,
    },
    /// The first code by mail, which shows that they arrive.
    EnrolmentCode {
        code: Secret,
        valid_for: Duration,
        what: Circumstances,
    },
    /// Notice. `kind_key` is `totp`, `passkey` or `email`, `name` what the person calls it.
    FactorAdded {
        kind_key: &'static str,
        name: String,
        what: Circumstances,
    },
    /// Notice, as for [`Self::FactorAdded`].
    FactorRemoved {
        kind_key: &'static str,
        name: String,
        what: Circumstances,
    },
    /// Notice: the earlier codes are void.
    RecoveryCodesMade { what: Circumstances },
    /// Notice, with how many are left.
    RecoveryCodeUsed { left: u32, what: Circumstances },
    /// Notice; `restore` is a link that takes the deletion back.
    AccountDeleted {
        purge_at: OffsetDateTime,
        restore: String,
        what: Circumstances,
    },
    /// Notice.
    AccountRestored { what: Circumstances },
    /// The last one: nothing is left of the account.
    AccountPurged,
}

impl Letter {
    /// The name of the letter: the key of its texts, and what the log calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "mail-verify-email",
            Self::AlreadyRegistered { .. } => "mail-already-registered",
            Self::ResetPassword { .. } => "mail-reset-password",
            Self::PasswordChanged { .. } => "mail-password-changed",
            Self::PasswordReset { .. } => "mail-password-reset",
            Self::ConfirmEmailChange { .. } => "mail-confirm-email-change",
            Self::EmailChangeAsked { .. } => "mail-email-change-asked",
            Self::EmailChanged { .. } => "mail-email-changed",
            Self::EmailChangeUndone { .. } => "mail-email-change-undone",
            Self::EmailTakenBack => "mail-email-taken-back",
            Self::EmailSet => "mail-email-set",
            Self::NewDevice { .. } => "mail-new-device",
            Self::SignInCode { .. } => "mail-sign-in-code",
            Self::EnrolmentCode { .. } => "mail-enrolment-code",
            Self::FactorAdded { .. } => "mail-factor-added",
            Self::FactorRemoved { .. } => "mail-factor-removed",
            Self::RecoveryCodesMade { .. } => "mail-recovery-codes-made",
            Self::RecoveryCodeUsed { .. } => "mail-recovery-code-used",
            Self::AccountDeleted { .. } => "mail-account-deleted",
            Self::AccountRestored { .. } => "mail-account-restored",
            Self::AccountPurged => "mail-account-purged",
        }
    }

    /// How long a link or code in it is good, if it has one that it is all about.
    pub(super) fn valid_for(&self) -> Option<Duration> {
        match self {
            Self::VerifyEmail { valid_for, .. }
            | Self::ResetPassword { valid_for, .. }
            | Self::ConfirmEmailChange { valid_for, .. }
            | Self::SignInCode { valid_for, .. }
            | Self::EnrolmentCode { valid_for, .. } => Some(*valid_for),
            _ => None,
        }
    }

    /// Goes to an address whose owner has not said that they want anything from us: no word in it
    /// may be a stranger's.
    pub(super) fn to_unproven(&self) -> bool {
        matches!(
            self,
            Self::VerifyEmail { .. }
                | Self::AlreadyRegistered { .. }
                | Self::ConfirmEmailChange { .. }
        )
    }
}
