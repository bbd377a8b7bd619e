//! The processes that are measured.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{self, Connection};
use crate::{Outcome, bare};

const START_TIMEOUT: Duration = Duration::from_secs(30);
/// The first answer is looked for this often, as long as nobody listens.
const POLL: Duration = Duration::from_micros(500);

/// A server of ours, killed when dropped.
pub struct Process {
    child: Child,
    pub port: u16,
    /// From the start of the process to its first answer.
    pub first_answer: Duration,
}

impl Process {
    /// Starts `auth-api serve` on a free port with the settings of production.
    pub fn server(program: &Path, database_url: &str, directory: &Path) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("AUTH_SERVER__ISSUER", format!("http://localhost:{port}"))
            .env("AUTH_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("AUTH_DATABASE__URL", database_url)
            // As in the image (Dockerfile): huge pages for what a password is hashed in.
            .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
            // Required, and not used by what is measured.
            .env("AUTH_MAIL__FROM", "no-reply@booking.test")
            .env("AUTH_MAIL__SMTP_HOST", "localhost")
            .env("AUTH_KEYS__ENCRYPTION_KEY_FILE", directory.join("key"));
        Self::start(
            command,
            port,
            "/.well-known/openid-configuration",
            directory,
        )
    }

    /// Starts the baseline.
    pub fn bare(body: &Path, directory: &Path) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(port.to_string()).arg(body);
        Self::start(command, port, bare::PATH, directory)
    }

    fn start(mut command: Command, port: u16, path: &str, directory: &Path) -> Outcome<Self> {
        let log = directory.join("log");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        let request = http::get(path);
        let begun = Instant::now();
        let mut process = Self {
            child: command.spawn()?,
            port,
            first_answer: Duration::ZERO,
        };
        loop {
            let answered = Connection::open(port)
                .and_then(|mut connection| Ok(connection.send(&request)?.status));
            process.first_answer = begun.elapsed();
            match answered {
                Ok(200) => return Ok(process),
                _ if process.child.try_wait()?.is_none()
                    && process.first_answer < START_TIMEOUT =>
                {
                    thread::sleep(POLL);
                }
                _ => {
                    let log = fs::read_to_string(&log).unwrap_or_default();
                    return Err(format!("the server did not start:\n{log}").into());
                }
            }
        }
    }

    /// The processor time that the process has used, in user and kernel mode.
    pub fn cpu(&self) -> Outcome<Duration> {
        cpu(&self.child.id().to_string())
    }

    /// The resident memory in bytes.
    pub fn memory(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or("no VmRSS")?;
        let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time of this process.
pub fn own_cpu() -> Outcome<Duration> {
    cpu("self")
}

/// Fields 14 and 15 of `/proc/<pid>/stat` (proc_pid_stat(5)), counted behind the name in
/// parentheses; the kernel shows them in hundredths of a second on every Linux platform.
fn cpu(process: &str) -> Outcome<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let mut fields = fields.split_whitespace().skip(14 - 3);
    let mut ticks = || -> Outcome<u64> { Ok(fields.next().ok_or("stat is short")?.parse()?) };
    Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
