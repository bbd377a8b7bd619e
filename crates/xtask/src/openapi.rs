//! `cargo xtask openapi`: the committed description of the HTTP interface.

use std::fs;
use std::process::Command;

use crate::process::{cargo, output, sibling, step};
use crate::{Error, Outcome};

const FILE: &str = "docs/openapi.json";

/// Builds the server, asks it for its description, and writes or compares the file.
pub fn run(check: bool) -> Outcome {
    step("building the server");
    let document = output(cargo().args([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "auth-api",
        "--bin",
        "auth-api",
        "--",
        "openapi",
    ]))?;
    finish(&document, check)
}

/// The same with the server that was built already.
pub fn check_built() -> Outcome {
    finish(
        &output(Command::new(sibling("auth-api")?).arg("openapi"))?,
        true,
    )
}

fn finish(document: &str, check: bool) -> Outcome {
    let wanted = format!("{}\n", document.trim_end());
    if check {
        let committed = fs::read_to_string(FILE).map_err(|error| unreadable(&error))?;
        if committed != wanted {
            return Err(format!("{FILE} is out of date: run cargo xtask openapi").into());
        }
        step("docs/openapi.json is up to date");
        return Ok(());
    }
    fs::create_dir_all("docs")?;
    fs::write(FILE, wanted)?;
    step("wrote docs/openapi.json");
    Ok(())
}

fn unreadable(error: &std::io::Error) -> Error {
    format!("{FILE}: {error}: run cargo xtask openapi").into()
}
