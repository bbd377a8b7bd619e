//! `[keys]`: the signing keys, and the key that encrypts them at rest.

use std::path::PathBuf;
use std::time::Duration;

use super::Checks;
use super::section::section;
use crate::foundation::secret::Secret;

section! {
    /// The signing keys, and the key that encrypts them at rest.
    pub struct Keys in "keys" {
        /// The key-encryption key itself. Prefer the file: variables end up in process listings.
        encryption_key: Option<Secret> = "",
        /// The file that holds the key-encryption key, where `encryption_key` is not set.
        encryption_key_file: PathBuf = "keys/key-encryption-key",
        /// How long a signing key signs before the next takes over.
        rotation_interval: Duration = "90d",
        /// How long a key is published before it signs; more than clients and proxies cache the
        /// key set.
        publish_ahead: Duration = "1d",
        /// How long the key set may be cached.
        jwks_max_age: Duration = "5m",
        /// How long after its removal a key still verifies an `id_token_hint`, and nothing else: apps
        /// sign out with the ID token of the sign-in, however old.
        hint_retention: Duration = "180d",
        /// The size of new RSA keys, from 2048 to 4096.
        rsa_bits: usize = "2048",
    }
}

impl Keys {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.positive("keys.rotation_interval", self.rotation_interval);
        checks.sane("keys.rotation_interval", self.rotation_interval);
        checks.sane("keys.hint_retention", self.hint_retention);
        checks.within("keys.rsa_bits", self.rsa_bits, 2048, 4096);
        if !self.rsa_bits.is_multiple_of(8) {
            checks.fail("keys.rsa_bits", "must be a multiple of 8");
        }
        checks.below(
            ("keys.publish_ahead", self.publish_ahead),
            ("keys.rotation_interval", self.rotation_interval),
        );
        // A relying party that cached the key set just before a key was published must have
        // fetched it anew before that key signs.
        checks.at_most(
            ("keys.jwks_max_age", self.jwks_max_age),
            ("keys.publish_ahead", self.publish_ahead),
        );
    }
}
