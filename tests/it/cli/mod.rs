//! The commands of the built binary, as people give them: exit code and words.

mod booking;
mod catalogue;
mod clients;
mod database;
mod dev;
mod drain;
mod keys;
mod people;
mod serve;
mod users;

use std::fs;
use std::path::{Path, PathBuf};

use auth_api::foundation::secret::random_bytes;

use crate::support::process::{NO_MAIL, Output, output};
use crate::support::server::KEK;

const ISSUER: &str = "http://localhost:3001";

/// Runs a command over a database.
async fn run(database_url: &str, args: &[&str]) -> Output {
    let mut settings = vec![
        ("AUTH_DATABASE__URL", database_url),
        ("AUTH_SERVER__ISSUER", ISSUER),
        ("AUTH_KEYS__ENCRYPTION_KEY", KEK),
        // Whatever else listens on this machine, as `auth-api dev`.
        ("AUTH_SERVER__LISTEN", "127.0.0.1:0"),
    ];
    settings.extend(NO_MAIL);
    output(args, &settings).await
}

/// Checks that a command did what it was told; returns what it printed.
#[track_caller]
fn succeeds(output: Output, words: &[&str]) -> String {
    assert_eq!(output.code, Some(0), "{output:?}");
    for word in words {
        assert!(output.stdout.contains(word), "{word}: {output:?}");
    }
    output.stdout
}

/// Checks that a command refused, in words for a person and on the right stream.
#[track_caller]
fn refuses(output: &Output, words: &[&str]) {
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(output.stdout, "", "{output:?}");
    let message = output.stderr.split("auth-api: ").nth(1);
    let message = message.unwrap_or_else(|| panic!("{output:?}"));
    for word in words {
        assert!(message.contains(word), "{word}: {output:?}");
    }
    for inner in ["panicked", "Os {", "error returned from database"] {
        assert!(!output.stderr.contains(inner), "{inner}: {output:?}");
    }
}

/// A directory of one test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let name = format!("auth-api-cli-{:016x}", u64::from_ne_bytes(random_bytes()));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file that may not be there.
    fn name(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file; returns its path.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.name(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
