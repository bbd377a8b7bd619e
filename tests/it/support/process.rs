//! The built server as a process of its own, which can be killed.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use auth_api::http::context::random_id;
use tokio::process::{Child, Command};

use super::server::KEK;

/// A debug build on a busy machine with two cores.
const START: Duration = Duration::from_mins(1);
/// For a command that runs to its end, and for a server that was told to stop.
const END: Duration = Duration::from_mins(1);
/// Between two questions whether the server is ready.
const POLL: Duration = Duration::from_millis(10);

/// What `serve` must know of mail, where a test sends none: nobody listens there.
pub const NO_MAIL: [(&str, &str); 4] = [
    ("AUTH_MAIL__FROM", "no-reply@booking.test"),
    ("AUTH_MAIL__SMTP_HOST", "localhost"),
    ("AUTH_MAIL__SMTP_PORT", "1"),
    ("AUTH_MAIL__SMTP_TLS", "none"),
];

/// A running server process. It is killed with its test.
pub struct Process {
    /// Where it listens.
    pub base: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts `serve` as a replica for `issuer`, and waits until it is ready.
    pub async fn serve(database_url: &str, issuer: &str, settings: &[(&str, &str)]) -> Self {
        let mut all = vec![
            ("AUTH_DATABASE__URL", database_url),
            ("AUTH_SERVER__ISSUER", issuer),
            ("AUTH_KEYS__ENCRYPTION_KEY", KEK),
            // No balancer before it has to see that it ends.
            ("AUTH_SERVER__DRAIN_DELAY", "0s"),
        ];
        all.extend(NO_MAIL);
        all.extend(settings);
        Self::start(&["serve"], Path::new("/"), &all).await
    }

    /// Starts a command that listens, in a directory, and waits until it is ready.
    pub async fn start(args: &[&str], directory: &Path, settings: &[(&str, &str)]) -> Self {
        // The port is free when it is chosen; another program may take it before the server does.
        for _ in 0..5 {
            let port = free_port();
            // The port of a process that was killed may be given again while its log is still read.
            let name = format!("server-{port}-{}.log", random_id());
            let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
            let file = File::create(&log).unwrap();
            let mut command = command(args, settings);
            command
                .current_dir(directory)
                .env("AUTH_SERVER__LISTEN", format!("127.0.0.1:{port}"))
                .stdout(file.try_clone().unwrap())
                .stderr(file);
            let mut process = Self {
                base: format!("http://localhost:{port}"),
                log,
                child: command.spawn().unwrap(),
            };
            if process.is_ready().await {
                return process;
            }
            let log = process.log();
            assert!(log.contains("cannot be listened on"), "{args:?}: {log}");
        }
        panic!("no port was free");
    }

    /// Kills it where it stands, and waits until it is gone: its port is closed then.
    pub async fn kill(&mut self) {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
    }

    /// Sends it a signal to end by, and waits until it has.
    pub async fn stop(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal).await;
        self.ended().await
    }

    /// Sends it a signal.
    pub async fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", signal, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits until it logs something; it must not end before.
    pub async fn logs(&mut self, words: &str) {
        let began = Instant::now();
        let mut poll = tokio::time::interval(POLL);
        while !self.log().contains(words) {
            poll.tick().await;
            assert!(self.is_running(), "ended without {words:?}: {}", self.log());
            assert!(began.elapsed() < END, "no {words:?}: {}", self.log());
        }
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(END, self.child.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("not stopped after {END:?}: {}", self.log()))
            .unwrap()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// What it printed and logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// `false` when the process ended instead.
    async fn is_ready(&mut self) -> bool {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let began = Instant::now();
        let mut poll = tokio::time::interval(POLL);
        while began.elapsed() < START {
            poll.tick().await;
            if !self.is_running() {
                return false;
            }
            let answer = http.get(format!("{}/readyz", self.base)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return true;
            }
        }
        panic!("not ready after {START:?}: {}", self.log());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_file(&self.log);
        }
    }
}

/// Runs a command to its end.
pub async fn run(args: &[&str], settings: &[(&str, &str)]) -> ExitStatus {
    command(args, settings).status().await.unwrap()
}

/// What a command left.
#[derive(Debug)]
pub struct Output {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end and keeps what it said.
pub async fn output(args: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = command(args, settings);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = tokio::time::timeout(END, command.output()).await;
    let output = output
        .unwrap_or_else(|_| panic!("{args:?} has not ended after {END:?}"))
        .unwrap();
    Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The binary with these settings only, whatever the environment of the tests holds.
fn command(args: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auth-api"));
    command
        .args(args)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
