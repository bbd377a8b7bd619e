//! Finds PostgreSQL's programs on this machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::DevPostgresError;
use super::account::Account;
use super::fetch;

/// The oldest major version that still gets fixes from PostgreSQL's makers.
pub(super) const MINIMUM_MAJOR: u32 = 15;

/// Where packagers put the programs, beside `PATH`. A `*` stands for any text in that one name.
const USUAL_PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/local/lib/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A directory with `postgres` and `initdb`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Binaries {
    pub(super) major: u32,
    minor: u32,
    pub(super) directory: PathBuf,
}

impl Binaries {
    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// The newest PostgreSQL of this machine, else a fetched one, kept in `cache`; that directory is
/// asked for, and so made, only when it is needed.
pub(super) fn find_or_fetch(
    account: &Account,
    cache: impl FnOnce() -> Result<PathBuf, DevPostgresError>,
    progress: fn(&str),
) -> Result<Binaries, DevPostgresError> {
    if let Some(found) = newest(account, candidates()) {
        return Ok(found);
    }
    let no_binaries = |reason| DevPostgresError::NoBinaries {
        minimum: MINIMUM_MAJOR,
        reason,
    };
    let directory = fetch::fetch(&cache()?, progress).map_err(no_binaries)?;
    newest(account, BTreeSet::from([directory]))
        .ok_or_else(|| no_binaries("the fetched programs do not run on this machine".into()))
}

/// The newest that runs under `account` and is new enough.
fn newest(account: &Account, candidates: BTreeSet<PathBuf>) -> Option<Binaries> {
    let usable = candidates
        .into_iter()
        .filter_map(|directory| probe(account, directory));
    usable
        .filter(|binaries| binaries.major >= MINIMUM_MAJOR)
        .max()
}

/// Directories that hold a `postgres` and an `initdb`, links resolved.
fn candidates() -> BTreeSet<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories.extend(USUAL_PLACES.iter().flat_map(|pattern| expand(pattern)));
    directories
        .into_iter()
        .filter(|directory| directory.join("initdb").is_file())
        .filter_map(|directory| fs::canonicalize(directory.join("postgres")).ok())
        .filter_map(|program| program.parent().map(Path::to_owned))
        .filter(|directory| directory.join("initdb").is_file())
        .collect()
}

/// The existing directories that `pattern` stands for.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = match part.split_once('*') {
            None => found.iter().map(|directory| directory.join(part)).collect(),
            Some((start, end)) => found
                .iter()
                .filter_map(|directory| fs::read_dir(directory).ok())
                .flat_map(Iterator::flatten)
                .filter(|entry| {
                    let name = entry.file_name();
                    name.to_str().is_some_and(|name| {
                        name.strip_prefix(start)
                            .is_some_and(|rest| rest.ends_with(end))
                    })
                })
                .map(|entry| entry.path())
                .collect(),
        };
    }
    found.retain(|directory| directory.is_dir());
    found
}

/// Runs both programs once, under the account that will use them.
fn probe(account: &Account, directory: PathBuf) -> Option<Binaries> {
    account
        .command(directory.join("initdb"))
        .arg("--version")
        .output()
        .ok()?;
    let output = account
        .command(directory.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let (major, minor) = version(&String::from_utf8(output.stdout).ok()?)?;
    Some(Binaries {
        major,
        minor,
        directory,
    })
}

/// Reads `postgres (PostgreSQL) 17.5 (Debian 17.5-1)` and `postgres (PostgreSQL) 19beta1`.
fn version(text: &str) -> Option<(u32, u32)> {
    let number = text
        .split_once("(PostgreSQL) ")?
        .1
        .split_whitespace()
        .next()?;
    let mut parts = number.split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    Some((
        major,
        parts
            .next()
            .and_then(|minor| minor.parse().ok())
            .unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(
            version("postgres (PostgreSQL) 17.5 (Debian 17.5-1.pgdg12+1)\n"),
            Some((17, 5))
        );
        assert_eq!(version("postgres (PostgreSQL) 18.0"), Some((18, 0)));
        assert_eq!(version("postgres (PostgreSQL) 19devel"), Some((19, 0)));
        assert_eq!(version("sh: postgres: not found"), None);
    }

    #[test]
    fn a_newer_minor_version_wins() {
        let of = |major, minor| Binaries {
            major,
            minor,
            directory: PathBuf::from("/z"),
        };
        assert_eq!(
            [of(17, 9), of(18, 10), of(18, 9)].into_iter().max(),
            Some(of(18, 10))
        );
    }

    #[test]
    fn a_star_stands_for_one_name() {
        let root = std::env::temp_dir().join(format!("expand-{}", std::process::id()));
        fs::create_dir_all(root.join("pgsql-17/bin")).unwrap();
        fs::create_dir_all(root.join("pgsql-18/bin")).unwrap();
        fs::create_dir_all(root.join("other-18/bin")).unwrap();
        let mut found = expand(&format!("{}/pgsql-*/bin", root.display()));
        found.sort();
        assert_eq!(
            found,
            [root.join("pgsql-17/bin"), root.join("pgsql-18/bin")]
        );
        fs::remove_dir_all(root).unwrap();
    }
}
