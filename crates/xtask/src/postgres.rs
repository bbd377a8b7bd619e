//! A throw-away PostgreSQL for the query macros. The server's own supervisor cannot serve here: it
//! is part of the crate that does not build until `.sqlx/` is there.

use std::env;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::process::{find, output, run};
use crate::{Error, Outcome};

const DATABASE: &str = "auth_api";
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Stopped and removed when dropped.
pub struct Postgres {
    binaries: PathBuf,
    directory: PathBuf,
    /// Whom the server runs as; PostgreSQL refuses root.
    account: Option<(u32, u32)>,
}

impl Postgres {
    /// Makes a cluster, starts it on a Unix socket that only this user can reach, and creates a
    /// database.
    pub fn start() -> Result<Self, Error> {
        let binaries = binaries().ok_or_else(advice)?;
        let directory = env::temp_dir().join(format!("auth-api-prepare-{}", std::process::id()));
        fs::create_dir(&directory)?;
        let mut postgres = Self {
            binaries,
            directory,
            account: None,
        };
        if output(Command::new("id").arg("-u"))?.trim() == "0" {
            let (uid, gid) = unprivileged()?;
            chown(&postgres.directory, Some(uid), Some(gid))?;
            postgres.account = Some((uid, gid));
        }
        fs::set_permissions(&postgres.directory, fs::Permissions::from_mode(0o700))?;
        postgres.launch()?;
        Ok(postgres)
    }

    fn launch(&self) -> Outcome {
        let data = self.directory.join("data");
        let init = self
            .command("initdb")
            .arg("--pgdata")
            .arg(&data)
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .output()?;
        if !init.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&init.stderr)).into());
        }
        let log = self.directory.join("log");
        // A child of this process and of its process group, so that Ctrl-C ends it too.
        let mut server = self
            .command("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()?;
        let deadline = Instant::now() + START_TIMEOUT;
        while !self.is_ready()? {
            if server.try_wait()?.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(&log).unwrap_or_default();
                return Err(format!("PostgreSQL did not start:\n{log}").into());
            }
            sleep(Duration::from_millis(50));
        }
        self.psql(
            "postgres",
            &["--command", &format!("CREATE DATABASE {DATABASE}")],
        )
    }

    fn is_ready(&self) -> Result<bool, Error> {
        let mut command = self.command("pg_isready");
        let status = command
            .arg("--quiet")
            .arg("--host")
            .arg(&self.directory)
            .status()?;
        Ok(status.success())
    }

    /// Applies the files in the order of their names, each in one transaction as the server does.
    pub fn migrate(&self, directory: &Path) -> Outcome {
        for file in crate::sources::migrations(directory)? {
            let text = fs::read_to_string(&file)?;
            let mut arguments = vec!["--file"];
            let path = file.to_str().ok_or("a migration's name is not UTF-8")?;
            arguments.push(path);
            if !text.starts_with("-- no-transaction") {
                arguments.push("--single-transaction");
            }
            self.psql(DATABASE, &arguments)?;
        }
        Ok(())
    }

    /// The URL of the database, over the socket.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@localhost/{DATABASE}?host={}",
            self.directory.display()
        )
    }

    fn psql(&self, database: &str, arguments: &[&str]) -> Outcome {
        let mut command = Command::new(self.binaries.join("psql"));
        command.args([
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--username=postgres",
        ]);
        command
            .arg("--host")
            .arg(&self.directory)
            .arg("--dbname")
            .arg(database)
            .args(arguments);
        // A NOTICE that a table of the seed exists already says nothing here.
        run(command.env("PGOPTIONS", "-c client_min_messages=warning"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        // The repository may be in a directory that the other account cannot enter.
        command.current_dir(&self.directory);
        if let Some((uid, gid)) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.directory.join("data");
        if data.join("postmaster.pid").exists() {
            let stop = ["stop", "--silent", "--mode=immediate", "--pgdata"];
            if let Err(error) = run(self.command("pg_ctl").args(stop).arg(&data)) {
                eprintln!("xtask: {error}");
            }
        }
        if let Err(error) = fs::remove_dir_all(&self.directory)
            && error.kind() != ErrorKind::NotFound
        {
            eprintln!("xtask: cannot remove {}: {error}", self.directory.display());
        }
    }
}

/// The newest PostgreSQL outside `PATH`, since Debian keeps the server's programs out of it; else
/// that of `PATH`.
fn binaries() -> Option<PathBuf> {
    const PARENTS: [(&str, &str); 5] = [
        ("/usr/lib/postgresql", "bin"),
        ("/usr", "bin"), // /usr/pgsql-17/bin, PostgreSQL's own packages for Red Hat
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for (parent, below) in PARENTS {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let version = name
                .trim_start_matches("pgsql-")
                .trim_start_matches("postgresql@");
            let directory = entry.path().join(below);
            if let Ok(version) = version.parse()
                && complete(&directory)
            {
                found.push((version, directory));
            }
        }
    }
    let in_path = || {
        let initdb = fs::canonicalize(find(&["initdb"])?).ok()?;
        initdb
            .parent()
            .map(Path::to_owned)
            .filter(|directory| complete(directory))
    };
    found
        .into_iter()
        .max()
        .map(|(_, directory)| directory)
        .or_else(in_path)
}

fn complete(directory: &Path) -> bool {
    ["initdb", "pg_ctl", "pg_isready", "postgres", "psql"]
        .iter()
        .all(|program| directory.join(program).is_file())
}

fn unprivileged() -> Result<(u32, u32), Error> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| account(&accounts, name))
        .ok_or_else(|| "PostgreSQL refuses to run as root, and there is no other account".into())
}

fn account(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?;
    let (uid, gid) = (fields.nth(1)?, fields.next()?);
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

fn advice() -> Error {
    let how = if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if find(&["dnf"]).is_some() {
        "sudo dnf install postgresql-server"
    } else {
        "sudo apt-get install postgresql"
    };
    format!("PostgreSQL's server programs (initdb, pg_ctl, psql) were not found. Install: {how}")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_by_its_whole_name() {
        let accounts = "postgresql:x:1:2::/:\npostgres:x:104:113:,,,:/:/bin/sh\n";
        assert_eq!(account(accounts, "postgres"), Some((104, 113)));
        assert_eq!(account(accounts, "nobody"), None);
    }
}
