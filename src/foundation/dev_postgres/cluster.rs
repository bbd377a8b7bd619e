//! One cluster: made, started, waited for.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::account::Account;
use super::binaries::Binaries;
use super::error::{DevPostgresError, OnPath as _};
use super::place::{PORT, Place};
use super::stale;
use super::watchdog::{Ending, Watchdog};

const POLL: Duration = Duration::from_millis(10);
/// Polls in two seconds: a person who waits longer is told for what.
const POLLS_IN_SILENCE: u32 = 200;
/// How often the start is tried again while processes of a killed server still end.
const ATTEMPTS: u32 = 40;

/// What the cluster is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Development: what was committed is on the disk.
    Durable,
    /// Speed: an unclean stop of the machine may lose everything.
    Fast,
}

/// Makes the cluster unless it is there. It is made beside its place and moved, so that an
/// interrupted attempt is never taken for a cluster.
pub(super) fn initialize(
    binaries: &Binaries,
    account: &Account,
    place: &Place,
    purpose: Purpose,
    progress: fn(&str),
) -> Result<(), DevPostgresError> {
    if place.data.join("PG_VERSION").is_file() {
        return Ok(());
    }
    progress(&format!(
        "Making a PostgreSQL {} database in {}",
        binaries.major,
        place.home.display()
    ));
    let unfinished = place.home.join("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).on("remove", &unfinished)?;
    }
    let mut initdb = account.command(binaries.program("initdb"));
    initdb.arg("-D").arg(&unfinished);
    // Whoever gets at the socket is trusted; its directory lets in nobody but the account.
    initdb.args([
        "--username=postgres",
        "--auth-local=trust",
        "--auth-host=reject",
    ]);
    initdb.args(["--encoding=UTF8", "--locale=C"]);
    if purpose == Purpose::Fast {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().on("run", &binaries.program("initdb"))?;
    if !output.status.success() {
        return Err(DevPostgresError::Program {
            program: binaries.program("initdb").display().to_string(),
            output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    fs::rename(&unfinished, &place.data).on("move", &unfinished)
}

/// Starts the server and waits until it accepts connections.
pub(super) fn start(
    binaries: &Binaries,
    account: &Account,
    place: &Place,
    purpose: Purpose,
    ending: Ending<'_>,
    progress: fn(&str),
) -> Result<Watchdog, DevPostgresError> {
    let server = server_command(binaries, place, purpose);
    let mut attempt = 1;
    loop {
        stale::clear(place, progress)?;
        keep_one_old_log(&place.log)?;
        let mut watchdog = Watchdog::start(account, &server, &place.log, ending)?;
        if wait_until_ready(&mut watchdog, place, progress) {
            return Ok(watchdog);
        }
        let tail = tail(&place.log);
        // The server's words for "processes of a killed predecessor still use the memory".
        if attempt == ATTEMPTS || !tail.contains("pre-existing shared memory block") {
            return Err(DevPostgresError::NotStarted {
                log: place.log.clone(),
                tail,
            });
        }
        attempt += 1;
        std::thread::sleep(POLL * 10);
    }
}

fn server_command(binaries: &Binaries, place: &Place, purpose: Purpose) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![binaries.program("postgres").into()];
    command.extend(["-D".into(), place.data.clone().into()]);
    command.extend(["-p".into(), PORT.to_string().into()]);
    // The setting is a list; quoted, a comma or a space in the path stays part of it.
    let socket = place.socket.to_string_lossy().replace('"', "\"\"");
    let mut settings = vec![
        format!("unix_socket_directories=\"{socket}\""),
        "listen_addresses=".to_owned(),
        "unix_socket_permissions=0700".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
    ];
    if purpose == Purpose::Fast {
        let fast = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "jit=off",
        ];
        settings.extend(fast.map(str::to_owned));
        settings.extend(["max_connections=400", "autovacuum=off"].map(str::to_owned));
    }
    for setting in settings {
        command.extend(["-c".into(), setting.into()]);
    }
    command
}

/// `false` if the server ended instead.
fn wait_until_ready(watchdog: &mut Watchdog, place: &Place, progress: fn(&str)) -> bool {
    let mut polls: u32 = 0;
    while watchdog.ended().is_none() {
        if stale::is_ready(&place.data) {
            return true;
        }
        polls = polls.saturating_add(1);
        if polls.is_multiple_of(POLLS_IN_SILENCE) {
            progress("Waiting for PostgreSQL (after an unclean stop it first replays its log)");
        }
        std::thread::sleep(POLL);
    }
    false
}

/// Begins a new log at each start and keeps the one before.
fn keep_one_old_log(log: &Path) -> Result<(), DevPostgresError> {
    if log.exists() {
        fs::rename(log, log.with_extension("log.old")).on("move", log)
    } else {
        Ok(())
    }
}

/// The last lines of the log.
fn tail(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(12))
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}
