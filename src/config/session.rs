//! `[session]`: how long a browser stays signed in.

use std::time::Duration;

use super::Checks;
use super::section::section;

section! {
    /// How long a browser stays signed in.
    pub struct Session in "session" {
        /// Without any request.
        idle_ttl: Duration = "12h",
        /// In all.
        absolute_ttl: Duration = "30d",
    }
}

impl Session {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.positive("session.idle_ttl", self.idle_ttl);
        checks.sane("session.absolute_ttl", self.absolute_ttl);
        checks.at_most(
            ("session.idle_ttl", self.idle_ttl),
            ("session.absolute_ttl", self.absolute_ttl),
        );
    }
}
