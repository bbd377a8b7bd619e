//! Bounds the fetches that strangers can cause by sending unknown key ids.

use std::time::{Duration, SystemTime};

/// So many fetches may follow one another at once: a rotation in the midst of a fetch needs two.
const BURST: u32 = 3;

/// A token bucket: a small burst, then one per interval.
#[derive(Debug)]
pub(crate) struct Floor {
    interval: Duration,
    left: u32,
    since: SystemTime,
}

impl Floor {
    pub(crate) fn new(interval: Duration, now: SystemTime) -> Self {
        Self {
            interval,
            left: BURST,
            since: now,
        }
    }

    /// Takes one fetch, if one is left.
    pub(crate) fn take(&mut self, now: SystemTime) -> bool {
        self.refill(now);
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }

    fn refill(&mut self, now: SystemTime) {
        let Ok(elapsed) = now.duration_since(self.since) else {
            // The clock was set back: count from there.
            self.since = now;
            return;
        };
        if self.interval.is_zero() {
            self.left = BURST;
            return;
        }
        let earned = elapsed.as_nanos() / self.interval.as_nanos();
        if earned >= u128::from(BURST - self.left) {
            self.left = BURST;
            self.since = now;
        } else if let Ok(earned) = u32::try_from(earned) {
            self.left += earned;
            self.since += self.interval * earned;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_per_interval() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let mut floor = Floor::new(Duration::from_secs(5), start);
        assert_eq!((0..10).filter(|_| floor.take(start)).count(), 3);
        assert!(!floor.take(start + Duration::from_millis(4999)));
        assert!(floor.take(start + Duration::from_secs(5)));
        assert!(!floor.take(start + Duration::from_secs(9)));
        assert!(floor.take(start + Duration::from_secs(10)));
        let later = start + Duration::from_secs(100);
        assert_eq!((0..10).filter(|_| floor.take(later)).count(), 3);
    }

    #[test]
    fn a_clock_set_back_does_not_lock_it() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let mut floor = Floor::new(Duration::from_secs(5), start);
        while floor.take(start) {}
        let back = start - Duration::from_secs(5000);
        assert!(!floor.take(back));
        assert!(floor.take(back + Duration::from_secs(5)));
    }
}
