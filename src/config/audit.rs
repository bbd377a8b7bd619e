//! `[audit]`: the trail of security events.

use std::time::Duration;

use super::Checks;
use super::section::section;

section! {
    /// The trail of security events: sign-ins, changes, what administrators did.
    pub struct Audit in "audit" {
        /// Events older than this are removed.
        retention: Duration = "400d",
    }
}

impl Audit {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.positive("audit.retention", self.retention);
        checks.sane("audit.retention", self.retention);
    }
}
