//! The place of a throw-away cluster, and the removal of what killed test programs left.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::error::{DevPostgresError, OnPath as _};
use super::{place, stale};
use crate::foundation::secret::random_bytes;

const MEMORY: &str = "/dev/shm";
const ROOMY_KIBIBYTES: u64 = 1024 * 1024;
const PREFIX: &str = "auth-api-test-";

/// A new directory, in memory where there is room, else below the temporary directory.
pub(super) fn directory(account: &Account) -> Result<PathBuf, DevPostgresError> {
    let roomy = free_kibibytes(MEMORY).is_some_and(|free| free > ROOMY_KIBIBYTES);
    let parents = [
        roomy.then(|| PathBuf::from(MEMORY)),
        Some(std::env::temp_dir()),
    ];
    let parent = parents
        .into_iter()
        .flatten()
        .find(|parent| account.can_enter(parent));
    let parent = parent.unwrap_or_else(|| PathBuf::from("/tmp"));
    sweep(&parent);
    let unique = u64::from_ne_bytes(random_bytes());
    let directory = parent.join(format!("{PREFIX}{unique:016x}"));
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&directory)
        .on("create", &directory)?;
    Ok(directory)
}

/// Removes the directories of test programs that were killed together with their watchdogs. Those
/// in use are locked, those of other people cannot be opened, those just being made have an empty
/// lock file or none.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for directory in entries.flatten().map(|entry| entry.path()) {
        let is_ours = directory.file_name().and_then(|name| name.to_str());
        if !is_ours.is_some_and(|name| name.starts_with(PREFIX)) {
            continue;
        }
        let Ok(lock) = File::options()
            .write(true)
            .open(directory.join("postgres.lock"))
        else {
            continue;
        };
        let written = lock.metadata().is_ok_and(|metadata| metadata.len() > 0);
        if !written || lock.try_lock().is_err() {
            continue;
        }
        for home in place::homes(&directory) {
            let _ = stale::stop_orphan(&home.join("data"), "QUIT", |_| {});
        }
        // Its own watchdog may be removing it at this moment, which is as good.
        let _ = fs::remove_dir_all(&directory);
    }
}

/// The free space on the file system of `path`, asked of `df`: the standard library does not tell.
fn free_kibibytes(path: &str) -> Option<u64> {
    let output = Command::new("df").args(["-Pk", path]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}
