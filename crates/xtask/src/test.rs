//! `cargo xtask test`.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

use crate::process::{cannot_start, cargo, step};
use crate::{Error, Outcome, browser};

/// The targets that hold tests. Benchmarks are left out: `--all-targets` would run them too.
pub const TARGETS: [&str; 7] = [
    "--workspace",
    "--exclude",
    "bench",
    "--lib",
    "--bins",
    "--tests",
    "--examples",
];

#[derive(Default, Debug, PartialEq)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs all tests of the workspace and the examples in its documentation.
pub fn run(filter: &[String]) -> Outcome {
    browser::ensure()?;
    let mut count = Count::default();
    // The whole workspace, so that cargo chooses the same features as below and builds nothing twice.
    step("examples in the documentation");
    let documented = cargo_test(&["--doc", "--workspace"], filter, &mut count)?;
    step("all tests (PostgreSQL is found, or fetched, by the tests themselves)");
    let tested = cargo_test(&TARGETS, filter, &mut count)?;
    let Count {
        passed,
        failed,
        ignored,
    } = count;
    // All on standard output and last, where a person and a script look for it.
    println!("{passed} passed, {failed} failed, {ignored} skipped");
    if !documented || !tested || failed > 0 {
        return Err("tests failed".into());
    }
    if passed == 0 {
        return Err("no test ran".into());
    }
    Ok(())
}

/// Whether all passed. The output is shown as it comes, and the closing lines are added up.
fn cargo_test(targets: &[&str], filter: &[String], count: &mut Count) -> Result<bool, Error> {
    let mut command: Command = cargo();
    command
        .args(["test", "--locked", "--no-fail-fast"])
        .args(targets);
    command.arg("--").args(filter);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| cannot_start(&command, &error))?;
    if let Some(output) = child.stdout.take() {
        let mut shown = std::io::stdout().lock();
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            count.add(&String::from_utf8_lossy(&line));
            shown.write_all(&line)?;
            shown.write_all(b"\n")?;
            shown.flush()?;
        }
    }
    Ok(child.wait()?.success())
}

impl Count {
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`
    fn add(&mut self, line: &str) {
        let Some((_, numbers)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in numbers.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up_and_others_do_not_count() {
        let mut count = Count::default();
        let tail = "0 measured; 7 filtered out; finished in 0.02s";
        count.add(&format!(
            "test result: ok. 3 passed; 0 failed; 1 ignored; {tail}"
        ));
        count.add(&format!(
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; {tail}"
        ));
        count.add("5 passed; 5 failed");
        assert_eq!(
            count,
            Count {
                passed: 5,
                failed: 4,
                ignored: 1
            }
        );
    }
}
