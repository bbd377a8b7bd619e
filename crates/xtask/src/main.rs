//! Developer commands: `cargo xtask --help` lists them.

mod bench;
mod booking;
mod browser;
mod ci;
mod openapi;
mod postgres;
mod prepare;
mod process;
mod screenshots;
mod sources;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, in words for a person: what is missing and what to do.
type Error = Box<dyn std::error::Error>;
type Outcome = Result<(), Error>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of auth-api")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all tests, those in a browser included
    Test {
        /// Passed to the test programs: a filter, or their options
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// Run everything that a change must pass: format, lints, generated files, tests
    Ci,
    /// Write .sqlx/, what the query macros need to build without a database
    Prepare {
        /// Write nothing; fail if .sqlx/ is not what the sources need
        #[arg(long)]
        check: bool,
    },
    /// Write docs/openapi.json from the server's own description
    Openapi {
        /// Write nothing; fail if the file is not up to date
        #[arg(long)]
        check: bool,
    },
    /// Measure a release build of the server against its performance targets
    Bench,
    /// Run the three services of examples/booking beside `cargo run -- dev`
    Booking,
    /// Take the pictures in docs/screenshots with a real browser
    Screenshots,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = process::enter_repository().and_then(|()| match arguments.command {
        Command::Test { filter } => test::run(&filter),
        Command::Ci => ci::run(),
        Command::Prepare { check } => prepare::prepare(check),
        Command::Openapi { check } => openapi::run(check),
        Command::Bench => bench::run(),
        Command::Booking => booking::run(),
        Command::Screenshots => screenshots::take(),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
