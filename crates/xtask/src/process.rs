//! Starting other programs.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Error, Outcome};

/// Says what is being done now.
pub fn step(text: &str) {
    eprintln!("==> {text}");
}

/// Makes the root of the repository the current directory, wherever the command was given.
pub fn enter_repository() -> Outcome {
    let start = env::current_dir()?;
    let root = start
        .ancestors()
        .find(|directory| {
            directory.join("migrations").is_dir() && directory.join("crates/xtask").is_dir()
        })
        .ok_or("not inside the repository of auth-api")?;
    env::set_current_dir(root)?;
    Ok(())
}

/// A cargo whose environment is that of the person's shell. `cargo run` describes the running
/// package in `CARGO_*` variables; build scripts that watch one of them would run again, and with
/// them much of the tree.
pub fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(describes_package) {
            command.env_remove(name);
        }
    }
    // The macros must never meet a database by accident: `.sqlx/` is what is built and tested.
    command
        .env("SQLX_OFFLINE", "true")
        .env_remove("DATABASE_URL");
    command
}

fn describes_package(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
    ];
    NAMES.contains(&name)
        || [
            "CARGO_PKG_",
            "CARGO_BIN_EXE_",
            "CARGO_CFG_",
            "CARGO_FEATURE_",
        ]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Runs a command to its end; anything but success is an error that names the command.
pub fn run(command: &mut Command) -> Outcome {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("{} failed ({status})", shown(command)).into())
}

/// The standard output of a command that must succeed.
pub fn output(command: &mut Command) -> Result<String, Error> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(format!("{} failed ({})", shown(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

pub fn cannot_start(command: &Command, error: &std::io::Error) -> Error {
    format!("cannot start {}: {error}", command.get_program().display()).into()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first of the named programs that stands in `PATH`.
pub fn find(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    names
        .iter()
        .flat_map(|name| env::split_paths(&path).map(move |directory| directory.join(name)))
        .find(|candidate| candidate.is_file())
}

/// Where cargo puts the programs of this workspace: beside this one.
pub fn sibling(name: &str) -> Result<PathBuf, Error> {
    let path = env::current_exe()?.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} was not built", path.display()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_cargo_keeps_what_the_person_set() {
        assert!(describes_package("CARGO_MANIFEST_DIR"));
        assert!(describes_package("CARGO_PKG_VERSION"));
        assert!(!describes_package("CARGO_TARGET_DIR"));
        assert!(!describes_package("CARGO_HOME"));
        assert!(!describes_package("CARGO_TERM_COLOR"));
    }
}
