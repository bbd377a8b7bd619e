//! A user with the standard claims and the role (OpenID Connect Core 1.0, section 5.1).

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

pub use super::email::email_key;
use crate::foundation::secret::Secret;

/// A row of the view `user_with_role`.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// The seed's key: never leaves the server.
    pub id_user: i32,
    /// The subject identifier: a UUID of its own.
    pub sub: Uuid,
    /// The address as the person wrote it.
    pub email: String,
    pub email_verified: bool,
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub middle_name: Option<String>,
    pub nickname: Option<String>,
    pub preferred_username: Option<String>,
    pub profile: Option<String>,
    pub picture: Option<String>,
    pub website: Option<String>,
    pub gender: Option<String>,
    pub birthdate: Option<String>,
    pub zoneinfo: Option<String>,
    pub locale: Option<String>,
    pub phone_number: Option<String>,
    pub phone_number_verified: bool,
    /// A JSON object (section 5.1.1).
    pub address: Option<Value>,
    /// Disabled or deleted: may not sign in, and no token of theirs is valid.
    pub disabled: bool,
    /// Registered, and the address not yet proved: no sign-in until then.
    pub unverified: bool,
    /// The password was set by way of the mailbox: a code by mail is no second factor beside it.
    pub password_from_mail: bool,
    /// Deleted, and not yet purged: the person can undo it.
    pub restorable: bool,
    /// The role demands a second factor.
    pub second_factor_required: bool,
    /// The hash that a password has just been verified by, where one was.
    #[serde(skip)]
    pub verified_hash: Option<Secret>,
    /// The passkey that has just signed in by itself, where one did.
    #[serde(skip)]
    pub verified_passkey: Option<Uuid>,
    /// Seconds since the epoch.
    pub updated_at: i64,
    /// The role's name, from the table `role`.
    pub role: Option<String>,
    /// The role's permissions as the table holds them: an array of strings, read with
    /// [`User::permissions`].
    permissions: Value,
}

impl User {
    /// The role's permissions. Another service may write the column, so what is not an array of
    /// strings counts as none.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        self.permissions
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
    }
}
