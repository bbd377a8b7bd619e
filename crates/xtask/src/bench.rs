//! `cargo xtask bench`: a release build of the server, measured.

use std::path::Path;
use std::process::Command;

use crate::process::{cargo, run as run_command, step};
use crate::{Error, Outcome};

/// The packages whose programs are built: the server, and what measures it.
const PACKAGES: [&str; 2] = ["auth-api", "bench"];

/// Builds and measures. A measure over its target is shown, not an error: a benchmark is no test.
pub fn run() -> Outcome {
    step("building the release (minutes the first time)");
    let packages = PACKAGES.iter().flat_map(|name| ["--package", name]);
    run_command(
        cargo()
            .args(["build", "--release", "--locked", "--bins"])
            .args(packages),
    )?;
    let programs = programs()?;
    run_command(
        Command::new(programs.join("bench"))
            .arg("--server")
            .arg(programs.join("auth-api")),
    )
}

/// Where cargo puts release programs: beside the directory of this one's profile.
fn programs() -> Result<std::path::PathBuf, Error> {
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent);
    Ok(target
        .ok_or("this program is not in cargo's target directory")?
        .join("release"))
}
