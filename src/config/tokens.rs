//! `[tokens]`: how long what this server issues is good.

use std::time::Duration;

use super::Checks;
use super::section::section;

section! {
    /// How long what this server issues is good.
    pub struct Tokens in "tokens" {
        /// Access tokens.
        access_token_ttl: Duration = "10m",
        /// ID tokens.
        id_token_ttl: Duration = "10m",
        /// Authorization codes, at most 60s.
        code_ttl: Duration = "60s",
        /// A refresh token that is not used.
        refresh_idle_ttl: Duration = "30d",
        /// A chain of refresh tokens, however often it is used.
        refresh_absolute_ttl: Duration = "180d",
        /// How long the same client may repeat a refresh whose answer got lost, at most 60s.
        refresh_retry_window: Duration = "10s",
        /// How long a person may take from the authorization request to its answer.
        continuation_ttl: Duration = "1h",
    }
}

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

impl Tokens {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.positive("tokens.access_token_ttl", self.access_token_ttl);
        checks.positive("tokens.id_token_ttl", self.id_token_ttl);
        checks.positive("tokens.code_ttl", self.code_ttl);
        checks.positive("tokens.refresh_idle_ttl", self.refresh_idle_ttl);
        checks.positive("tokens.continuation_ttl", self.continuation_ttl);
        // An access token is good until it expires, whatever is revoked meanwhile.
        checks.no_longer("tokens.access_token_ttl", self.access_token_ttl, DAY);
        checks.no_longer("tokens.id_token_ttl", self.id_token_ttl, DAY);
        // RFC 6749 section 4.1.2 allows ten minutes, the FAPI 2.0 Security Profile one.
        checks.no_longer("tokens.code_ttl", self.code_ttl, MINUTE);
        checks.no_longer(
            "tokens.refresh_retry_window",
            self.refresh_retry_window,
            MINUTE,
        );
        checks.no_longer("tokens.continuation_ttl", self.continuation_ttl, DAY);
        checks.sane("tokens.refresh_absolute_ttl", self.refresh_absolute_ttl);
        checks.at_most(
            ("tokens.refresh_idle_ttl", self.refresh_idle_ttl),
            ("tokens.refresh_absolute_ttl", self.refresh_absolute_ttl),
        );
        checks.below(
            ("tokens.refresh_retry_window", self.refresh_retry_window),
            ("tokens.refresh_idle_ttl", self.refresh_idle_ttl),
        );
    }
}
