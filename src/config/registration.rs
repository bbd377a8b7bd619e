//! `[registration]`: who may register a client (RFC 7591).

use super::section::section;
use super::value::choice;

choice! {
    /// Who may register a client at the registration endpoint.
    pub enum RegistrationMode {
        /// Anyone.
        Open = "open",
        /// Holders of an initial access token (RFC 7591 section 3).
        Token = "token",
        /// Nobody.
        Closed = "closed",
    }
}

section! {
    /// Who may register a client at the registration endpoint (RFC 7591).
    pub struct Registration in "registration" {
        /// `open` to anyone, with an initial access `token`, or `closed`.
        mode: RegistrationMode = "token",
        /// How many clients one address may try to register in an hour where the mode is `open`; 0
        /// for no limit. Each replica counts by itself.
        anonymous_per_hour: u32 = "100",
    }
}
