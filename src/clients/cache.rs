//! Clients in memory, so that most requests need no query for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::model::{Client, is_client_id};
use super::store;
use crate::foundation::outage;

/// The most clients that are kept.
const CAPACITY: u64 = 10_000;
/// How long a replica that missed a notification may go on with an older copy.
const MAX_AGE: Duration = Duration::from_secs(30);
/// The channel that the table's trigger notifies.
const CHANNEL: &str = "client_changed";
/// How long to wait before listening again after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The clients, from memory or else from the table.
#[derive(Debug)]
pub struct Clients {
    pool: PgPool,
    cache: Cache<String, Arc<Client>>,
    /// Counts invalidations: a copy that was read before one is not kept after it.
    generation: AtomicU64,
}

impl Clients {
    /// An empty cache over the table behind `pool`.
    pub fn new(pool: PgPool) -> Self {
        let cache = Cache::builder()
            .max_capacity(CAPACITY)
            .time_to_live(MAX_AGE)
            .build();
        Self {
            pool,
            cache,
            generation: AtomicU64::new(0),
        }
    }

    /// The client of that identifier. That there is none is not kept, so that a client can be used
    /// on every replica as soon as it is registered.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn get(&self, client_id: &str) -> Result<Option<Arc<Client>>, sqlx::Error> {
        if !is_client_id(client_id) {
            return Ok(None);
        }
        if let Some(client) = self.cache.get(client_id) {
            return Ok(Some(client));
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let Some(client) = store::client::find(&self.pool, client_id).await? else {
            return Ok(None);
        };
        let client = Arc::new(client);
        self.cache.insert(client_id.to_owned(), Arc::clone(&client));
        if self.generation.load(Ordering::SeqCst) != generation {
            self.cache.invalidate(client_id);
        }
        Ok(Some(client))
    }

    /// Forgets a client, after a change by this process or on a notification.
    pub fn invalidate(&self, client_id: &str) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(client_id);
    }

    /// Forgets all clients.
    pub fn invalidate_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate_all();
    }

    /// Follows the changes that other replicas make, until the pool is closed. It holds one
    /// connection of the pool. Where notifications cannot be had (a pooler in transaction mode),
    /// the age limit alone keeps the copies fresh. Its connection ends with the database, so it is also
    /// the first to know of an outage.
    pub async fn follow_changes(&self) {
        loop {
            let Err(error) = self.listen().await;
            // What was missed while nobody listened is unknown.
            self.invalidate_all();
            if matches!(error, sqlx::Error::PoolClosed) {
                return;
            }
            tracing::warn!(%error, "listening for changes of clients failed, will retry");
            outage::wait_out(&self.pool).await;
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    /// Listens until an error.
    async fn listen(&self) -> Result<std::convert::Infallible, sqlx::Error> {
        loop {
            let mut listener = PgListener::connect_with(&self.pool).await?;
            // Else it would wait for the database, where nobody is to.
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            self.invalidate_all();
            while let Some(notification) = listener.try_recv().await? {
                self.invalidate(notification.payload());
            }
            // The connection was lost.
            outage::wait_out(&self.pool).await;
        }
    }

    /// Puts a client into memory without a database.
    #[cfg(test)]
    pub(super) fn put(&self, client: Client) {
        self.cache
            .insert(client.client_id.clone(), Arc::new(client));
    }
}
