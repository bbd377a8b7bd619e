//! How many clients a stranger may register where registration is open: each is a row, may make this
//! server fetch a document, and shows a name on the sign-in page.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

const HOUR: i64 = 3600;
/// Addresses counted in one hour. Beyond, nobody new is let in: memory is bounded, whoever attacks.
const MAX_ADDRESSES: usize = 50_000;

/// Counts registrations of each address in each hour of the clock. Each replica counts by itself.
#[derive(Debug)]
pub struct PerAddress {
    per_hour: u32,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    hour: i64,
    by_address: HashMap<IpAddr, u32>,
}

impl PerAddress {
    /// At most `per_hour` from one address; 0 for no limit.
    pub fn new(per_hour: u32) -> Self {
        Self {
            per_hour,
            counted: Mutex::default(),
        }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// How long to wait, when it is one too many.
    pub fn count(&self, address: Option<IpAddr>, now: OffsetDateTime) -> Result<(), Duration> {
        // Without an address nobody is reached from outside.
        let Some(address) = address.filter(|_| self.per_hour > 0) else {
            return Ok(());
        };
        let second = now.unix_timestamp();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.hour != second.div_euclid(HOUR) {
            *counted = Counted {
                hour: second.div_euclid(HOUR),
                by_address: HashMap::new(),
            };
        }
        let address = network(address);
        let full = counted.by_address.len() >= MAX_ADDRESSES;
        let wait = Duration::from_secs((HOUR - second.rem_euclid(HOUR)).unsigned_abs());
        if full && !counted.by_address.contains_key(&address) {
            return Err(wait);
        }
        let count = counted.by_address.entry(address).or_default();
        if *count >= self.per_hour {
            return Err(wait);
        }
        *count += 1;
        Ok(())
    }
}

/// A subscriber of IPv6 has a /64 at least (RFC 6177): it counts as one.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).unwrap()
    }

    #[test]
    fn an_address_is_limited_until_the_next_hour() {
        let limit = PerAddress::new(2);
        let count = |address: &str, second| limit.count(address.parse().ok(), at(second));
        assert_eq!(count("192.0.2.1", 7200), Ok(()));
        assert_eq!(count("192.0.2.1", 7201), Ok(()));
        assert_eq!(count("192.0.2.1", 7300), Err(Duration::from_secs(3500)));
        assert_eq!(count("192.0.2.2", 7300), Ok(()), "another address");
        assert_eq!(count("192.0.2.1", 10_800), Ok(()), "the next hour");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let limit = PerAddress::new(1);
        let count = |address: &str| limit.count(address.parse().ok(), at(0));
        assert_eq!(count("2001:db8:0:1::1"), Ok(()));
        assert!(count("2001:db8:0:1:ffff::2").is_err());
        assert_eq!(count("2001:db8:0:2::1"), Ok(()));
    }

    #[test]
    fn zero_is_no_limit() {
        let limit = PerAddress::new(0);
        for _ in 0..1000 {
            assert_eq!(limit.count("192.0.2.1".parse().ok(), at(0)), Ok(()));
        }
    }
}
