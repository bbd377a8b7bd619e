//! The claims of an access token (RFC 9068 §2.2).

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The claims of a validated access token. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer: always the one that the guard was built for.
    pub iss: String,
    /// The user, or the client itself when it acts on its own behalf.
    pub sub: String,
    /// The audiences; the guard's own is among them.
    #[serde(deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// The client that the token was issued to.
    pub client_id: String,
    /// When the token was issued.
    #[serde(deserialize_with = "numeric_date")]
    pub iat: u64,
    /// When the token expires.
    #[serde(deserialize_with = "numeric_date")]
    pub exp: u64,
    /// From when on the token is valid.
    #[serde(default, deserialize_with = "optional_numeric_date")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// The token's own id.
    pub jti: String,
    #[serde(default)]
    scope: String,
    /// The user's roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The user's permissions.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// When the user last signed in.
    #[serde(default, deserialize_with = "optional_numeric_date")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<u64>,
    /// How well the user was authenticated (authentication context class).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which methods the user was authenticated (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// All other claims.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Claims {
    /// The scopes of the token, in its own order.
    pub fn scope(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether the token has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope().any(|have| have == scope)
    }

    /// Whether the user has this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|have| have == role)
    }

    /// Whether the user has this permission.
    pub fn has_permission(&self, permission: &str) -> bool {
        self.permissions.iter().any(|have| have == permission)
    }
}

/// `aud` is a string or an array of strings (RFC 7519 §4.1.3).
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// A NumericDate may have a fraction (RFC 7519 §2): cut off here.
fn numeric_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    number
        .as_u64()
        .or_else(|| whole_seconds(number.as_f64()?))
        .ok_or_else(|| {
            D::Error::custom("a date must be a number of seconds since 1970 that is not negative")
        })
}

fn optional_numeric_date<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    numeric_date(deserializer).map(Some)
}

fn whole_seconds(seconds: f64) -> Option<u64> {
    // Beyond 2^53 a float no longer holds every whole second; no honest date is there.
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..LIMIT).contains(&seconds).then_some(seconds as u64)
}
