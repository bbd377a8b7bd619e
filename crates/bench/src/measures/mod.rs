//! What is measured, in this order, and against which target.

mod cpu;
mod login;
mod round_trips;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_api::foundation::cipher::KeyEncryptionKey;

use crate::Outcome;
use crate::database::{self, Database, ES256_CLIENT, RS256_CLIENT};
use crate::http::{self, Connection};
use crate::load;
use crate::process::Process;
use crate::table::{self, Row};

const STARTS: usize = 11;
const START_LIMIT: f64 = 0.150;
const MEMORY_LIMIT: f64 = 25e6;
/// How long a server is left alone before it counts as idle.
const REST: Duration = Duration::from_secs(3);

pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A directory of this run: the key-encryption key, logs, a socket.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("auth-api-bench-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("bench: {} stays: {error}", self.0.display());
        }
    }
}

/// Measures everything, or one step of it, and prints the table.
pub async fn run(server: &Path, rounds: usize, only: Option<&str>) -> Outcome {
    let scratch = Scratch::new()?;
    let directory = scratch.0.as_path();
    KeyEncryptionKey::create(&directory.join("key"))?;
    step("a throw-away PostgreSQL");
    let database = Database::start().await?;
    let url = database.url();
    let wanted = |name| {
        let wanted = only.is_none_or(|only| only == name);
        if wanted {
            step(name);
        }
        wanted
    };
    let mut rows = Vec::new();
    if wanted("start") {
        rows.extend(starts(server, &url, directory)?);
    }
    let process = Process::server(server, &url, directory)?;
    if wanted("memory") {
        rows.extend(memory(&process, &database).await?);
    }
    if wanted("cpu") {
        rows.extend(cpu::measure(&process, directory, rounds)?);
    }
    if wanted("logins") {
        rows.extend(login::measure(&process, &database, rounds).await?);
    }
    if wanted("round-trips") {
        rows.extend(round_trips::measure(server, &database, directory).await?);
    }
    table::print(&rows);
    Ok(())
}

fn step(what: &str) {
    eprintln!("==> {what}");
}

/// The first start makes the signing keys; the others find them.
fn starts(server: &Path, url: &str, directory: &Path) -> Outcome<[Row; 2]> {
    let first = Process::server(server, url, directory)?.first_answer;
    let mut others = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        others.push(Process::server(server, url, directory)?.first_answer);
    }
    Ok([
        Row::limited(
            "start to first answer, migrated database",
            median(others).as_secs_f64(),
            START_LIMIT,
            |seconds| format!("{:.0} ms", seconds * 1e3),
        ),
        Row::information(
            "the very first start, which makes the signing keys",
            format!("{:.0} ms", first.as_secs_f64() * 1e3),
        ),
    ])
}

async fn memory(process: &Process, database: &Database) -> Outcome<[Row; 2]> {
    let show = |bytes| format!("{:.1} MB", bytes / 1e6);
    tokio::time::sleep(REST).await;
    let fresh = process.memory()?;
    let codes = database.code_exchanges(200).await?;
    let tokens = [RS256_CLIENT, ES256_CLIENT].map(database::client_credentials);
    load::run(process.port, &[http::get(DISCOVERY)], 5000)?;
    load::run(process.port, &tokens, 1000)?;
    load::run(process.port, &codes, codes.len())?;
    load::run(
        process.port,
        &[http::get("/login"), http::get("/docs")],
        500,
    )?;
    tokio::time::sleep(REST).await;
    let used = process.memory()?;
    let limited = |what, bytes| Row::limited(what, bytes, MEMORY_LIMIT, show);
    Ok([
        limited("idle memory after the start", fresh),
        limited("idle memory after a few thousand requests", used),
    ])
}

/// The middle value.
fn median<T: PartialOrd + Copy + Default>(mut values: Vec<T>) -> T {
    values.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Sends one request on a connection; the body of its 200.
fn answer(connection: &mut Connection, request: &[u8]) -> Outcome<Vec<u8>> {
    let answer = connection.send(request)?;
    if answer.status != 200 {
        let body = String::from_utf8_lossy(answer.body);
        return Err(format!("answered {}: {body}", answer.status).into());
    }
    Ok(answer.body.to_vec())
}
