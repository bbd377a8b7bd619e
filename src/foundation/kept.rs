//! Connections for the statements of the busiest requests, kept apart from the pool.
//!
//! sqlx asks each connection that comes back to its pool whether it is alive: a second round trip
//! for each statement. A connection that has just answered is alive; it is kept here and not asked.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, PgPool, Postgres};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection idle for longer is pinged before use; pinging each time would cost a round trip.
pub const TRUSTED_IDLE: Duration = Duration::from_secs(15);

/// As old as the pool lets its connections become.
const MAX_AGE: Duration = Duration::from_mins(30);

/// How long a connection that was idle may take to say that it is alive.
const PING_PATIENCE: Duration = Duration::from_secs(2);

/// How long a connection whose request went away keeps its place while Postgres works for it.
const ORPHAN_PATIENCE: Duration = Duration::from_mins(1);

/// The connections, beside the pool that they come from.
#[derive(Clone, Debug)]
pub struct KeptConnections {
    pool: PgPool,
    /// One for each connection that may be open.
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Kept>>>,
}

#[derive(Debug)]
struct Kept {
    connection: PgConnection,
    opened: Instant,
    used: Instant,
}

/// A connection of one request. Dropped without [`Lease::keep`], because its statement failed or its
/// request went away, it is asked whether it is free: until then Postgres may be working for it, and its
/// place is taken. If it answers it is kept all the same, with what it had begun rolled back, or whoever
/// hangs up again and again would have us open one after the other.
#[derive(Debug)]
pub struct Lease {
    held: Option<Held>,
    idle: Arc<Mutex<Vec<Kept>>>,
}

#[derive(Debug)]
enum Held {
    Kept(Kept, OwnedSemaphorePermit),
    /// All kept ones are in use.
    Pooled(PoolConnection<Postgres>),
}

impl KeptConnections {
    /// How many of a replica's connections are kept here; the others are the pool's.
    pub fn share_of(max_connections: u32) -> u32 {
        max_connections / 4
    }

    /// None at first, `limit` at most.
    pub fn new(pool: PgPool, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            pool,
            places: Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS))),
            idle: Arc::default(),
        }
    }

    /// The connection that was used last, else a new one, else one of the pool.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn take(&self) -> Result<Lease, sqlx::Error> {
        let held = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => Held::Kept(self.alive().await?, place),
            Err(_) => Held::Pooled(self.pool.acquire().await?),
        };
        let idle = Arc::clone(&self.idle);
        Ok(Lease {
            held: Some(held),
            idle,
        })
    }

    async fn alive(&self) -> Result<Kept, sqlx::Error> {
        let found = lock(&self.idle).pop();
        if let Some(mut kept) = found
            && kept.opened.elapsed() < MAX_AGE
            && (kept.used.elapsed() < TRUSTED_IDLE || answers(&mut kept, PING_PATIENCE).await)
        {
            return Ok(kept);
        }
        let now = Instant::now();
        Ok(Kept {
            connection: self.pool.acquire().await?.detach(),
            opened: now,
            used: now,
        })
    }
}

/// Whether the connection has nothing to do and answers in time.
async fn answers(kept: &mut Kept, patience: Duration) -> bool {
    let ping = tokio::time::timeout(patience, kept.connection.ping()).await;
    matches!(ping, Ok(Ok(())))
}

impl Lease {
    /// Keeps the connection for another request. To be called when its statement was answered.
    pub fn keep(mut self) {
        if let Some(Held::Kept(kept, place)) = self.held.take() {
            keep(&self.idle, kept, place);
        }
    }
}

fn keep(idle: &Mutex<Vec<Kept>>, mut kept: Kept, place: OwnedSemaphorePermit) {
    if kept.opened.elapsed() < MAX_AGE {
        kept.used = Instant::now();
        lock(idle).push(kept);
    }
    // Only now may another request look for it.
    drop(place);
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(Held::Kept(mut kept, place)) = self.held.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let idle = Arc::clone(&self.idle);
            runtime.spawn(async move {
                if answers(&mut kept, ORPHAN_PATIENCE).await {
                    keep(&idle, kept, place);
                }
            });
        }
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.held {
            Some(Held::Kept(kept, _)) => &kept.connection,
            Some(Held::Pooled(connection)) => connection,
            None => unreachable!("only `keep` and `drop` take it, and both end the lease"),
        }
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.held {
            Some(Held::Kept(kept, _)) => &mut kept.connection,
            Some(Held::Pooled(connection)) => connection,
            None => unreachable!("only `keep` and `drop` take it, and both end the lease"),
        }
    }
}

fn lock(idle: &Mutex<Vec<Kept>>) -> MutexGuard<'_, Vec<Kept>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
