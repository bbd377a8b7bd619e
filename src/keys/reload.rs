//! When a replica reads the keys again: when its copy is old, and when a token names a key that it does
//! not know.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::OwnedMutexGuard;
use tracing::Instrument as _;

use super::snapshot::Snapshot;
use super::{Inner, Keys, KeysError, settings};

/// At most one reading of the keys in this time, however many unknown key ids come in.
const RELOAD_FLOOR: Duration = Duration::from_secs(1);

/// How long a request waits for the keys to be read before it goes on without.
const RELOAD_PATIENCE: Duration = Duration::from_secs(2);

/// The last reading; locked while one runs.
pub(super) struct LastReading {
    tried_at: OffsetDateTime,
    succeeded: bool,
}

impl LastReading {
    pub fn done(at: OffsetDateTime) -> Self {
        Self {
            tried_at: at,
            succeeded: true,
        }
    }
}

impl Keys {
    /// Reads the keys from the database now.
    pub async fn reload(&self, now: OffsetDateTime) -> Result<(), KeysError> {
        let mut last = self.0.last_reading.lock().await;
        self.read(&mut last, now).await
    }

    /// The keys, not older than the refresh interval unless the database is away: then a copy that
    /// signs is better than none. One request reads them, the others go on with the old copy.
    pub(super) async fn fresh_snapshot(&self, now: OffsetDateTime) -> Arc<Snapshot> {
        let snapshot = self.snapshot();
        if now - snapshot.loaded_at < settings::REFRESH_INTERVAL {
            return snapshot;
        }
        if let Ok(last) = Arc::clone(&self.0.last_reading).try_lock_owned() {
            self.read_unless_recent(last, now).await;
        }
        self.snapshot()
    }

    /// The keys, read again because the one that is looked for is unknown, unless that was just done.
    /// `None` where it is still unknown and the keys could not be read: it may well be there.
    pub(super) async fn snapshot_with(
        &self,
        knows: impl Fn(&Snapshot) -> bool,
        now: OffsetDateTime,
    ) -> Option<Arc<Snapshot>> {
        let last_reading = || Arc::clone(&self.0.last_reading);
        let was_read = match last_reading().try_lock_owned() {
            Ok(_) if knows(&self.snapshot()) => true,
            Ok(last) => self.read_unless_recent(last, now).await,
            // What others wait for serves here too: where the database hangs, each would else have
            // its own try, one behind the other.
            Err(_) => tokio::time::timeout(RELOAD_PATIENCE, last_reading().lock_owned())
                .await
                .is_ok_and(|last| last.succeeded),
        };
        let snapshot = self.snapshot();
        (was_read || knows(&snapshot)).then_some(snapshot)
    }

    /// Whether the last reading, which may be this one, succeeded.
    async fn read_unless_recent(
        &self,
        mut last: OwnedMutexGuard<LastReading>,
        now: OffsetDateTime,
    ) -> bool {
        if now - last.tried_at < RELOAD_FLOOR {
            return last.succeeded;
        }
        let keys = self.clone();
        let reading = async move {
            match tokio::time::timeout(RELOAD_PATIENCE, keys.read(&mut last, now)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(%error, "signing keys not read, the old copy serves");
                }
                Err(_) => tracing::warn!("signing keys not read in time, the old copy serves"),
            }
            last.succeeded
        };
        // A task of its own: the request ends with its connection, and whoever hangs up again and again
        // would use up every try, so that a withdrawn key stayed in use.
        let reading = tokio::spawn(reading.in_current_span());
        reading.await.unwrap_or(false)
    }

    async fn read(&self, last: &mut LastReading, now: OffsetDateTime) -> Result<(), KeysError> {
        // As it stays where the reading fails, or is given up.
        *last = LastReading {
            tried_at: now,
            succeeded: false,
        };
        let old = self.snapshot();
        let Inner {
            pool,
            kek,
            settings,
            ..
        } = &*self.0;
        let new = Snapshot::load(pool, kek, settings, Some(&old), now).await?;
        *self
            .0
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        last.succeeded = true;
        Ok(())
    }
}
