//! What can happen, and what is kept of it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Actor, Reason};

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
    /// An unknown address or a wrong password; or the `reason`, where it was not the password.
    SignInRefused {
        reason: Option<Reason>,
    },
    /// The password was right; whether the second factor follows, other events tell.
    SecondFactorAsked,
    /// The password was right; the second factor was not. `method` is the factor's kind.
    SecondFactorRefused {
        method: &'static str,
    },
    /// Not even tried: too many attempts before.
    SignInDelayed,
    /// The same for the second factor, after a right password.
    SecondFactorDelayed,
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
    /// With a change of address that was undone: nobody's from then on.
    PasswordVoided,
    EmailChangeAsked,
    EmailChanged,
    EmailChangeUndone,
    /// Its signature counter went back: there may be two copies of the key.
    PasskeyCopied,
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
    /// With a change of address that was undone.
    RecoveryCodesRemoved,
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
    /// Every second factor was taken off, for somebody who lost them all.
    FactorsReset,
    /// A role was made or given other permissions, or demands something else.
    RoleSet {
        role: String,
    },
    /// An API's permissions were set.
    ResourceSet {
        resource: String,
    },
    ResourceRemoved {
        resource: String,
    },
    /// RFC 7591, section 3: an initial access token was made.
    RegistrationTokenMade,
    KeysRotated {
        kids: Vec<String>,
    },
    KeyWithdrawn {
        kid: String,
    },
    /// Everything was sealed with another key-encryption key.
    KeysReencrypted,
}

impl Event {
    /// Every kind.
    pub const KINDS: [&str; 48] = [
        "signed_in",
        "sign_in_refused",
        "second_factor_asked",
        "second_factor_refused",
        "sign_in_delayed",
        "second_factor_delayed",
        "signed_out",
        "consent_given",
        "grant_revoked_by_replay",
        "token_revoked",
        "client_registered",
        "client_replaced",
        "client_deleted",
        "registered",
        "email_verified",
        "profile_changed",
        "password_changed",
        "password_reset_asked",
        "password_reset",
        "password_voided",
        "email_change_asked",
        "email_changed",
        "email_change_undone",
        "passkey_copied",
        "factor_added",
        "factor_renamed",
        "factor_removed",
        "recovery_codes_made",
        "recovery_code_used",
        "recovery_codes_removed",
        "session_ended",
        "app_disconnected",
        "data_exported",
        "account_deleted",
        "account_restored",
        "account_purged",
        "user_added",
        "user_disabled",
        "user_enabled",
        "role_changed",
        "factors_reset",
        "role_set",
        "resource_set",
        "resource_removed",
        "registration_token_made",
        "keys_rotated",
        "key_withdrawn",
        "keys_reencrypted",
    ];

    /// As the column holds it; `history-<kind>` in `locales/` tells it in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SignedIn { .. } => "signed_in",
            Self::SignInRefused { .. } => "sign_in_refused",
            Self::SecondFactorAsked => "second_factor_asked",
            Self::SecondFactorRefused { .. } => "second_factor_refused",
            Self::SignInDelayed => "sign_in_delayed",
            Self::SecondFactorDelayed => "second_factor_delayed",
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
            Self::PasswordVoided => "password_voided",
            Self::EmailChangeAsked => "email_change_asked",
            Self::EmailChanged => "email_changed",
            Self::EmailChangeUndone => "email_change_undone",
            Self::PasskeyCopied => "passkey_copied",
            Self::FactorAdded { .. } => "factor_added",
            Self::FactorRenamed { .. } => "factor_renamed",
            Self::FactorRemoved { .. } => "factor_removed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed { .. } => "recovery_code_used",
            Self::RecoveryCodesRemoved => "recovery_codes_removed",
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
            Self::FactorsReset => "factors_reset",
            Self::RoleSet { .. } => "role_set",
            Self::ResourceSet { .. } => "resource_set",
            Self::ResourceRemoved { .. } => "resource_removed",
            Self::RegistrationTokenMade => "registration_token_made",
            Self::KeysRotated { .. } => "keys_rotated",
            Self::KeyWithdrawn { .. } => "key_withdrawn",
            Self::KeysReencrypted => "keys_reencrypted",
        }
    }

    /// Who brings it about where nothing else is said.
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::SignInRefused { .. }
            | Self::SecondFactorAsked
            | Self::SignInDelayed
            | Self::SecondFactorDelayed
            | Self::PasskeyCopied
            | Self::SecondFactorRefused { .. }
            | Self::PasswordResetAsked
            | Self::Registered => Actor::Stranger,
            Self::GrantRevokedByReplay { .. }
            | Self::TokenRevoked { .. }
            | Self::ClientRegistered
            | Self::ClientReplaced
            | Self::ClientDeleted => Actor::Client,
            Self::AccountPurged => Actor::Job,
            Self::UserAdded
            | Self::UserDisabled
            | Self::UserEnabled
            | Self::RoleChanged { .. }
            | Self::FactorsReset
            | Self::RoleSet { .. }
            | Self::ResourceSet { .. }
            | Self::ResourceRemoved { .. }
            | Self::RegistrationTokenMade
            | Self::KeysRotated { .. }
            | Self::KeyWithdrawn { .. }
            | Self::KeysReencrypted => Actor::Operator,
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
            Self::SignInRefused {
                reason: Some(reason),
            } => json!({ "reason": reason.as_str() }),
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
            Self::RoleSet { role } => json!({ "role": role }),
            Self::ResourceSet { resource } | Self::ResourceRemoved { resource } => {
                json!({ "resource": resource })
            }
            Self::KeysRotated { kids } => json!({ "kids": kids }),
            Self::KeyWithdrawn { kid } => json!({ "kid": kid }),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind that is left out of the list would have no words in the history.
    #[test]
    fn every_kind_is_listed() {
        let source = include_str!("event.rs");
        let arms = source.split("pub fn kind").nth(1).unwrap();
        let arms = arms.split("pub(super) fn").next().unwrap();
        let kinds: Vec<&str> = arms
            .split("=> \"")
            .skip(1)
            .map(|arm| arm.split('"').next().unwrap())
            .collect();
        assert_eq!(kinds, Event::KINDS);
    }
}
