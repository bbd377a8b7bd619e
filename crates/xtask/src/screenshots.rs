//! `cargo xtask screenshots`.

use std::path::absolute;

use crate::process::{cargo, run, step};
use crate::{Outcome, browser};

const DIRECTORY: &str = "docs/screenshots";

/// Runs the browser tests that walk through the pages, and keeps a picture of each.
pub fn take() -> Outcome {
    browser::ensure()?;
    std::fs::create_dir_all(DIRECTORY)?;
    step("taking pictures into docs/screenshots");
    run(cargo()
        .args([
            "test",
            "--locked",
            "--workspace",
            "--test",
            "browser",
            "--",
            "screenshots::",
            "journey::",
        ])
        .env("SCREENSHOTS", absolute(DIRECTORY)?))
}
