//! The only source of time. `now` is read once per request and passed on as a value, so that one
//! request has one time and a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;

/// Tells the time: the system's, or in tests the system's moved by an offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// The current time, in UTC, cut to microseconds: what Postgres keeps.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        let offset = time::Duration::seconds(self.offset_seconds.load(Ordering::Relaxed));
        let now = now + offset;
        now.replace_microsecond(now.microsecond()).unwrap_or(now)
    }

    /// Moves this clock and all its clones forward: for tests only.
    pub fn advance(&self, by: Duration) {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        self.offset_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}
