//! Why a sign-in was refused, where it was not the password.

/// Why, although the password was right or a passkey was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An administrator disabled the account.
    AccountDisabled,
    /// It was deleted, and can still be restored.
    AccountDeleted,
    /// The address was not confirmed.
    EmailUnverified,
    /// The person's role demands a second factor, and they have none.
    FactorEnrolmentRequired,
    /// A passkey without a password: the answer was wrong, or did not show who held it.
    PasskeyRefused,
}

impl Reason {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::AccountDisabled,
        Self::AccountDeleted,
        Self::EmailUnverified,
        Self::FactorEnrolmentRequired,
        Self::PasskeyRefused,
    ];

    /// As `detail` holds it; on the wire `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountDisabled => "account_disabled",
            Self::AccountDeleted => "account_deleted",
            Self::EmailUnverified => "email_unverified",
            Self::FactorEnrolmentRequired => "factor_enrolment_required",
            Self::PasskeyRefused => "passkey_refused",
        }
    }

    /// Reads what `detail` holds.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }
}
