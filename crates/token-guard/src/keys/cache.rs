//! Decides when keys are fetched. One fetch at a time, in a task of its own: a client that hangs
//! up does not stop the fetch that others wait for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use url::Url;

use super::fetch::{FetchError, Fetched, Fetcher};
use super::floor::Floor;
use super::jwks::{IssuerKey, KeySet};
use crate::guard::Now;

/// How long keys live where the issuer does not say.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(5);
/// After a failure the next try waits so long, doubled with each further failure …
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
/// … up to this.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// A discovered `jwks_uri` is looked up anew after this time, and after any failure.
const DISCOVERY_LIFETIME: Duration = Duration::from_hours(1);

/// How long keys are used.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) min_lifetime: Duration,
    pub(crate) max_lifetime: Duration,
    pub(crate) max_stale: Duration,
    pub(crate) refetch_floor: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_lifetime: Duration::from_secs(30),
            max_lifetime: Duration::from_hours(1),
            max_stale: Duration::from_hours(1),
            refetch_floor: Duration::from_secs(5),
        }
    }
}

/// The keys cannot be had at the moment.
#[derive(Debug)]
pub(crate) struct NoKey;

/// The keys of one issuer.
pub(crate) struct KeyCache {
    fetcher: Fetcher,
    policy: Policy,
    now: Now,
    state: Mutex<State>,
}

struct State {
    current: Option<Arc<Snapshot>>,
    /// Closes when the fetch under way is done, however it ends.
    in_flight: Option<watch::Receiver<()>>,
    failures: u32,
    failed_at: SystemTime,
    floor: Floor,
    discovered: Option<(Url, SystemTime)>,
}

/// The keys of one answer of the issuer.
struct Snapshot {
    keys: KeySet,
    fetched_at: SystemTime,
    lifetime: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Fresh,
    /// Still fresh, but to be renewed soon.
    Due,
    /// To be renewed before use, or used while the issuer is down.
    Stale,
    Dead,
}

impl Snapshot {
    fn phase(&self, now: SystemTime, max_stale: Duration) -> Phase {
        // A clock set back makes the age unknown: renew, but don't stop.
        let Ok(age) = now.duration_since(self.fetched_at) else {
            return Phase::Stale;
        };
        if age < self.lifetime / 5 * 4 {
            Phase::Fresh
        } else if age < self.lifetime {
            Phase::Due
        } else if age < self.lifetime.saturating_add(max_stale) {
            Phase::Stale
        } else {
            Phase::Dead
        }
    }
}

/// What to do about the keys at hand.
enum Step {
    Use(Arc<Snapshot>),
    WaitFor(watch::Receiver<()>),
    GiveUp,
}

impl KeyCache {
    pub(crate) fn new(fetcher: Fetcher, policy: Policy, now: Now) -> Self {
        let started = now();
        let state = State {
            current: None,
            in_flight: None,
            failures: 0,
            failed_at: started,
            floor: Floor::new(policy.refetch_floor, started),
            discovered: None,
        };
        Self {
            fetcher,
            policy,
            now,
            state: Mutex::new(state),
        }
    }

    /// Makes sure that there are keys.
    pub(crate) async fn warm_up(self: &Arc<Self>) -> Result<(), NoKey> {
        self.current().await.map(drop)
    }

    /// The issuer's key of this id; `None` if the issuer has none.
    pub(crate) async fn find(self: &Arc<Self>, kid: &str) -> Result<Option<Arc<IssuerKey>>, NoKey> {
        let mut snapshot = self.current().await?;
        // Twice: a fetch that was under way already may have been answered before the key was
        // published.
        for _ in 0..2 {
            if let Some(key) = snapshot.keys.get(kid) {
                return Ok(Some(Arc::clone(key)));
            }
            match self.newer_than(&snapshot) {
                Step::Use(newer) => snapshot = newer,
                Step::WaitFor(done) => {
                    wait(done).await;
                    snapshot = self.usable().ok_or(NoKey)?;
                }
                Step::GiveUp => break,
            }
        }
        match snapshot.keys.get(kid) {
            Some(key) => Ok(Some(Arc::clone(key))),
            // While the issuer is down, the key may be one that it made meanwhile.
            None if self.lock().failures > 0 => Err(NoKey),
            None => Ok(None),
        }
    }

    /// The keys to use now: fresh, or stale while the issuer is down.
    async fn current(self: &Arc<Self>) -> Result<Arc<Snapshot>, NoKey> {
        match self.step() {
            Step::Use(snapshot) => Ok(snapshot),
            Step::WaitFor(done) => {
                wait(done).await;
                self.usable().ok_or(NoKey)
            }
            Step::GiveUp => Err(NoKey),
        }
    }

    fn step(self: &Arc<Self>) -> Step {
        let now = (self.now)();
        let mut state = self.lock();
        let current = state.current.clone();
        let phase = current
            .as_ref()
            .map(|it| it.phase(now, self.policy.max_stale));
        match (current, phase) {
            (Some(snapshot), Some(Phase::Fresh)) => Step::Use(snapshot),
            (Some(snapshot), Some(Phase::Due)) => {
                self.fetch_unless_backing_off(&mut state, now);
                Step::Use(snapshot)
            }
            // The issuer was down a moment ago: don't let every request wait for it.
            (Some(snapshot), Some(Phase::Stale)) if state.failures > 0 => {
                self.fetch_unless_backing_off(&mut state, now);
                Step::Use(snapshot)
            }
            _ => match self.fetch_unless_backing_off(&mut state, now) {
                Some(done) => Step::WaitFor(done),
                None => Step::GiveUp,
            },
        }
    }

    /// Looks for keys newer than these, which lack a key id that a token names.
    fn newer_than(self: &Arc<Self>, seen: &Arc<Snapshot>) -> Step {
        let now = (self.now)();
        let mut state = self.lock();
        if let Some(current) = state.current.clone().filter(|it| !Arc::ptr_eq(it, seen)) {
            return Step::Use(current);
        }
        if let Some(done) = state.under_way() {
            return Step::WaitFor(done);
        }
        if state.is_backing_off(now) || !state.floor.take(now) {
            return Step::GiveUp;
        }
        Step::WaitFor(self.start_fetch(&mut state, now))
    }

    /// What stands there after a fetch, if it is not too old.
    fn usable(&self) -> Option<Arc<Snapshot>> {
        let now = (self.now)();
        let current = self.lock().current.clone();
        current.filter(|snapshot| snapshot.phase(now, self.policy.max_stale) != Phase::Dead)
    }

    fn fetch_unless_backing_off(
        self: &Arc<Self>,
        state: &mut State,
        now: SystemTime,
    ) -> Option<watch::Receiver<()>> {
        if let Some(done) = state.under_way() {
            return Some(done);
        }
        (!state.is_backing_off(now)).then(|| self.start_fetch(state, now))
    }

    fn start_fetch(self: &Arc<Self>, state: &mut State, now: SystemTime) -> watch::Receiver<()> {
        let (finished, done) = watch::channel(());
        state.in_flight = Some(done.clone());
        let known = state
            .discovered
            .as_ref()
            .filter(|(_, at)| {
                now.duration_since(*at)
                    .is_ok_and(|age| age < DISCOVERY_LIFETIME)
            })
            .map(|(uri, _)| uri.clone());
        let cache = Arc::clone(self);
        tokio::spawn(async move {
            let discovered_anew = known.is_none();
            // The age counts from before the question: the answer may be older than its arrival.
            let outcome = cache.fetcher.fetch(known).await;
            cache.settle(outcome, now, discovered_anew);
            drop(finished);
        });
        done
    }

    fn settle(
        &self,
        outcome: Result<Fetched, FetchError>,
        asked_at: SystemTime,
        discovered_anew: bool,
    ) {
        let now = (self.now)();
        let mut state = self.lock();
        state.in_flight = None;
        match outcome {
            Ok(Fetched {
                keys,
                jwks_uri,
                max_age,
            }) => {
                let lifetime = max_age
                    .unwrap_or(DEFAULT_LIFETIME)
                    .clamp(self.policy.min_lifetime, self.policy.max_lifetime);
                if keys.len() == 0 {
                    tracing::warn!(%jwks_uri, "the issuer publishes no key that could be used");
                }
                tracing::debug!(%jwks_uri, keys = keys.len(), ?lifetime, "keys fetched");
                if discovered_anew {
                    state.discovered = Some((jwks_uri, asked_at));
                }
                state.failures = 0;
                state.current = Some(Arc::new(Snapshot {
                    keys,
                    fetched_at: asked_at,
                    lifetime,
                }));
            }
            Err(error) => {
                tracing::warn!(%error, issuer = self.fetcher.issuer, "the issuer's keys cannot be fetched");
                state.failures = state.failures.saturating_add(1);
                state.failed_at = now;
                state.discovered = None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change of the state is complete by itself: a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The fetch under way. One whose task died is none.
    fn under_way(&self) -> Option<watch::Receiver<()>> {
        self.in_flight
            .clone()
            .filter(|done| done.has_changed().is_ok())
    }

    fn is_backing_off(&self, now: SystemTime) -> bool {
        if self.failures == 0 {
            return false;
        }
        let doubled = FIRST_BACKOFF.saturating_mul(1 << (self.failures - 1).min(16));
        now.duration_since(self.failed_at)
            .is_ok_and(|since| since < doubled.min(MAX_BACKOFF))
    }
}

/// Waits until the fetch is done: nothing is ever sent, the channel just closes.
async fn wait(mut done: watch::Receiver<()>) {
    let _ = done.changed().await;
}
