//! `cargo xtask ci`: what a change must pass. The order reuses what was built: first what needs no
//! build, then what checks only, then what is linked and run.

mod files;
mod licences;

use std::time::{Duration, Instant};

use crate::process::{cargo, run as run_command, step};
use crate::{Outcome, browser, openapi, prepare, test};

type Check = fn() -> Outcome;

/// Runs all checks, the slowest last, and stops at the first that fails.
pub fn run() -> Outcome {
    let start = Instant::now();
    let checks: [(&str, Check); 8] = [
        ("format", || {
            run_command(cargo().args(["fmt", "--all", "--check"]))
        }),
        ("files", files::check),
        ("licences", licences::check),
        ("a browser for the tests", browser::ensure),
        (".sqlx/", || prepare::prepare(true)),
        ("lints", lints),
        ("docs/openapi.json", description),
        ("tests", || test::run(&[])),
    ];
    let total = checks.len();
    for (number, (name, check)) in (1..).zip(checks) {
        let begun = Instant::now();
        step(&format!("[{number}/{total}] {name}"));
        check().map_err(|error| format!("{name}: {error}"))?;
        step(&format!(
            "[{number}/{total}] {name}: fine, {}",
            shown(begun.elapsed())
        ));
    }
    step(&format!("all checks passed in {}", shown(start.elapsed())));
    Ok(())
}

fn lints() -> Outcome {
    run_command(cargo().args([
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// Builds everything as the tests need it; the server is among it.
fn description() -> Outcome {
    run_command(
        cargo()
            .args(["test", "--locked", "--no-run"])
            .args(test::TARGETS),
    )?;
    openapi::check_built()
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}
