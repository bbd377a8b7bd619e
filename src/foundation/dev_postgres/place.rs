//! Where things lie: the lock, the data, and a socket directory with a path that is short enough.
//!
//! `.dev/postgres.lock`, `.dev/postgres-<major>/{data,socket,server.log}`. When we are root and the
//! server's account cannot reach `.dev`, the directories lie under `/var/lib` instead.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::Account;
use super::error::{DevPostgresError, OnPath as _};
use crate::foundation::secret::sha256;

/// The port decides the socket's file name; nothing listens on TCP.
pub(super) const PORT: u16 = 5432;

/// The longest socket path that the system takes, without its closing NUL.
const SOCKET_PATH_LIMIT: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The directories of one cluster.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) home: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
}

impl Place {
    /// The place of major version `major` below `base`, its directories made and protected.
    pub(super) fn prepare(
        base: &Path,
        major: u32,
        account: &Account,
    ) -> Result<Self, DevPostgresError> {
        let home = base.join(format!("postgres-{major}"));
        private_directory(&home, account)?;
        let socket = home.join("socket");
        let socket = if socket_file(&socket).as_os_str().len() <= SOCKET_PATH_LIMIT {
            private_directory(&socket, account)?;
            socket
        } else {
            short_socket_directory(&home, account)?
        };
        Ok(Self {
            data: home.join("data"),
            log: home.join("server.log"),
            home,
            socket,
        })
    }
}

/// The socket in `directory`.
pub(super) fn socket_file(directory: &Path) -> PathBuf {
    directory.join(format!(".s.PGSQL.{PORT}"))
}

/// Makes `root`, and tells its full path.
pub(super) fn make_root(root: &Path) -> Result<PathBuf, DevPostgresError> {
    fs::create_dir_all(root).on("create", root)?;
    fs::canonicalize(root).on("find", root)
}

/// Holds `root` for this process. The system releases the lock when the process ends, however it
/// ends, so a lock is never stale; the pid in it is for people.
pub(super) fn lock(root: &Path) -> Result<File, DevPostgresError> {
    let path = root.join("postgres.lock");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .on("open", &path)?;
    match try_lock_patiently(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).on("read", &path)?;
            let pid = pid.trim().to_owned();
            return Err(DevPostgresError::InUse {
                directory: root.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(source)) => return Err(source).on("lock", &path),
    }
    file.set_len(0).on("write", &path)?;
    file.rewind().on("write", &path)?;
    writeln!(file, "{}", std::process::id()).on("write", &path)?;
    Ok(file)
}

/// A process that was just forked holds its parent's locks until it runs its own program, so a lock
/// that was released may seem held for a moment.
fn try_lock_patiently(file: &File) -> Result<(), TryLockError> {
    for _ in 0..50 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            decided => return decided,
        }
    }
    file.try_lock()
}

/// The directory below which the cluster lies: `root`, or where `root` cannot be reached by the
/// server's account, one that can.
pub(super) fn base(
    root: &Path,
    account: &Account,
    progress: fn(&str),
) -> Result<PathBuf, DevPostgresError> {
    if !account.differs() {
        return Ok(root.to_owned());
    }
    let mode = fs::metadata(root).on("read", root)?.permissions().mode();
    fs::set_permissions(root, fs::Permissions::from_mode(mode | 0o011)).on("open", root)?;
    if account.can_enter(root) {
        return Ok(root.to_owned());
    }
    for candidate in elsewhere(root) {
        let made = fs::DirBuilder::new().mode(0o711).create(&candidate);
        let ours = fs::symlink_metadata(&candidate)
            .is_ok_and(|found| found.is_dir() && found.uid() == account.own_uid());
        if made.is_err() && !ours {
            continue;
        }
        // Anew, because our mask may have narrowed it.
        let open = fs::set_permissions(&candidate, fs::Permissions::from_mode(0o711));
        if open.is_ok() && account.can_enter(&candidate) {
            progress(&format!(
                "The server's account cannot reach {}: the data is in {}",
                root.display(),
                candidate.display()
            ));
            return Ok(candidate);
        }
    }
    Err(DevPostgresError::NoPlace {
        what: "the database",
        reason: format!(
            "PostgreSQL cannot run as root, its account cannot reach {}, and neither /var/lib nor \
             /var/tmp can be used",
            root.display()
        ),
    })
}

/// Where the data lies when the server's account cannot reach `root`.
pub(super) fn elsewhere(root: &Path) -> [PathBuf; 2] {
    let name = format!("auth-api-dev-{}", short_name(root));
    [
        Path::new("/var/lib").join(&name),
        Path::new("/var/tmp").join(name),
    ]
}

/// The existing `postgres-<major>` directories below `base`, newest first.
pub(super) fn homes(base: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(base) else {
        return Vec::new();
    };
    let mut homes: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let major = name.to_str()?.strip_prefix("postgres-")?.parse().ok()?;
            Some((major, entry.path()))
        })
        .collect();
    homes.sort_by(|a, b| b.cmp(a));
    homes.into_iter().map(|(_, home)| home).collect()
}

/// The socket directories that a cluster in `home` may use when the path in `home` is too long.
pub(super) fn short_sockets(home: &Path) -> [PathBuf; 2] {
    let name = format!("auth-api-pg-{}", short_name(home));
    [
        std::env::temp_dir().join(&name),
        Path::new("/tmp").join(name),
    ]
}

fn short_socket_directory(home: &Path, account: &Account) -> Result<PathBuf, DevPostgresError> {
    let mut reason = String::new();
    for directory in short_sockets(home) {
        let reachable = directory
            .parent()
            .is_some_and(|parent| account.can_enter(parent));
        if !reachable || socket_file(&directory).as_os_str().len() > SOCKET_PATH_LIMIT {
            let _ = write!(
                reason,
                "{}: too long or out of reach; ",
                directory.display()
            );
            continue;
        }
        match private_directory(&directory, account) {
            Ok(()) => return Ok(directory),
            Err(error) => {
                let _ = write!(reason, "{error}; ");
            }
        }
    }
    Err(DevPostgresError::NoPlace {
        what: "the database's socket",
        reason,
    })
}

/// Makes `directory` for the account alone. One that somebody else made is refused: in a directory
/// that everyone can write to, its maker could read all that passes.
fn private_directory(directory: &Path, account: &Account) -> Result<(), DevPostgresError> {
    let made = fs::DirBuilder::new().mode(0o700).create(directory);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(error).on("create", directory);
        }
        _ => {}
    }
    let found = fs::symlink_metadata(directory).on("read", directory)?;
    let owner = found.uid();
    if !found.is_dir() || (owner != account.own_uid() && owner != account.uid()) {
        return Err(DevPostgresError::ForeignOwner {
            directory: directory.to_owned(),
            owner,
        });
    }
    account.own_privately(directory)
}

/// A short name that differs for different paths.
fn short_name(path: &Path) -> String {
    let hash = sha256(path.as_os_str().as_encoded_bytes());
    hash.iter().take(6).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}
