//! Scopes (RFC 6749, section 3.3).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clients::Client;

/// Lets a client of the platform manage the person's account for them, by the JSON API. No other
/// client is ever given it.
pub const ACCOUNT: &str = "account";

/// Identity scopes: what OpenID Connect defines, and `roles` and `account`, which are ours. Each is
/// about the person, not a permission at an API.
pub const IDENTITY: [&str; 8] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "roles",
    "offline_access",
    ACCOUNT,
];

/// Whether a scope value is about identity rather than an API's permission.
pub fn is_identity(value: &str) -> bool {
    IDENTITY.contains(&value)
}

/// Whether a client may have a scope value as it is registered now.
pub fn is_allowed(client: &Client, value: &str) -> bool {
    client.metadata.scope.contains(value) && (value != ACCOUNT || client.first_party)
}

/// A set of scope values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// Parses a space-separated list; `None` where the grammar is broken.
    pub fn parse(text: &str) -> Option<Self> {
        let is_scope_char = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let values: BTreeSet<String> = text
            .split(' ')
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        let valid = values.iter().all(|value| value.bytes().all(is_scope_char));
        (valid && !values.is_empty()).then_some(Self(values))
    }

    /// Whether a value is in the set.
    pub fn contains(&self, value: &str) -> bool {
        self.0.contains(value)
    }

    /// Whether every value is in `other` too.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The values for which `keep` holds.
    #[must_use]
    pub fn filter(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|value| keep(value)).cloned().collect())
    }

    /// The values that `other` does not have.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.filter(|value| !other.contains(value))
    }

    /// No value at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The values as a text array.
    pub fn to_vec(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }
}

impl FromIterator<String> for Scope {
    fn from_iter<I: IntoIterator<Item = String>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_grammar() {
        assert_eq!(Scope::parse("b  a b").unwrap().to_string(), "a b");
        for bad in ["", " ", "a\"", "a\\", "é", "a\u{7f}"] {
            assert_eq!(Scope::parse(bad), None, "{bad:?}");
        }
    }
}
