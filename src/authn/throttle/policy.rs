//! The designed numbers.

use std::time::Duration;

/// How the attempts of a bucket are delayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// So many attempts in a row without a delay; two at least.
    pub free: u32,
    /// The delay after the last free attempt. Each further attempt doubles it,
    pub first: Duration,
    /// up to this.
    pub longest: Duration,
    /// So long after the last delay, all is forgotten.
    pub forgotten: Duration,
}

impl Policy {
    /// What has to be waited after so many attempts.
    pub fn delay_after(&self, attempts: u32) -> Duration {
        let Some(doublings) = attempts.checked_sub(self.free) else {
            return Duration::ZERO;
        };
        let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }

    /// The designed number: so many attempts pass, at most, within a time, whoever makes them and
    /// from however many places at once, unless a success comes between.
    pub fn attempts_within(&self, time: Duration) -> u64 {
        // A second burst of free attempts costs a silence of `forgotten`: in each stretch of that
        // length, at most what a fresh bucket lets through.
        let mut rest = time;
        let mut attempts = 0;
        while rest > self.forgotten {
            rest -= self.forgotten;
            attempts += self.when_fresh(self.forgotten);
        }
        attempts + self.when_fresh(rest)
    }

    fn when_fresh(&self, time: Duration) -> u64 {
        let mut attempts = 0;
        let mut waited = Duration::ZERO;
        while waited <= time {
            attempts += 1;
            if self.delay_after(attempts) == self.longest {
                let rest = time.saturating_sub(waited).as_nanos() / self.longest.as_nanos().max(1);
                return u64::from(attempts) + u64::try_from(rest).unwrap_or(u64::MAX);
            }
            waited += self.delay_after(attempts);
        }
        u64::from(attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authn::throttle::Bucket;

    const POLICY: Policy = Policy {
        free: 3,
        first: Duration::from_secs(1),
        longest: Duration::from_secs(10),
        forgotten: Duration::from_secs(100),
    };

    #[test]
    fn delays_double_up_to_the_longest() {
        let delays = (0..10).map(|attempts| POLICY.delay_after(attempts).as_secs());
        assert_eq!(
            delays.collect::<Vec<_>>(),
            [0, 0, 0, 1, 2, 4, 8, 10, 10, 10]
        );
        assert_eq!(POLICY.delay_after(u32::MAX), POLICY.longest);
    }

    #[test]
    fn the_designed_number_is_what_passes() {
        // Three at 0 s, then at 1, 3, 7, 15, 25, 35 s ...
        for (seconds, attempts) in [
            (0, 3),
            (1, 4),
            (2, 4),
            (3, 5),
            (15, 7),
            (24, 7),
            (25, 8),
            (35, 9),
            (95, 15),
            (100, 15),
            (101, 19),
        ] {
            let time = Duration::from_secs(seconds);
            assert_eq!(POLICY.attempts_within(time), attempts, "{seconds} s");
        }
    }

    /// The table at the head of `throttle`, and `docs/threat-model.md`.
    #[test]
    fn the_numbers_are_those_that_are_written_down() {
        let ip = std::net::IpAddr::from([192, 0, 2, 1]);
        let device = crate::foundation::secret::Secret::generate();
        let email_key = "a@b.test";
        let hour = Duration::from_hours(1);
        for (bucket, an_hour, a_day) in [
            (Bucket::SignIn { email_key }, 17, 109),
            (
                Bucket::SignInDevice {
                    device: &device,
                    email_key,
                },
                29,
                305,
            ),
            (Bucket::SignInAddress(ip), 94, 1474),
            (Bucket::SecondFactor { id_user: 1 }, 16, 39),
            (
                Bucket::SecondFactorDevice {
                    device: &device,
                    id_user: 1,
                },
                17,
                109,
            ),
            (Bucket::ConfirmPassword { id_user: 1 }, 17, 109),
            (Bucket::Registration(ip), 26, 49),
            (Bucket::MailFrom(ip), 26, 49),
            (Bucket::MailTo { email_key }, 8, 54),
            (Bucket::FactorMail { id_user: 1 }, 12, 104),
            (
                Bucket::EmailChange {
                    id_user: 1,
                    email_key,
                },
                8,
                54,
            ),
            (Bucket::MailedToken(ip), 124, 1504),
            (Bucket::Passkey(ip), 3900, 93_600),
            (Bucket::PasskeyDevice { device: &device }, 3630, 87_120),
        ] {
            let policy = bucket.policy();
            let found = (
                policy.attempts_within(hour),
                policy.attempts_within(24 * hour),
            );
            assert_eq!(found, (an_hour, a_day), "{bucket:?}");
        }
    }
}
