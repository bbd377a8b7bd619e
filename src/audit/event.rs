//! What can happen, and what is kept of it.

use serde_json::{Value, json};
use uuid::Uuid;

/// Who brought an event about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person whom it is about.
    Person,
    Client,
    Administrator,
    /// Whoever runs the server, at its command line.
    Operator,
    /// The server, when something was due.
    Job,
    /// Somebody who did not prove who they are.
    Stranger,
}

impl Actor {
    /// As the column holds it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "self",
            Self::Client => "client",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Job => "job",
            Self::Stranger => "stranger",
        }
    }
}

/// What happened. `detail` holds facts, never an address of the person or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Everything that was due was proved.
    SignedIn {
        amr: Vec<String>,
        acr: String,
        /// From a browser or device not seen before.
        new_device: bool,
    },
    /// An unknown address, a wrong password, an account that is disabled.
    SignInRefused,
    /// The password was right; the second factor was not. `method` is the factor's kind.
    SecondFactorRefused {
        method: &'static str,
    },
    /// Not even tried: too many attempts before.
    SignInDelayed,
    SignedOut,
    ConsentGiven,
    /// A code or refresh token came back after use: the whole grant was revoked.
    GrantRevokedByReplay {
        what: &'static str,
        grant: Uuid,
    },
    /// RFC 7009. A client's own token belongs to no grant.
    TokenRevoked {
        grant: Option<Uuid>,
    },
    /// RFC 7591.
    ClientRegistered,
    /// RFC 7592.
    ClientReplaced,
    ClientDeleted,
    /// An account was made; its address is to be verified.
    Registered,
    EmailVerified,
    ProfileChanged {
        fields: Vec<&'static str>,
    },
    PasswordChanged,
    PasswordResetAsked,
    PasswordReset,
    EmailChangeAsked,
    EmailChanged,
    EmailChangeUndone,
    FactorAdded {
        method: &'static str,
    },
    FactorRenamed {
        method: &'static str,
    },
    FactorRemoved {
        method: &'static str,
    },
    RecoveryCodesMade,
    RecoveryCodeUsed {
        left: u32,
    },
    /// A session was ended from another one.
    SessionEnded {
        sid: Uuid,
    },
    /// An app's grants and consent were taken back.
    AppDisconnected,
    DataExported,
    AccountDeleted,
    AccountRestored,
    AccountPurged,
    UserAdded,
    UserDisabled,
    UserEnabled,
    RoleChanged {
        role: Option<String>,
    },
}

impl Event {
    /// As the column holds it; `history-<kind>` in `locales/` tells it in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SignedIn { .. } => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::SecondFactorRefused { .. } => "second_factor_refused",
            Self::SignInDelayed => "sign_in_delayed",
            Self::SignedOut => "signed_out",
            Self::ConsentGiven => "consent_given",
            Self::GrantRevokedByReplay { .. } => "grant_revoked_by_replay",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::ClientRegistered => "client_registered",
            Self::ClientReplaced => "client_replaced",
            Self::ClientDeleted => "client_deleted",
            Self::Registered => "registered",
            Self::EmailVerified => "email_verified",
            Self::ProfileChanged { .. } => "profile_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordResetAsked => "password_reset_asked",
            Self::PasswordReset => "password_reset",
            Self::EmailChangeAsked => "email_change_asked",
            Self::EmailChanged => "email_changed",
            Self::EmailChangeUndone => "email_change_undone",
            Self::FactorAdded { .. } => "factor_added",
            Self::FactorRenamed { .. } => "factor_renamed",
            Self::FactorRemoved { .. } => "factor_removed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::SessionEnded { .. } => "session_ended",
            Self::AppDisconnected => "app_disconnected",
            Self::DataExported => "data_exported",
            Self::AccountDeleted => "account_deleted",
            Self::AccountRestored => "account_restored",
            Self::AccountPurged => "account_purged",
            Self::UserAdded => "user_added",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::RoleChanged { .. } => "role_changed",
        }
    }

    /// Who brings it about where nothing else is said.
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::SignInRefused
            | Self::SignInDelayed
            | Self::SecondFactorRefused { .. }
            | Self::PasswordResetAsked
            | Self::Registered => Actor::Stranger,
            Self::GrantRevokedByReplay { .. }
            | Self::TokenRevoked { .. }
            | Self::ClientRegistered
            | Self::ClientReplaced
            | Self::ClientDeleted => Actor::Client,
            Self::AccountPurged => Actor::Job,
            _ => Actor::Person,
        }
    }

    pub(super) fn detail(&self) -> Value {
        match self {
            Self::SignedIn {
                amr,
                acr,
                new_device,
            } => json!({ "amr": amr, "acr": acr, "new_device": new_device }),
            Self::GrantRevokedByReplay { what, grant } => json!({ "what": what, "grant": grant }),
            Self::TokenRevoked { grant: Some(grant) } => json!({ "grant": grant }),
            Self::ProfileChanged { fields } => json!({ "fields": fields }),
            Self::SecondFactorRefused { method }
            | Self::FactorAdded { method }
            | Self::FactorRenamed { method }
            | Self::FactorRemoved { method } => json!({ "method": method }),
            Self::RecoveryCodeUsed { left } => json!({ "left": left }),
            Self::SessionEnded { sid } => json!({ "sid": sid }),
            Self::RoleChanged { role } => json!({ "role": role }),
            _ => json!({}),
        }
    }

    pub(super) fn grant(&self) -> Option<Uuid> {
        match self {
            Self::GrantRevokedByReplay { grant, .. } => Some(*grant),
            Self::TokenRevoked { grant } => *grant,
            _ => None,
        }
    }
}
