//! `cargo xtask booking`: the example services beside a running development server.

use std::io::{BufRead, BufReader, IsTerminal as _, Read, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::process::{cargo, run as run_command, sibling, step};
use crate::{Error, Outcome};

/// Where `cargo run -- dev` listens.
const SERVER: &str = "localhost:3001";
/// Each with the colour of its lines (ANSI). The admin API is first: it makes the database that
/// the public API reads.
const SERVICES: [(&str, u8); 3] = [("admin-api", 35), ("public-api", 36), ("booking-app", 33)];
const POLL: Duration = Duration::from_millis(300);

/// Stops its services when dropped.
struct Services(Vec<(&'static str, Child)>);

/// Runs until Ctrl-C, which the terminal sends to the services too, or until one of them ends.
pub fn run() -> Outcome {
    step("building the three services");
    let packages = SERVICES.iter().flat_map(|(name, _)| ["--package", name]);
    run_command(cargo().args(["build", "--locked", "--bins"]).args(packages))?;
    wait_for_server();
    let mut services = Services(Vec::new());
    for (name, colour) in SERVICES {
        services.0.push((name, start(name, colour)?));
    }
    step("the booking application: http://localhost:3002 (Ctrl-C stops all)");
    loop {
        for (name, child) in &mut services.0 {
            if let Some(status) = child.try_wait()? {
                return Err(format!("{name} ended ({status}); the others were stopped").into());
            }
        }
        thread::sleep(POLL);
    }
}

fn wait_for_server() {
    let mut told = false;
    while !is_healthy() {
        if !told {
            step("waiting for the server; start it in another terminal: cargo run -- dev");
            told = true;
        }
        thread::sleep(POLL);
    }
}

fn is_healthy() -> bool {
    let answer = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(SERVER)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let request =
            format!("GET /healthz HTTP/1.1\r\nHost: {SERVER}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn start(name: &'static str, colour: u8) -> Result<Child, Error> {
    let mut child = Command::new(sibling(name)?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(output) = child.stdout.take() {
        show(name, colour, output);
    }
    if let Some(output) = child.stderr.take() {
        show(name, colour, output);
    }
    Ok(child)
}

/// Prints each line behind the service's name, in colour on a terminal.
fn show(name: &'static str, colour: u8, output: impl Read + Send + 'static) {
    let prefix = if std::io::stdout().is_terminal() {
        format!("\x1b[{colour}m{name:<11} |\x1b[0m")
    } else {
        format!("{name:<11} |")
    };
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            println!("{prefix} {line}");
        }
    });
}

impl Drop for Services {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            // An error means that it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
