//! How keys follow one another, as configured.

use std::time::Duration;

use time::OffsetDateTime;

/// How long a replica may use its copy of the keys before it reads them again.
pub const REFRESH_INTERVAL: Duration = Duration::from_secs(15);

/// How far the clocks of replicas and relying parties may stand apart.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// How keys follow one another.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// How long a key signs.
    pub rotation_interval: Duration,
    /// How long before it signs a key is published.
    pub publish_ahead: Duration,
    /// How long others may keep the JWK set: `max-age`.
    pub jwks_max_age: Duration,
    /// The longest life of any token that is signed: an old key verifies that long.
    pub longest_token_ttl: Duration,
    /// The size of new RSA keys, in bits: 2048 to 8192.
    pub rsa_bits: usize,
    /// How long after its removal a key verifies an `id_token_hint`.
    pub hint_retention: Duration,
}

/// Settings that would let a key sign before everyone knows it, or that aws-lc refuses.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeySettingsError {
    /// A relying party that has just fetched the JWK set would not know the next key in time.
    #[error(
        "keys are published {publish_ahead:?} ahead, but the JWK set may be cached for \
         {minimum:?}: publish them earlier or shorten the caching"
    )]
    PublishedTooLate {
        /// As configured.
        publish_ahead: Duration,
        /// `jwks_max_age` and the replicas' own refresh interval.
        minimum: Duration,
    },
    /// The next key would be published before this one signs.
    #[error("the rotation interval ({0:?}) must be longer than keys are published ahead")]
    RotatesTooOften(Duration),
    /// Weaker than RFC 7518, section 3.3 allows, or larger than the back end signs with.
    #[error("RSA keys of {0} bits: the size must be 2048, 3072 or 4096")]
    RsaBits(usize),
}

impl KeySettings {
    /// Checks that the times fit together.
    pub fn check(&self) -> Result<(), KeySettingsError> {
        let minimum = self.minimum_lead();
        if self.publish_ahead < minimum {
            let publish_ahead = self.publish_ahead;
            return Err(KeySettingsError::PublishedTooLate {
                publish_ahead,
                minimum,
            });
        }
        if self.rotation_interval <= self.publish_ahead {
            return Err(KeySettingsError::RotatesTooOften(self.rotation_interval));
        }
        if !matches!(self.rsa_bits, 2048 | 3072 | 4096) {
            return Err(KeySettingsError::RsaBits(self.rsa_bits));
        }
        Ok(())
    }

    /// How long a key must have been published before everyone knows it: a replica may serve its
    /// old copy for the refresh interval, and whoever fetches that copy keeps it for `max-age`.
    pub fn minimum_lead(&self) -> Duration {
        self.jwks_max_age + REFRESH_INTERVAL
    }

    /// When a key that retires at `retires_at` has verified its last token.
    pub(super) fn removal(&self, retires_at: OffsetDateTime) -> OffsetDateTime {
        retires_at + self.longest_token_ttl + self.jwks_max_age + CLOCK_SKEW
    }
}
