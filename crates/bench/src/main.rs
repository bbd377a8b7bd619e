//! Measures a release build of the server against the targets of `docs/performance.md`, and prints
//! a table. `cargo xtask bench` builds both and runs this.
//!
//! Processor time is what the kernel counts for the server's process, not the time on the clock, so
//! that a busy machine changes it little; each measure alternates with its baseline, and the median
//! of the rounds' ratios is shown.

mod bare;
mod database;
mod http;
mod load;
mod measures;
mod process;
mod proxy;
mod table;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T = ()> = Result<T, Error>;

#[derive(Parser)]
#[command(about = "Measures a release build of auth-api")]
struct Arguments {
    /// The server's program
    #[arg(long, default_value = "target/release/auth-api")]
    server: PathBuf,
    /// Rounds of each measure of processor time
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// One step alone: start, memory, cpu, logins or round-trips
    #[arg(long)]
    only: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The baseline, in a process of its own: serves one file by a bare axum handler
    #[command(hide = true)]
    Bare { port: u16, body: PathBuf },
    /// Load alone, for a profiler to watch a server under it
    Load {
        port: u16,
        path: String,
        #[arg(default_value_t = 1_000_000)]
        count: usize,
    },
}

#[tokio::main]
async fn main() -> Outcome {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::Bare { port, body }) => bare::serve(port, &body).await,
        Some(Command::Load { port, path, count }) => {
            let load = load::run(port, &[http::get(&path)], count)?;
            println!("{:.0}/s", load.rate());
            Ok(())
        }
        None => {
            let only = arguments.only.as_deref();
            measures::run(&arguments.server, arguments.rounds, only).await
        }
    }
}
