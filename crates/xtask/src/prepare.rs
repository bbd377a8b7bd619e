//! `cargo xtask prepare`: `.sqlx/`, without sqlx-cli.
//!
//! The query macros of sqlx write what the database said about a query into `SQLX_OFFLINE_DIR`
//! while they compile against a live database. So: an empty database with the migrations, a fresh
//! directory, and a compilation that passes every macro again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use crate::postgres::Postgres;
use crate::process::{cargo, run, step};
use crate::{Error, Outcome, sources};

const COMMITTED: &str = ".sqlx";
/// Inside the repository, so that one rename swaps it in. Ignored by git.
const FRESH: &str = ".dev/sqlx";

/// Writes `.sqlx/`, or compares it with what the sources need.
pub fn prepare(check: bool) -> Outcome {
    step("starting a throw-away PostgreSQL with the migrations");
    let postgres = Postgres::start()?;
    postgres.migrate(Path::new("migrations"))?;
    remove(FRESH)?;
    fs::create_dir_all(FRESH)?;

    let touched = touch_queries()?;
    step(&format!(
        "checking the workspace against it ({touched} files with queries)"
    ));
    let fresh = std::path::absolute(FRESH)?;
    run(cargo()
        .args(["check", "--locked", "--workspace", "--all-targets"])
        .env("DATABASE_URL", postgres.url())
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &fresh))?;

    let (wanted, found) = (read(FRESH)?, read(COMMITTED)?);
    if wanted == found {
        remove(FRESH)?;
        step(&format!(".sqlx/ is up to date ({} queries)", wanted.len()));
        return Ok(());
    }
    let stale = found
        .keys()
        .filter(|name| !wanted.contains_key(*name))
        .count();
    let new = wanted
        .iter()
        .filter(|(name, text)| found.get(*name) != Some(text))
        .count();
    if check {
        remove(FRESH)?;
        return Err(format!(
            ".sqlx/ is out of date ({new} queries new or changed, {stale} no longer there): \
             run cargo xtask prepare"
        )
        .into());
    }
    remove(COMMITTED)?;
    fs::rename(FRESH, COMMITTED)?;
    step(&format!(
        "wrote .sqlx/: {} queries, {new} new or changed, {stale} removed",
        wanted.len()
    ));
    Ok(())
}

/// Cargo does not know that the macros read the environment: a file that changed makes it compile
/// anew every target that the file is part of, and no dependency.
// File times are the machine's own: there is no clock to pass here.
#[allow(clippy::disallowed_methods)]
fn touch_queries() -> Result<usize, Error> {
    let now = SystemTime::now();
    let mut touched = 0;
    for path in sources::tracked_and_new("*.rs")? {
        let text = fs::read_to_string(&path)?;
        if sources::has_query_macro(&text) {
            File::options()
                .append(true)
                .open(&path)?
                .set_modified(now)?;
            touched += 1;
        }
    }
    Ok(touched)
}

fn read(directory: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut files = BTreeMap::new();
    if Path::new(directory).is_dir() {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            files.insert(name, fs::read_to_string(entry.path())?);
        }
    }
    Ok(files)
}

fn remove(directory: &str) -> Outcome {
    if Path::new(directory).exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(())
}
