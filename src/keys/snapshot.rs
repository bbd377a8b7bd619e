//! A replica's copy of the keys: parsed once, used until the next reading.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::jwks::KeySet;
use super::model::{self, Algorithm, SigningKey};
use super::rotation::private_key_identity;
use super::settings::KeySettings;
use super::signer::PrivateKey;
use super::store::{self, StoredKey};
use super::{KeysError, server_secret};
use crate::foundation::cipher::KeyEncryptionKey;

/// A key ready for use.
pub(super) struct LoadedKey {
    pub key: SigningKey,
    pub private: Arc<PrivateKey>,
    pub public: Arc<DecodingKey>,
}

/// A key whose private part is gone.
struct RemovedKey {
    key: SigningKey,
    public: DecodingKey,
}

/// What a signature is verified with.
#[derive(Clone, Copy)]
pub(super) struct Verifier<'k> {
    pub alg: Algorithm,
    pub key: &'k DecodingKey,
}

/// The keys as they stood in the database at `loaded_at`.
pub(super) struct Snapshot {
    pub loaded_at: OffsetDateTime,
    keys: Vec<LoadedKey>,
    /// Apart from the others: they verify hints and nothing else.
    removed: Vec<RemovedKey>,
    hint_retention: Duration,
    key_set: Mutex<Arc<KeySet>>,
}

impl Snapshot {
    /// Reads the keys; takes what is parsed already from the `old` copy.
    pub async fn load(
        pool: &PgPool,
        kek: &KeyEncryptionKey,
        settings: &KeySettings,
        old: Option<&Snapshot>,
        now: OffsetDateTime,
    ) -> Result<Self, KeysError> {
        let stored = store::all(&mut *pool.acquire().await?).await?;
        let hint_retention = settings.hint_retention;
        let mut keys = Vec::with_capacity(stored.len());
        let mut removed = Vec::new();
        for row in stored {
            if !row.key.is_published(now) {
                if row.key.verifies_hints(hint_retention, now) {
                    let public = public_part(&row.key)?;
                    removed.push(RemovedKey {
                        key: row.key,
                        public,
                    });
                }
                continue;
            }
            let known = old.and_then(|old| old.keys.iter().find(|old| old.key.kid == row.key.kid));
            keys.push(match known {
                Some(known) => LoadedKey {
                    key: row.key,
                    private: known.private.clone(),
                    public: known.public.clone(),
                },
                None => parse(kek, row)?,
            });
        }
        // RS256 first: a client that looks at one key only looks at the first.
        keys.sort_by(|a, b| {
            let order = |key: &SigningKey| (key.alg, key.activates_at);
            order(&a.key)
                .cmp(&order(&b.key))
                .then_with(|| a.key.kid.cmp(&b.key.kid))
        });
        let key_set = Mutex::new(Arc::new(KeySet::build(published(&keys, now))?));
        Ok(Self {
            loaded_at: now,
            keys,
            removed,
            hint_retention,
            key_set,
        })
    }

    /// The key that signs with `alg`.
    pub fn signing(&self, alg: Algorithm, now: OffsetDateTime) -> Option<&LoadedKey> {
        let chosen = model::signing_key(self.keys.iter().map(|loaded| &loaded.key), alg, now)?;
        self.keys.iter().find(|loaded| loaded.key.kid == chosen.kid)
    }

    /// The key of that id that verifies access tokens: a published one.
    pub fn for_tokens(&self, kid: &str, now: OffsetDateTime) -> Option<Verifier<'_>> {
        let loaded = self
            .keys
            .iter()
            .find(|loaded| loaded.key.kid == kid && loaded.key.is_published(now))?;
        Some(Verifier {
            alg: loaded.key.alg,
            key: &loaded.public,
        })
    }

    /// The key of that id that verifies an `id_token_hint`: also one that was removed.
    pub fn for_hints(&self, kid: &str, now: OffsetDateTime) -> Option<Verifier<'_>> {
        let loaded = self
            .keys
            .iter()
            .map(|loaded| (&loaded.key, &*loaded.public));
        let removed = self
            .removed
            .iter()
            .map(|removed| (&removed.key, &removed.public));
        let (found, key) = loaded.chain(removed).find(|(key, _)| key.kid == kid)?;
        let verifies = found.verifies_hints(self.hint_retention, now);
        verifies.then_some(Verifier {
            alg: found.alg,
            key,
        })
    }

    /// The JWK set at `now`; built anew only when a key has left it.
    pub fn key_set(&self, now: OffsetDateTime) -> Result<Arc<KeySet>, KeysError> {
        let mut key_set = self.key_set.lock().unwrap_or_else(PoisonError::into_inner);
        if key_set.changes_at.is_some_and(|at| at <= now) {
            *key_set = Arc::new(KeySet::build(published(&self.keys, now))?);
        }
        Ok(key_set.clone())
    }
}

fn public_part(key: &SigningKey) -> Result<DecodingKey, KeysError> {
    DecodingKey::from_jwk(&key.public_jwk)
        .map_err(|_| KeysError::Malformed(format!("signing key {}", key.kid)))
}

fn published(keys: &[LoadedKey], now: OffsetDateTime) -> impl Iterator<Item = &SigningKey> {
    keys.iter()
        .map(|loaded| &loaded.key)
        .filter(move |key| key.is_published(now))
}

fn parse(kek: &KeyEncryptionKey, row: StoredKey) -> Result<LoadedKey, KeysError> {
    let StoredKey {
        key,
        private_key_sealed,
    } = row;
    let what = || format!("signing key {}", key.kid);
    let pkcs8 = kek
        .open(&private_key_identity(&key.kid), &private_key_sealed)
        .map_err(|source| server_secret::sealed(what(), source))?;
    let private = PrivateKey::from_pkcs8(key.alg, &pkcs8);
    let private = private.ok_or_else(|| KeysError::Malformed(what()))?;
    Ok(LoadedKey {
        private: Arc::new(private),
        public: Arc::new(public_part(&key)?),
        key,
    })
}
