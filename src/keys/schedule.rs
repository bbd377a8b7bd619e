//! When keys follow one another: pure decisions over the keys that exist and the time.

use std::time::Duration;

use time::OffsetDateTime;

use super::model::{Algorithm, KeyState, SigningKey};

/// How long a replica may use its copy of the keys before it reads them again.
pub const REFRESH_INTERVAL: Duration = Duration::from_secs(15);

/// How far the clocks of replicas and relying parties may stand apart.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// How keys follow one another.
#[derive(Clone, Debug)]
pub struct KeySettings {
    /// How long a key signs.
    pub rotation_interval: Duration,
    /// How long before it signs a key is published.
    pub publish_ahead: Duration,
    /// How long others may keep the JWK set: `max-age`.
    pub jwks_max_age: Duration,
    /// The longest life of any token that is signed: an old key verifies that long.
    pub longest_token_ttl: Duration,
    /// The size of new RSA keys, in bits: 2048 to 8192.
    pub rsa_bits: usize,
}

/// Settings that would let a key sign before everyone knows it, or that aws-lc refuses.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeySettingsError {
    /// A relying party that has just fetched the JWK set would not know the next key in time.
    #[error(
        "keys are published {publish_ahead:?} ahead, but the JWK set may be cached for \
         {minimum:?}: publish them earlier or shorten the caching"
    )]
    PublishedTooLate {
        /// As configured.
        publish_ahead: Duration,
        /// `jwks_max_age` and the replicas' own refresh interval.
        minimum: Duration,
    },
    /// The next key would be published before this one signs.
    #[error("the rotation interval ({0:?}) must be longer than keys are published ahead")]
    RotatesTooOften(Duration),
    /// Weaker than RFC 7518, section 3.3 allows, or larger than the back end signs with.
    #[error("RSA keys of {0} bits: the size must be 2048, 3072 or 4096")]
    RsaBits(usize),
}

impl KeySettings {
    /// Checks that the times fit together.
    pub fn check(&self) -> Result<(), KeySettingsError> {
        let minimum = self.minimum_lead();
        if self.publish_ahead < minimum {
            let publish_ahead = self.publish_ahead;
            return Err(KeySettingsError::PublishedTooLate {
                publish_ahead,
                minimum,
            });
        }
        if self.rotation_interval <= self.publish_ahead {
            return Err(KeySettingsError::RotatesTooOften(self.rotation_interval));
        }
        if !matches!(self.rsa_bits, 2048 | 3072 | 4096) {
            return Err(KeySettingsError::RsaBits(self.rsa_bits));
        }
        Ok(())
    }

    /// How long a key must have been published before everyone knows it: a replica may serve its
    /// old copy for the refresh interval, and whoever fetches that copy keeps it for `max-age`.
    pub fn minimum_lead(&self) -> Duration {
        self.jwks_max_age + REFRESH_INTERVAL
    }

    /// When a key that retires at `retires_at` has verified its last token.
    fn removal(&self, retires_at: OffsetDateTime) -> OffsetDateTime {
        retires_at + self.longest_token_ttl + self.jwks_max_age + CLOCK_SKEW
    }
}

/// When a new key begins to sign on command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// After everyone has had the time to learn it.
    After(Duration),
    /// At once, in an emergency: relying parties that don't refetch on an unknown `kid` fail until
    /// their copy of the JWK set expires.
    Now,
}

/// One change of an algorithm's keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Keys that get other times.
    pub moved: Vec<Moved>,
    /// A new key, to be made; it signs from then.
    pub create: Option<OffsetDateTime>,
}

/// A key's new times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub kid: String,
    pub activates_at: OffsetDateTime,
    pub retires_at: Option<OffsetDateTime>,
    pub removes_at: Option<OffsetDateTime>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.create.is_none()
    }
}

/// The key of `alg` that has no successor.
pub(super) fn newest(keys: &[SigningKey], alg: Algorithm) -> Option<&SigningKey> {
    keys.iter()
        .find(|key| key.alg == alg && key.retires_at.is_none())
}

/// What the passing of time asks for: the first key, or the successor when it is due.
pub(super) fn ensure(
    keys: &[SigningKey],
    alg: Algorithm,
    settings: &KeySettings,
    now: OffsetDateTime,
) -> Plan {
    let Some(newest) = newest(keys, alg) else {
        return Plan {
            create: Some(now),
            ..Plan::default()
        };
    };
    let due = newest.activates_at + settings.rotation_interval;
    if now < due - settings.publish_ahead {
        return Plan::default();
    }
    // After a long standstill the successor is late, and still published ahead.
    succeed(newest, settings, due.max(now + settings.publish_ahead))
}

/// What a rotation by command asks for. A successor that is published already is brought forward:
/// a second command on the heels of the first changes nothing.
pub(super) fn rotate(
    keys: &[SigningKey],
    alg: Algorithm,
    settings: &KeySettings,
    now: OffsetDateTime,
    lead: Lead,
) -> Plan {
    let from = match lead {
        Lead::After(lead) => now + lead,
        Lead::Now => now,
    };
    match newest(keys, alg) {
        None => Plan {
            create: Some(now),
            ..Plan::default()
        },
        Some(key) if key.state(now) == KeyState::Published => {
            bring_forward(keys, key, settings, from)
        }
        Some(key) => succeed(key, settings, from),
    }
}

/// What the emergency withdrawal of `kid` asks for; `None` if there is no such key.
pub(super) fn withdraw(
    keys: &[SigningKey],
    kid: &str,
    settings: &KeySettings,
    now: OffsetDateTime,
) -> Option<Plan> {
    let key = keys.iter().find(|key| key.kid == kid)?;
    let state = key.state(now);
    if state == KeyState::Removed {
        return Some(Plan::default());
    }
    // Clocks differ: nothing ends before it was made.
    let end = now.max(key.created_at);
    let gone = Moved {
        kid: key.kid.clone(),
        activates_at: key.activates_at.min(end),
        retires_at: Some(key.retires_at.map_or(end, |at| at.min(end))),
        removes_at: Some(end),
    };
    let others: Vec<SigningKey> = keys
        .iter()
        .filter(|other| other.kid != kid)
        .cloned()
        .collect();
    let active = others
        .iter()
        .find(|other| other.alg == key.alg && other.state(now) == KeyState::Active);
    let mut plan = match (newest(&others, key.alg), active) {
        // It was still to come: the active key stays until a replacement is known to all.
        (None, Some(active)) => succeed(
            active,
            settings,
            key.activates_at.max(now + settings.minimum_lead()),
        ),
        // It was the only one: a replacement signs at once.
        (None, None) => Plan {
            create: Some(now),
            ..Plan::default()
        },
        // It signed, and its successor waits: that one signs at once.
        (Some(successor), None) => bring_forward(&others, successor, settings, now),
        (Some(_), Some(_)) => Plan::default(),
    };
    plan.moved.insert(0, gone);
    Some(plan)
}

/// A new key that signs from `from`, when `current` retires.
fn succeed(current: &SigningKey, settings: &KeySettings, from: OffsetDateTime) -> Plan {
    Plan {
        moved: vec![end(current, settings, from)],
        create: Some(from),
    }
}

/// Lets the waiting `successor` sign from `from` if that is sooner, and its predecessor retire then.
fn bring_forward(
    keys: &[SigningKey],
    successor: &SigningKey,
    settings: &KeySettings,
    from: OffsetDateTime,
) -> Plan {
    if successor.activates_at <= from {
        return Plan::default();
    }
    let sooner = Moved {
        kid: successor.kid.clone(),
        activates_at: from.max(successor.created_at),
        retires_at: None,
        removes_at: None,
    };
    let predecessors = keys.iter().filter(|key| {
        key.alg == successor.alg && key.retires_at.is_some_and(|retires_at| retires_at > from)
    });
    let mut moved: Vec<Moved> = predecessors.map(|key| end(key, settings, from)).collect();
    moved.push(sooner);
    Plan {
        moved,
        create: None,
    }
}

fn end(key: &SigningKey, settings: &KeySettings, at: OffsetDateTime) -> Moved {
    let at = at.max(key.activates_at);
    Moved {
        kid: key.kid.clone(),
        activates_at: key.activates_at,
        retires_at: Some(at),
        removes_at: Some(settings.removal(at)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::signing_key;
    use super::super::model::tests::{at, key};
    use super::*;

    const ALG: Algorithm = Algorithm::EdDSA;

    fn settings() -> KeySettings {
        KeySettings {
            rotation_interval: Duration::from_secs(10_000),
            publish_ahead: Duration::from_secs(2_000),
            jwks_max_age: Duration::from_mins(10),
            longest_token_ttl: Duration::from_hours(1),
            rsa_bits: 2048,
        }
    }

    /// Does what the database does with a plan, checks included.
    fn apply(keys: &mut Vec<SigningKey>, plan: &Plan, kid: &str, now: i64) {
        for moved in &plan.moved {
            let key = keys.iter_mut().find(|key| key.kid == moved.kid).unwrap();
            key.activates_at = moved.activates_at;
            key.retires_at = moved.retires_at;
            key.removes_at = moved.removes_at;
        }
        if let Some(activates_at) = plan.create {
            let mut new = key(kid, now, now, None);
            new.activates_at = activates_at;
            keys.push(new);
        }
        for key in &*keys {
            assert!(key.activates_at >= key.created_at, "{key:?}");
            assert_eq!(
                key.retires_at.is_none(),
                key.removes_at.is_none(),
                "{key:?}"
            );
            assert!(
                key.retires_at.is_none_or(|at| at >= key.activates_at),
                "{key:?}"
            );
            assert!(key.removes_at >= key.retires_at, "{key:?}");
        }
        assert_eq!(
            keys.iter().filter(|key| key.retires_at.is_none()).count(),
            1
        );
    }

    fn signs(keys: &[SigningKey], now: i64) -> &str {
        &signing_key(keys, ALG, at(now)).unwrap().kid
    }

    #[test]
    fn settings_must_fit_together() {
        assert_eq!(settings().check(), Ok(()));
        let late = KeySettings {
            publish_ahead: Duration::from_secs(610),
            ..settings()
        };
        assert!(matches!(
            late.check(),
            Err(KeySettingsError::PublishedTooLate { .. })
        ));
        let often = KeySettings {
            rotation_interval: Duration::from_secs(2_000),
            ..settings()
        };
        assert!(matches!(
            often.check(),
            Err(KeySettingsError::RotatesTooOften(_))
        ));
        let weak = KeySettings {
            rsa_bits: 1024,
            ..settings()
        };
        assert_eq!(weak.check(), Err(KeySettingsError::RsaBits(1024)));
    }

    #[test]
    fn keys_follow_one_another_without_a_gap() {
        let mut keys = Vec::new();
        for now in (0..60_000).step_by(100) {
            let plan = ensure(&keys, ALG, &settings(), at(now));
            apply(&mut keys, &plan, &format!("made at {now:05}"), now);
            let active = keys
                .iter()
                .filter(|key| key.state(at(now)) == KeyState::Active)
                .count();
            assert_eq!(active, 1, "at {now}");
            let again = ensure(&keys, ALG, &settings(), at(now));
            assert!(again.is_empty(), "at {now}: {again:?}");
        }
        assert_eq!(signs(&keys, 0), "made at 00000");
        assert_eq!(signs(&keys, 9_999), "made at 00000");
        assert_eq!(signs(&keys, 10_000), "made at 08000");
        assert_eq!(signs(&keys, 20_000), "made at 18000");
        assert_eq!(keys.len(), 7);
        // The last token that it signed: at 9999, living 3600.
        let first = &keys[0];
        assert_eq!(first.removes_at, Some(at(10_000 + 3_600 + 600 + 300)));
    }

    #[test]
    fn after_a_standstill_the_successor_is_still_published_ahead() {
        let keys = [key("old", 0, 0, None)];
        let plan = ensure(&keys, ALG, &settings(), at(50_000));
        assert_eq!(plan.create, Some(at(52_000)));
        assert_eq!(plan.moved[0].retires_at, Some(at(52_000)));
    }

    #[test]
    fn rotation_by_command_publishes_first_and_is_not_repeated() {
        let mut keys = vec![key("old", 0, 0, None)];
        let lead = Lead::After(settings().minimum_lead());
        let plan = rotate(&keys, ALG, &settings(), at(100), lead);
        apply(&mut keys, &plan, "new", 100);
        assert_eq!(
            (signs(&keys, 100), signs(&keys, 714), signs(&keys, 715)),
            ("old", "old", "new")
        );
        assert!(rotate(&keys, ALG, &settings(), at(101), lead).is_empty());
        let plan = rotate(&keys, ALG, &settings(), at(200), Lead::Now);
        assert_eq!(plan.create, None, "the waiting successor is taken");
        apply(&mut keys, &plan, "", 200);
        assert_eq!(signs(&keys, 200), "new");
        assert_eq!(keys[0].removes_at, Some(at(200 + 3_600 + 600 + 300)));
    }

    #[test]
    fn withdrawing_the_only_key_replaces_it_at_once() {
        let mut keys = vec![key("bad", 0, 0, None)];
        let plan = withdraw(&keys, "bad", &settings(), at(50)).unwrap();
        apply(&mut keys, &plan, "good", 50);
        assert_eq!(keys[0].state(at(50)), KeyState::Removed);
        assert_eq!(signs(&keys, 50), "good");
        assert!(
            withdraw(&keys, "bad", &settings(), at(51))
                .unwrap()
                .is_empty()
        );
        assert!(withdraw(&keys, "unknown", &settings(), at(51)).is_none());
    }

    #[test]
    fn withdrawing_the_active_key_lets_its_successor_sign_at_once() {
        let mut keys = vec![
            key("bad", 0, 0, Some((10_000, 14_500))),
            key("next", 8_000, 10_000, None),
        ];
        let plan = withdraw(&keys, "bad", &settings(), at(9_000)).unwrap();
        apply(&mut keys, &plan, "", 9_000);
        assert_eq!(signs(&keys, 9_000), "next");
        assert_eq!(keys[0].state(at(9_000)), KeyState::Removed);
    }

    #[test]
    fn withdrawing_a_waiting_key_keeps_the_active_one_until_another_is_known() {
        for (now, from) in [(8_100, 10_000), (9_900, 9_900 + 615)] {
            let mut keys = vec![
                key("old", 0, 0, Some((10_000, 14_500))),
                key("bad", 8_000, 10_000, None),
            ];
            let plan = withdraw(&keys, "bad", &settings(), at(now)).unwrap();
            apply(&mut keys, &plan, "good", now);
            assert_eq!(keys[1].state(at(now)), KeyState::Removed);
            assert_eq!(
                (signs(&keys, from - 1), signs(&keys, from)),
                ("old", "good")
            );
        }
    }

    #[test]
    fn withdrawing_a_retired_key_only_removes_it() {
        let mut keys = vec![
            key("bad", 0, 0, Some((100, 5_000))),
            key("new", 50, 100, None),
        ];
        let plan = withdraw(&keys, "bad", &settings(), at(200)).unwrap();
        apply(&mut keys, &plan, "", 200);
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0].retires_at, Some(at(100)));
        assert_eq!(keys[0].state(at(200)), KeyState::Removed);
        assert_eq!(signs(&keys, 200), "new");
    }

    #[test]
    fn a_clock_that_lags_breaks_no_rule() {
        let mut keys = vec![key("ahead", 100, 100, None)];
        let plan = rotate(&keys, ALG, &settings(), at(90), Lead::Now);
        apply(&mut keys, &plan, "", 90);
        let plan = withdraw(&keys, "ahead", &settings(), at(90)).unwrap();
        apply(&mut keys, &plan, "good", 90);
    }
}
