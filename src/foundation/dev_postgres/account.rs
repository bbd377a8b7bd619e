//! The account that the server runs under: PostgreSQL refuses to run as root.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::{DevPostgresError, OnPath as _};

/// Ourselves, or when we are root the account that PostgreSQL gets instead.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Our own user id.
    own: u32,
    /// User and group to change to; `None` for an ordinary user.
    other: Option<(u32, u32)>,
}

impl Account {
    /// Chooses the account. As root: the owner of `existing` data, else `postgres`, else `nobody`.
    pub(super) fn choose(existing: Option<&Path>) -> Result<Self, DevPostgresError> {
        let own = id(&["-u"]).ok_or_else(|| DevPostgresError::Program {
            program: "id -u".into(),
            output: "it did not tell our user id".into(),
        })?;
        if own != 0 {
            return Ok(Self { own, other: None });
        }
        let owner = existing
            .and_then(|path| fs::metadata(path).ok())
            .map(|metadata| (metadata.uid(), metadata.gid()))
            .filter(|(uid, _)| *uid != 0);
        let named = |name| id(&["-u", name]).zip(id(&["-g", name]));
        let other = owner
            .or_else(|| named("postgres"))
            .or_else(|| named("nobody"))
            .ok_or(DevPostgresError::NoAccount)?;
        Ok(Self {
            own,
            other: Some(other),
        })
    }

    /// The numeric user id that the server runs under.
    pub(super) fn uid(&self) -> u32 {
        self.other.map_or(self.own, |(uid, _)| uid)
    }

    /// Our own numeric user id.
    pub(super) fn own_uid(&self) -> u32 {
        self.own
    }

    /// Whether the server's account is another one than ours.
    pub(super) fn differs(&self) -> bool {
        self.other.is_some()
    }

    /// A command that runs under the account, untouched by the caller's `PG*` settings and locale.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // Without a locale PostgreSQL on macOS starts a thread and then refuses to run.
        command
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null());
        if let Some((uid, gid)) = self.other {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives `path` to the account and closes it to all others.
    pub(super) fn own_privately(&self, path: &Path) -> Result<(), DevPostgresError> {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).on("protect", path)?;
        if let Some((uid, gid)) = self.other {
            chown(path, Some(uid), Some(gid)).on("change the owner of", path)?;
        }
        Ok(())
    }

    /// Whether the account can reach into `directory`. Asked of the system, not computed from
    /// modes: access lists and mount options count too.
    pub(super) fn can_enter(&self, directory: &Path) -> bool {
        let mut test = self.command("sh");
        test.args(["-c", "cd -- \"$1\"", "sh"]).arg(directory);
        test.stdout(Stdio::null()).stderr(Stdio::null());
        test.status().is_ok_and(|status| status.success())
    }
}

/// Asks `id`, because the standard library does not tell user ids.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    output.status.success().then_some(())?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
