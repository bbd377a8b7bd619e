//! The shell that stands between us and the server. Its standard input is a pipe whose other end
//! only we hold: when we end, in whatever way, it reads the end of the pipe and stops the server.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::time::Duration;

use super::account::Account;
use super::error::{DevPostgresError, OnPath as _};

/// `$1`: the signal that stops the server, `$2`: its log, `$3`: a directory to remove at the end or
/// nothing; the rest is the server's command.
///
/// The signal is repeated because a background command starts with interrupts ignored: one that
/// comes before the server listens to it would be lost. The shell itself ignores what a closing
/// terminal or a stopping service manager sends to everyone, for it has to outlive the server.
/// A server that ends by itself keeps its directory: its log says why.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
signal=$1 log=$2 remove=$3
shift 3
exec 3<&0 </dev/null
"$@" >>"$log" 2>&1 3<&- &
server=$!
(
  read -r _ <&3
  [ -z "$remove" ] || : >"$log.ending"
  while kill -s "$signal" "$server" 2>/dev/null; do sleep 1; done
) &
reader=$!
exec 3<&-
wait "$server"
status=$?
kill -s KILL "$reader" 2>/dev/null
[ -e "$log.ending" ] && rm -rf -- "$remove"
exit "$status"
"#;

/// How the server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending<'a> {
    /// Clients are disconnected, everything is written.
    InOrder,
    /// At once, and the directory goes with it.
    Removing(&'a Path),
}

/// A running server and its watchdog. Dropping it stops the server, in the background.
#[derive(Debug)]
pub(super) struct Watchdog {
    child: Child,
    /// Held only to be closed.
    pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts `server` (program and arguments) under `account`, in a process group of its own: an
    /// interrupt from the terminal reaches us alone, and we stop the server in order.
    pub(super) fn start(
        account: &Account,
        server: &[OsString],
        log: &Path,
        ending: Ending<'_>,
    ) -> Result<Self, DevPostgresError> {
        let (signal, remove) = match ending {
            Ending::InOrder => ("INT", OsStr::new("")),
            Ending::Removing(directory) => ("QUIT", directory.as_os_str()),
        };
        let mut shell = account.command("sh");
        shell
            .args(["-c", SCRIPT, "sh", signal])
            .arg(log)
            .arg(remove)
            .args(server);
        shell
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = shell.process_group(0).spawn().on("run", Path::new("sh"))?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    /// The exit status, if the server has ended.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops the server and waits for it; `false` if it still runs after `seconds`.
    pub(super) fn stop(mut self, seconds: u32) -> bool {
        drop(self.pipe.take());
        for _ in 0..seconds * 100 {
            if self.ended().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}
