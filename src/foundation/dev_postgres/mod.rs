//! A private PostgreSQL for development and tests, without setting anything up: found on the machine
//! or fetched, on a Unix socket only, stopped when we end, however we end.

mod account;
mod binaries;
mod cluster;
mod error;
mod fetch;
mod place;
mod stale;
mod throw_away;
mod watchdog;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

use self::account::Account;
use self::binaries::Binaries;
use self::cluster::Purpose;
pub use self::error::DevPostgresError;
use self::error::OnPath as _;
use self::place::Place;
use self::watchdog::{Ending, Watchdog};

/// How long a stop may take: the last checkpoint writes everything to the disk.
const STOP_SECONDS: u32 = 60;

/// What to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory for data, lock and fetched programs, for example `.dev`.
    pub root: PathBuf,
    /// Whether committed data must survive a crash of the machine.
    pub durable: bool,
    /// Gets a line for a person before and during whatever takes more than two seconds.
    pub progress: fn(&str),
}

/// A running private PostgreSQL. Dropping it stops the server in the background; [`Self::stop`]
/// also waits.
#[derive(Debug)]
pub struct DevPostgres {
    watchdog: Watchdog,
    place: Place,
    /// Given back after the server has stopped.
    lock: File,
}

impl DevPostgres {
    /// Starts the PostgreSQL of `options.root`, made first where it is not there yet.
    pub async fn start(options: Options) -> Result<Self, DevPostgresError> {
        blocking(move || Self::start_blocking(&options)).await
    }

    /// The same for callers without an async runtime.
    pub fn start_blocking(options: &Options) -> Result<Self, DevPostgresError> {
        let root = place::make_root(&options.root)?;
        let lock = place::lock(&root)?;
        let account = Account::choose(place::homes(&root).first().map(PathBuf::as_path))?;
        let base = place::base(&root, &account, options.progress)?;
        let purpose = if options.durable {
            Purpose::Durable
        } else {
            Purpose::Fast
        };
        let binaries = binaries::find_or_fetch(&account, || Ok(base.clone()), options.progress)?;
        run(
            &base,
            &binaries,
            &account,
            purpose,
            Ending::InOrder,
            lock,
            options.progress,
        )
    }

    /// Starts a new PostgreSQL that is gone, with its directory, when this process ends: for tests.
    /// `cache` keeps fetched programs from one run to the next.
    pub fn start_throw_away(cache: &Path, progress: fn(&str)) -> Result<Self, DevPostgresError> {
        let account = Account::choose(None)?;
        let cache = || place::base(&place::make_root(cache)?, &account, progress);
        let binaries = binaries::find_or_fetch(&account, cache, progress)?;
        let directory = throw_away::directory(&account)?;
        let lock = place::lock(&directory)?;
        account.own_privately(&directory)?;
        let ending = Ending::Removing(&directory);
        let started = run(
            &directory,
            &binaries,
            &account,
            Purpose::Fast,
            ending,
            lock,
            progress,
        );
        if started.is_err() {
            // The error that matters is the first one.
            let _ = fs::remove_dir_all(&directory);
        }
        started
    }

    /// The URL of a database, over the socket; sqlx and `psql` both take it.
    pub fn url(&self, database: &str) -> String {
        let Ok(mut url) = Url::parse("postgres://postgres@localhost/") else {
            return String::new();
        };
        url.set_path(database);
        let socket = self.place.socket.to_string_lossy();
        url.query_pairs_mut().append_pair("host", &socket);
        // `psql` does not read `+` as a space.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        url.into()
    }

    /// Makes the database `name`; `false` if it was there.
    pub async fn create_database(&self, name: &str) -> Result<bool, DevPostgresError> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        let quoted = name.replace('"', "\"\"");
        let statement = AssertSqlSafe(format!("CREATE DATABASE \"{quoted}\""));
        let made = match sqlx::raw_sql(statement).execute(&mut connection).await {
            Ok(_) => true,
            Err(error) if already_exists(&error) => false,
            Err(error) => return Err(error.into()),
        };
        connection.close().await?;
        Ok(made)
    }

    /// Stops the server in order and waits for it.
    pub async fn stop(self) -> Result<(), DevPostgresError> {
        blocking(move || self.stop_blocking()).await
    }

    /// The same for callers without an async runtime.
    pub fn stop_blocking(self) -> Result<(), DevPostgresError> {
        let Self {
            watchdog,
            place,
            lock,
        } = self;
        let stopped = watchdog.stop(STOP_SECONDS);
        drop(lock);
        if stopped {
            return Ok(());
        }
        Err(DevPostgresError::NotStopped {
            directory: place.data,
            seconds: STOP_SECONDS,
        })
    }

    /// Removes all data of `root`, of every major version; fetched programs stay.
    pub async fn reset(root: &Path) -> Result<(), DevPostgresError> {
        let root = root.to_owned();
        blocking(move || reset(&root)).await
    }
}

/// Makes the cluster below `base`, unless it is there, and starts it.
fn run(
    base: &Path,
    binaries: &Binaries,
    account: &Account,
    purpose: Purpose,
    ending: Ending<'_>,
    lock: File,
    progress: fn(&str),
) -> Result<DevPostgres, DevPostgresError> {
    let place = Place::prepare(base, binaries.major, account)?;
    if !place.data.exists()
        && let Some(other) = place::homes(base).iter().find(|home| **home != place.home)
    {
        progress(&format!(
            "Another major version's data stays in {}",
            other.display()
        ));
    }
    cluster::initialize(binaries, account, &place, purpose, progress)?;
    let watchdog = cluster::start(binaries, account, &place, purpose, ending, progress)?;
    Ok(DevPostgres {
        watchdog,
        place,
        lock,
    })
}

fn reset(root: &Path) -> Result<(), DevPostgresError> {
    if !root.exists() {
        return Ok(());
    }
    let root = place::make_root(root)?;
    let _lock = place::lock(&root)?;
    let elsewhere = place::elsewhere(&root);
    for home in std::iter::once(&root)
        .chain(&elsewhere)
        .flat_map(|base| place::homes(base))
    {
        stale::stop_orphan(&home.join("data"), "QUIT", |_| {})?;
        for socket in place::short_sockets(&home)
            .iter()
            .filter(|path| path.is_dir())
        {
            fs::remove_dir_all(socket).on("remove", socket)?;
        }
        fs::remove_dir_all(&home).on("remove", &home)?;
    }
    for base in elsewhere {
        // Most often not there; with fetched programs in it, it stays.
        let _ = fs::remove_dir(base);
    }
    Ok(())
}

fn already_exists(error: &sqlx::Error) -> bool {
    // duplicate_database, and unique_violation where two make it at once.
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P04" | "23505"))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DevPostgresError> + Send + 'static,
) -> Result<T, DevPostgresError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| DevPostgresError::Interrupted)?
}
