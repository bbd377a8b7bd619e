//! `[database]`: the one PostgreSQL that keeps all state.

use std::path::PathBuf;
use std::time::Duration;

use super::Checks;
use super::section::section;
use crate::foundation::secret::Secret;

section! {
    /// The one PostgreSQL that keeps all state.
    pub struct Database in "database" {
        /// The connection URL, like `postgres://user:password@host/database`; also `DATABASE_URL`.
        /// Only `auth-api dev` can do without: it runs a PostgreSQL of its own.
        url: Option<Secret> = "",
        /// The most connections that one replica opens.
        max_connections: u32 = "16",
        /// The certificates, in PEM, of a private authority that signed the database's certificate.
        root_certificate: Option<PathBuf> = "",
        /// How long a request waits for a free connection.
        acquire_timeout: Duration = "5s",
    }
}

impl Database {
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if let Some(url) = &self.url {
            let url = url.expose();
            if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
                checks.fail("database.url", "is not a postgres:// URL");
            }
        }
        // One of them listens for changes of clients.
        checks.within("database.max_connections", self.max_connections, 3, 10_000);
        checks.positive("database.acquire_timeout", self.acquire_timeout);
    }
}
