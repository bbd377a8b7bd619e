//! A limit for what is not worth a statement: each replica counts for itself, in memory.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

use super::Gate;
use super::bucket::network;

/// Addresses that are counted at once. Beyond, nobody new may: memory is bounded, whoever attacks.
const MOST: usize = 50_000;

/// So many at once from an address, and one more after each `every`.
#[derive(Debug)]
pub struct LocalLimit {
    at_once: u32,
    every: Duration,
    /// When each address will have all of it again.
    whole_at: Mutex<HashMap<IpAddr, OffsetDateTime>>,
}

impl LocalLimit {
    /// At most `at_once`, and one more after each `every`.
    pub fn new(at_once: u32, every: Duration) -> Self {
        Self {
            at_once,
            every,
            whole_at: Mutex::default(),
        }
    }

    /// Counts one. Without an address nobody is reached from outside.
    pub fn try_pass(&self, address: Option<IpAddr>, now: OffsetDateTime) -> Gate {
        let Some(address) = address.map(network) else {
            return Gate::Open;
        };
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= MOST && !whole_at.contains_key(&address) {
            whole_at.retain(|_, whole_at| *whole_at > now);
            if whole_at.len() >= MOST {
                return Gate::Wait { seconds: 1 };
            }
        }
        let before = whole_at.get(&address).map_or(now, |at| (*at).max(now));
        let after = before + self.every;
        let too_early = after - now - self.every * self.at_once;
        if too_early.is_positive() {
            let seconds = u32::try_from(too_early.whole_seconds()).unwrap_or(u32::MAX);
            let seconds = seconds.saturating_add(u32::from(too_early.subsec_nanoseconds() > 0));
            return Gate::Wait { seconds };
        }
        whole_at.insert(address, after);
        Gate::Open
    }

    /// Takes back one that was counted.
    pub fn give_back(&self, address: Option<IpAddr>) {
        let mut whole_at = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = address.and_then(|ip| whole_at.get_mut(&network(ip))) {
            *at -= self.every;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const WAIT: Gate = Gate::Wait { seconds: 2 };

    fn at(milliseconds: u64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
    }

    #[test]
    fn so_many_pass_at_once_and_then_one_after_each_interval() {
        let limit = LocalLimit::new(3, SECOND * 2);
        let pass = |address: &str, time| limit.try_pass(address.parse().ok(), at(time));
        for _ in 0..3 {
            assert_eq!(pass("192.0.2.1", 0), Gate::Open);
        }
        assert_eq!(pass("192.0.2.1", 0), WAIT);
        assert_eq!(pass("192.0.2.1", 500), WAIT, "a second and a half");
        assert_eq!(pass("192.0.2.1", 1999), Gate::Wait { seconds: 1 });
        assert_eq!(pass("192.0.2.2", 1999), Gate::Open, "another address");
        assert_eq!(pass("192.0.2.1", 2000), Gate::Open);
        assert_eq!(pass("192.0.2.1", 2000), WAIT);
        for _ in 0..3 {
            assert_eq!(pass("192.0.2.1", 60_000), Gate::Open, "all of it again");
        }
        assert_eq!(pass("192.0.2.1", 60_000), WAIT);
    }

    #[test]
    fn what_is_given_back_passes_again() {
        let limit = LocalLimit::new(2, SECOND);
        let ip = "2001:db8::1".parse().ok();
        // A network of IPv6 counts as one.
        let neighbour = "2001:db8::ffff:1".parse().ok();
        for _ in 0..10 {
            assert_eq!(limit.try_pass(ip, at(0)), Gate::Open);
            limit.give_back(neighbour);
        }
        assert_eq!(limit.try_pass(ip, at(0)), Gate::Open);
        assert_eq!(limit.try_pass(neighbour, at(0)), Gate::Open);
        assert_eq!(limit.try_pass(ip, at(0)), Gate::Wait { seconds: 1 });
        assert_eq!(limit.try_pass(None, at(0)), Gate::Open);
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let limit = LocalLimit::new(2, SECOND);
        let address = |n: usize| Some(IpAddr::from(u32::try_from(n).unwrap().to_be_bytes()));
        for n in 0..MOST {
            assert_eq!(limit.try_pass(address(n), at(0)), Gate::Open);
        }
        assert_eq!(
            limit.try_pass(address(MOST), at(0)),
            Gate::Wait { seconds: 1 }
        );
        assert_eq!(limit.try_pass(address(0), at(0)), Gate::Open, "known");
        assert_eq!(limit.try_pass(address(MOST), at(1000)), Gate::Open);
        assert_eq!(limit.whole_at.lock().unwrap().len(), 2);
    }
}
