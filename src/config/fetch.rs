//! `[fetch]`: how URLs that a client gave are fetched.

use std::path::PathBuf;
use std::time::Duration;

use super::Checks;
use super::section::section;
use crate::foundation::fetcher::{FetchConfig, HostPort};

section! {
    /// How URLs that a client gave (`jwks_uri`, `logo_uri`, `sector_identifier_uri`,
    /// `request_uri`) are fetched.
    pub struct Fetch in "fetch" {
        /// Hosts that may have private addresses, any port and plain http: the intranet's, or a
        /// test's.
        allow: Vec<HostPort> = "",
        /// How long a fetch may take in all.
        timeout: Duration = "5s",
        /// The largest answer, in bytes.
        max_bytes: usize = "65536",
        /// The certificates, in PEM, of a private authority that signed certificates of hosts in
        /// `allow`.
        root_certificate: Option<PathBuf> = "",
    }
}

impl Fetch {
    /// What the fetcher needs.
    pub fn to_fetcher(&self) -> FetchConfig {
        FetchConfig {
            allow: self.allow.clone(),
            timeout: self.timeout,
            max_bytes: self.max_bytes,
            root_certificate: self.root_certificate.clone(),
        }
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        checks.positive("fetch.timeout", self.timeout);
        checks.no_longer("fetch.timeout", self.timeout, Duration::from_mins(1));
        checks.within("fetch.max_bytes", self.max_bytes, 1024, 16 << 20);
    }
}
