//! When keys follow one another: pure decisions over the keys that exist and the time.

use std::time::Duration;

use time::OffsetDateTime;

use super::model::{Algorithm, KeyState, SigningKey};
use super::settings::KeySettings;

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
    pub withdrawn_at: Option<OffsetDateTime>,
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
    if key.withdrawn_at.is_some() {
        return Some(Plan::default());
    }
    let state = key.state(now);
    // Clocks differ: nothing ends before it was made.
    let end = now.max(key.created_at);
    if state == KeyState::Removed {
        // It still verifies hints.
        let forgotten = Moved {
            kid: key.kid.clone(),
            activates_at: key.activates_at,
            retires_at: key.retires_at,
            removes_at: key.removes_at,
            withdrawn_at: Some(end),
        };
        return Some(Plan {
            moved: vec![forgotten],
            create: None,
        });
    }
    let gone = Moved {
        kid: key.kid.clone(),
        activates_at: key.activates_at.min(end),
        retires_at: Some(key.retires_at.map_or(end, |at| at.min(end))),
        removes_at: Some(end),
        withdrawn_at: Some(end),
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
        withdrawn_at: None,
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
        withdrawn_at: key.withdrawn_at,
    }
}

#[cfg(test)]
mod tests;
