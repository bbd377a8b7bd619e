//! Signing keys as values. What a key may do is a function of time alone, so that every replica
//! computes the same without talking to the others.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The algorithms that this server signs with (RFC 7518, section 3.1; RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: OpenID Connect's default, which every client knows.
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    EdDSA,
}

impl Algorithm {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 4] = [Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];

    /// The name on the wire: `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }

    /// Whether a signature is slow enough (0.4 ms) to be kept off the async threads.
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::RS256 | Self::PS256)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of the [`Algorithm`]s.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not one of RS256, PS256, ES256, EdDSA")]
pub struct UnknownAlgorithm(String);

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|alg| alg.as_str() == name)
            .ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(alg: Algorithm) -> Self {
        match alg {
            Algorithm::RS256 => Self::RS256,
            Algorithm::PS256 => Self::PS256,
            Algorithm::ES256 => Self::ES256,
            Algorithm::EdDSA => Self::EdDSA,
        }
    }
}

/// A signing key without its private part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// The one algorithm that it is used with (RFC 8725, section 3.1).
    pub alg: Algorithm,
    /// The public key as published.
    pub public_jwk: Jwk,
    /// When it was made and published.
    pub created_at: OffsetDateTime,
    /// From when it signs.
    pub activates_at: OffsetDateTime,
    /// From when its successor signs; `None` while it has none.
    pub retires_at: Option<OffsetDateTime>,
    /// From when it verifies no more and leaves the JWK set; `None` as long as `retires_at`.
    pub removes_at: Option<OffsetDateTime>,
    /// When it was withdrawn in an emergency.
    pub withdrawn_at: Option<OffsetDateTime>,
}

/// What a key is good for at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// In the JWK set, not yet signing.
    Published,
    /// Signing.
    Active,
    /// Signing no more; still verifying what it signed.
    Retired,
    /// Gone: its private part is deleted. The public part verifies hints for a while, and no more.
    Removed,
}

impl SigningKey {
    /// The state at `now`. Each time begins its state: at `activates_at` the key is active.
    pub fn state(&self, now: OffsetDateTime) -> KeyState {
        if self.removes_at.is_some_and(|at| at <= now) {
            KeyState::Removed
        } else if self.retires_at.is_some_and(|at| at <= now) {
            KeyState::Retired
        } else if self.activates_at <= now {
            KeyState::Active
        } else {
            KeyState::Published
        }
    }

    /// Whether the key verifies an `id_token_hint`: also `retention` after its removal, unless it was
    /// withdrawn, for then anybody may have made the hint.
    pub fn verifies_hints(&self, retention: Duration, now: OffsetDateTime) -> bool {
        self.withdrawn_at.is_none() && self.removes_at.is_none_or(|at| now < at + retention)
    }

    /// Whether the key stands in the JWK set and verifies.
    pub fn is_published(&self, now: OffsetDateTime) -> bool {
        self.state(now) != KeyState::Removed
    }
}

/// The key that signs with `alg` at `now`: the active one that was activated last.
///
/// Where none is active yet (the clock lags behind the replica that made the first key), the
/// published one that will be first.
pub fn signing_key<'k>(
    keys: impl IntoIterator<Item = &'k SigningKey>,
    alg: Algorithm,
    now: OffsetDateTime,
) -> Option<&'k SigningKey> {
    let mut active: Option<&SigningKey> = None;
    let mut upcoming: Option<&SigningKey> = None;
    for key in keys.into_iter().filter(|key| key.alg == alg) {
        let order = (key.activates_at, &key.kid);
        match key.state(now) {
            KeyState::Active
                if active.is_none_or(|best| (best.activates_at, &best.kid) < order) =>
            {
                active = Some(key);
            }
            KeyState::Published
                if upcoming.is_none_or(|best| order < (best.activates_at, &best.kid)) =>
            {
                upcoming = Some(key);
            }
            _ => {}
        }
    }
    active.or(upcoming)
}

#[cfg(test)]
pub(super) mod tests {
    use time::Duration;

    use super::*;

    /// A moment `seconds` after the start of these tests' time.
    pub fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_800_000_000 + seconds)
    }

    pub fn key(kid: &str, created: i64, activates: i64, end: Option<(i64, i64)>) -> SigningKey {
        let public_jwk = serde_json::from_value(serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }));
        SigningKey {
            kid: kid.to_owned(),
            alg: Algorithm::EdDSA,
            public_jwk: public_jwk.unwrap(),
            created_at: at(created),
            activates_at: at(activates),
            retires_at: end.map(|(retires, _)| at(retires)),
            removes_at: end.map(|(_, removes)| at(removes)),
            withdrawn_at: None,
        }
    }

    #[test]
    fn state_follows_time() {
        use KeyState::{Active, Published, Removed, Retired};
        let ending = key("a", 0, 100, Some((200, 300)));
        let newest = key("b", 0, 100, None);
        let withdrawn = key("c", 0, 50, Some((50, 50)));
        for (now, of_ending, of_newest, of_withdrawn) in [
            (-5, Published, Published, Published),
            (0, Published, Published, Published),
            (49, Published, Published, Published),
            (50, Published, Published, Removed),
            (99, Published, Published, Removed),
            (100, Active, Active, Removed),
            (199, Active, Active, Removed),
            (200, Retired, Active, Removed),
            (299, Retired, Active, Removed),
            (300, Removed, Active, Removed),
            (9999, Removed, Active, Removed),
        ] {
            assert_eq!(ending.state(at(now)), of_ending, "at {now}");
            assert_eq!(newest.state(at(now)), of_newest, "at {now}");
            assert_eq!(withdrawn.state(at(now)), of_withdrawn, "at {now}");
        }
    }

    #[test]
    fn the_key_activated_last_signs() {
        let keys = [
            key("first", 0, 10, Some((100, 500))),
            key("second", 50, 100, Some((200, 600))),
            key("third", 150, 200, None),
        ];
        for (now, kid) in [
            (0, "first"),
            (10, "first"),
            (99, "first"),
            (100, "second"),
            (199, "second"),
            (200, "third"),
            (9999, "third"),
        ] {
            assert_eq!(
                signing_key(&keys, Algorithm::EdDSA, at(now)).unwrap().kid,
                kid,
                "at {now}"
            );
            let reversed = keys.iter().rev();
            assert_eq!(
                signing_key(reversed, Algorithm::EdDSA, at(now))
                    .unwrap()
                    .kid,
                kid
            );
        }
        assert!(signing_key(&keys, Algorithm::RS256, at(10)).is_none());
        let ended = [key("ended", 0, 10, Some((20, 30)))];
        assert!(signing_key(&ended, Algorithm::EdDSA, at(25)).is_none());
    }

    #[test]
    fn a_tie_is_broken_by_the_key_id() {
        let keys = [key("a", 0, 10, Some((99, 99))), key("b", 0, 10, None)];
        assert_eq!(
            signing_key(&keys, Algorithm::EdDSA, at(10)).unwrap().kid,
            "b"
        );
        assert_eq!(
            signing_key(keys.iter().rev(), Algorithm::EdDSA, at(10))
                .unwrap()
                .kid,
            "b"
        );
    }

    #[test]
    fn names_are_those_on_the_wire() {
        for alg in Algorithm::ALL {
            assert_eq!(alg.to_string().parse::<Algorithm>().unwrap(), alg);
            assert_eq!(serde_json::to_value(alg).unwrap(), alg.as_str());
        }
        assert!("HS256".parse::<Algorithm>().is_err());
        assert!("none".parse::<Algorithm>().is_err());
    }
}
