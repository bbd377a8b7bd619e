//! `[account]`: what people do with their accounts.

use std::time::Duration;

use super::Checks;
use super::section::section;

section! {
    /// What people do with their accounts.
    pub struct Account in "account" {
        /// Whether anyone may create an account.
        registration: bool = "true",
        /// The role of new accounts, if there is one of this name; empty for none.
        default_role: Option<String> = "customer",
        /// The first-party client that `/api/auth/login` and `/api/auth/refresh` mean when none is
        /// named.
        first_party_client: Option<String> = "",
        /// How long a sign-in counts as recent enough to change what protects the account.
        confirmation_ttl: Duration = "10m",
        /// How long a person may take over the second factor.
        factor_ttl: Duration = "10m",
        /// The link that proves a new account's address.
        verification_ttl: Duration = "24h",
        /// The link of a forgotten password.
        reset_ttl: Duration = "30m",
        /// The link that confirms a new address.
        email_change_ttl: Duration = "1h",
        /// How long the old address can undo a change.
        email_undo_ttl: Duration = "7d",
        /// An account whose address was never verified goes after this.
        unverified_ttl: Duration = "7d",
        /// From deletion to purge; until then the person or an administrator can undo it.
        deletion_grace: Duration = "30d",
    }
}

impl Account {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let day = Duration::from_hours(24);
        for (name, value, most) in [
            ("account.confirmation_ttl", self.confirmation_ttl, day),
            ("account.factor_ttl", self.factor_ttl, day / 24),
            ("account.verification_ttl", self.verification_ttl, day * 7),
            ("account.reset_ttl", self.reset_ttl, day),
            ("account.email_change_ttl", self.email_change_ttl, day),
            ("account.email_undo_ttl", self.email_undo_ttl, day * 30),
            ("account.unverified_ttl", self.unverified_ttl, day * 365),
            ("account.deletion_grace", self.deletion_grace, day * 365),
        ] {
            checks.positive(name, value);
            checks.no_longer(name, value, most);
        }
        checks.at_most(
            ("account.verification_ttl", self.verification_ttl),
            ("account.unverified_ttl", self.unverified_ttl),
        );
    }
}
