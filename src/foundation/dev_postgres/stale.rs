//! What a killed server leaves behind, and how to tell it from a server that lives.

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::error::{DevPostgresError, OnPath as _};
use super::place::{self, Place};

/// The process id that we write over a reused one: above every system's highest, so never alive.
const DEAD_PID: u32 = 2_147_483_646;

/// How long an orphan may take to write its last checkpoint.
const ORPHAN_SECONDS: u32 = 60;

/// Stops a server that outlived its supervisor, and clears what a killed one left, so that a new
/// one can start. The caller holds the lock of the directory.
pub(super) fn clear(place: &Place, progress: fn(&str)) -> Result<(), DevPostgresError> {
    stop_orphan(&place.data, "INT", progress)?;
    disown(&place.data)?;
    // The socket is in a directory of our own and no server is left: both files are stale. The
    // server would refuse to start where the pid in the lock now belongs to another process.
    let socket = place::socket_file(&place.socket);
    for file in [socket.with_added_extension("lock"), socket] {
        if fs::symlink_metadata(&file).is_ok() {
            fs::remove_file(&file).on("remove", &file)?;
        }
    }
    Ok(())
}

/// Stops the live server of `data`, if there is one: with `INT` in order, with `QUIT` at once.
pub(super) fn stop_orphan(
    data: &Path,
    signal: &str,
    progress: fn(&str),
) -> Result<(), DevPostgresError> {
    let Some(pid) = live_server(data) else {
        return Ok(());
    };
    progress(&format!(
        "Stopping a PostgreSQL that outlived its supervisor (process {pid})"
    ));
    for _ in 0..ORPHAN_SECONDS * 50 {
        send(signal, pid);
        std::thread::sleep(Duration::from_millis(20));
        if live_server(data).is_none() {
            return Ok(());
        }
    }
    Err(DevPostgresError::NotStopped {
        directory: data.to_owned(),
        seconds: ORPHAN_SECONDS,
    })
}

/// The process id of the server that runs on `data`.
fn live_server(data: &Path) -> Option<u32> {
    let pid = first_line(&data.join("postmaster.pid"))?.parse().ok()?;
    serves(&command_line(pid)?, data).then_some(pid)
}

/// Whether a command line is that of `…/postgres -D <data>`. A live process is not enough: ids are
/// reused, in containers almost always.
fn serves(command_line: &str, data: &Path) -> bool {
    command_line
        .split_once(" -D ")
        .is_some_and(|(program, arguments)| {
            program.starts_with('/')
                && program.ends_with("/postgres")
                && !program.contains('\n')
                && data.to_str().is_some_and(|data| {
                    arguments
                        .strip_prefix(data)
                        .is_some_and(|rest| rest.starts_with(' '))
                })
        })
}

/// The command line of a live process, its parts separated by spaces.
fn command_line(pid: u32) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let mut ps = Command::new("ps");
    ps.args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .stderr(Stdio::null());
    Some(String::from_utf8_lossy(&ps.output().ok()?.stdout).into_owned())
}

/// Marks a stale `postmaster.pid` as that of a dead process. Removing it would also remove the
/// shared memory key in it, by which a new server makes sure that no process of the old one still
/// writes; the server itself removes the file after that check.
fn disown(data: &Path) -> Result<(), DevPostgresError> {
    let path = data.join("postmaster.pid");
    let Ok(old) = fs::read_to_string(&path) else {
        return Ok(());
    };
    let mut lines: Vec<&str> = old.lines().take(7).collect();
    if lines.len() < 2 {
        // Killed while writing it: the server calls an empty file an error.
        return fs::remove_file(&path).on("remove", &path);
    }
    let dead = DEAD_PID.to_string();
    if let Some(first) = lines.first_mut() {
        *first = &dead;
    }
    let new = lines.join("\n") + "\n";
    // In place, because as root a new file would not be the server account's.
    let mut file = File::options().write(true).open(&path).on("open", &path)?;
    file.write_all(new.as_bytes()).on("write", &path)?;
    let end = file.stream_position().on("write", &path)?;
    file.set_len(end).on("write", &path)
}

/// Whether the server that was just started on `data` says that it accepts connections.
pub(super) fn is_ready(data: &Path) -> bool {
    // Line 8 is the state, present since PostgreSQL 10; `disown` cut an old one's off.
    fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|text| {
        text.lines()
            .nth(7)
            .is_some_and(|state| state.trim() == "ready")
    })
}

fn first_line(path: &Path) -> Option<String> {
    fs::read_to_string(path)
        .ok()?
        .lines()
        .next()
        .map(|line| line.trim().to_owned())
}

/// Sends a signal by the shell's own `kill`: the standard library has none.
fn send(signal: &str, pid: u32) {
    let mut kill = Command::new("sh");
    kill.args([
        "-c",
        "kill -s \"$1\" \"$2\"",
        "sh",
        signal,
        &pid.to_string(),
    ]);
    // It may have ended in between, which the caller sees.
    let _ = kill
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_of_this_directory_counts() {
        let data = Path::new("/a b/.dev/postgres-17/data");
        assert!(serves(
            "/usr/lib/postgresql/17/bin/postgres -D /a b/.dev/postgres-17/data -k",
            data
        ));
        assert!(!serves(
            "/usr/bin/postgres -D /a b/.dev/postgres-17/data2 -k",
            data
        ));
        assert!(!serves("/usr/bin/postgres -D /other -k", data));
        assert!(!serves("postgres: checkpointer", data));
        assert!(!serves(
            "sh -c x /usr/bin/postgres -D /a b/.dev/postgres-17/data -k",
            data
        ));
        assert!(!serves("", data));
    }
}
