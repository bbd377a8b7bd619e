//! The keys that verify a client's assertions: registered with it, or fetched from its `jwks_uri`.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration as StdDuration;

use moka::sync::Cache;
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use tracing::Instrument as _;

use super::assertion::{Assertion, Claims};
use crate::clients::documents::Documents;
use crate::clients::jwk::PublicJwkSet;
use crate::clients::metadata::ClientMetadata;

/// How long fetched keys are used before they are fetched again.
const FRESH_FOR: Duration = Duration::minutes(10);
/// How long fetched keys are used while they cannot be fetched again.
const USABLE_FOR: Duration = Duration::hours(1);
/// The least time between two fetches of one address: an assertion with a made-up key identifier
/// costs anybody nothing, so it may not cost a fetch each time.
const FETCH_FLOOR: Duration = Duration::seconds(10);
/// The most addresses whose keys are kept.
const CAPACITY: u64 = 1_000;

/// Verifies assertions with the clients' keys.
#[derive(Debug)]
pub struct ClientKeys {
    documents: Documents,
    fetched: Cache<String, Arc<Source>>,
}

/// One `jwks_uri`.
#[derive(Debug, Default)]
struct Source {
    state: RwLock<State>,
    /// Held while fetching, so that many requests cause one fetch.
    fetching: Arc<Mutex<()>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    keys: Arc<PublicJwkSet>,
    fetched_at: Option<OffsetDateTime>,
    attempted_at: Option<OffsetDateTime>,
}

impl ClientKeys {
    pub fn new(documents: Documents) -> Self {
        let fetched = Cache::builder()
            .max_capacity(CAPACITY)
            .time_to_idle(StdDuration::from_hours(1))
            .build();
        Self { documents, fetched }
    }

    /// The assertion's claims, if a key of the client verifies its signature.
    pub async fn verify(
        &self,
        metadata: &ClientMetadata,
        assertion: &Assertion<'_>,
        now: OffsetDateTime,
    ) -> Option<Claims> {
        let Some(uri) = &metadata.jwks_uri else {
            return verify_with(metadata.jwks.as_ref()?, assertion);
        };
        let source = self.fetched.get_with_by_ref(uri, Arc::default);
        let mut state = source.read();
        if !state.is_fresh(now) {
            state = source.refresh(uri, &self.documents, now).await;
        }
        if let Some(claims) = verify_with(state.usable(now)?, assertion) {
            return Some(claims);
        }
        // The client may have changed its keys since: fetch once more, unless that was just done.
        let newer = source.refresh(uri, &self.documents, now).await;
        if newer.fetched_at == state.fetched_at {
            return None;
        }
        verify_with(newer.usable(now)?, assertion)
    }
}

fn verify_with(keys: &PublicJwkSet, assertion: &Assertion<'_>) -> Option<Claims> {
    assertion.verify(&keys.candidates(assertion.key_id.as_deref(), assertion.algorithm))
}

impl State {
    fn is_fresh(&self, now: OffsetDateTime) -> bool {
        self.fetched_at.is_some_and(|at| now < at + FRESH_FOR)
    }

    fn usable(&self, now: OffsetDateTime) -> Option<&PublicJwkSet> {
        self.fetched_at
            .is_some_and(|at| now < at + USABLE_FOR)
            .then_some(&*self.keys)
    }

    fn may_fetch(&self, now: OffsetDateTime) -> bool {
        self.attempted_at.is_none_or(|at| now >= at + FETCH_FLOOR)
    }
}

impl Source {
    fn read(&self) -> State {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Fetches the keys, unless that was tried a moment ago, and returns what is known then.
    async fn refresh(
        self: &Arc<Self>,
        uri: &str,
        documents: &Documents,
        now: OffsetDateTime,
    ) -> State {
        let one_at_a_time = Arc::clone(&self.fetching).lock_owned().await;
        if !self.read().may_fetch(now) {
            return self.read();
        }
        let (source, uri, documents) = (Arc::clone(self), uri.to_owned(), documents.clone());
        // A task of its own: the request ends with its connection, and anybody who knows a client's
        // identifier may send one. Hanging up again and again would use up every fetch, and the
        // client's new keys would never be seen.
        let fetch = async move {
            source.fetch(&uri, &documents, now).await;
            drop(one_at_a_time);
        };
        if let Err(error) = tokio::spawn(fetch.in_current_span()).await {
            tracing::error!(%error, "fetching a client's keys ended early");
        }
        self.read()
    }

    async fn fetch(&self, uri: &str, documents: &Documents, now: OffsetDateTime) {
        self.write(|state| state.attempted_at = Some(now));
        let document = documents.get(uri).await;
        match document.as_ref().map(PublicJwkSet::from_document) {
            Ok(Some(keys)) => self.write(|state| {
                state.keys = Arc::new(keys);
                state.fetched_at = Some(now);
            }),
            Ok(None) => tracing::info!(%uri, "a client's jwks_uri holds no JWK Set"),
            Err(error) => tracing::info!(%uri, %error, "a client's jwks_uri cannot be fetched"),
        }
    }
}
