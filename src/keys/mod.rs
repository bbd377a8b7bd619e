//! The server's signing keys: made, rotated and withdrawn in the database, read into memory by
//! every replica, and used to sign and verify its tokens.
//!
//! `model` and `schedule` decide, purely; `store` and `rotation` change the database; [`Keys`] is
//! the handle that the rest of the server holds.

use std::fmt;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::sync::{Mutex, OnceCell};
use zeroize::Zeroizing;

use self::reload::LastReading;
use self::snapshot::Snapshot;
use self::workers::SigningThreads;
use crate::foundation::cipher::{CipherError, KeyEncryptionKey};

mod jwks;
mod material;
pub mod model;
pub mod reencrypt;
mod reload;
pub mod rotation;
pub mod schedule;
mod server_secret;
pub mod settings;
mod sign;
mod signer;
mod snapshot;
mod store;
mod verify;
mod workers;

pub use self::jwks::JwksDocument;
pub use self::model::{Algorithm, KeyState, SigningKey};
pub use self::schedule::Lead;
pub use self::settings::{KeySettings, KeySettingsError};
pub use self::verify::{VerifiedClaims, VerifyError};

/// Why keys could not be had, changed or used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database failed.
    #[error("the database of the signing keys: {0}")]
    Database(#[from] sqlx::Error),
    /// The settings don't fit together.
    #[error(transparent)]
    Settings(#[from] KeySettingsError),
    /// The database was sealed with another key-encryption key.
    #[error(
        "the key-encryption key read from {origin} is not the one that sealed this database. Give \
         the server the right key (restore the file from its backup, or mount the one that the \
         other replicas use); nothing was changed. If the key was meant to change, run \
         `auth-api keys reencrypt` with the old key first"
    )]
    WrongKeyEncryptionKey {
        /// The file or setting that the key was read from.
        origin: String,
    },
    /// A row that does not open although the key-encryption key is right.
    #[error("{what} in the database cannot be opened: {source}")]
    Sealed {
        /// Which row.
        what: String,
        /// What the cipher said.
        source: CipherError,
    },
    /// A row that is not what this server writes.
    #[error("{0} in the database is malformed")]
    Malformed(String),
    /// No key pair could be made.
    #[error("no {0} key could be made")]
    Generate(Algorithm),
    /// The signature failed.
    #[error("signing with {0} failed")]
    Sign(Algorithm),
    /// There is no key of that algorithm.
    #[error("there is no {0} key to sign with")]
    NoKey(Algorithm),
    /// Too many signatures are waiting: answer 503.
    #[error("too many signatures are waiting")]
    Busy,
    /// The claims could not be written as JSON.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(serde_json::Error),
    /// The threads for signing could not be started.
    #[error("the threads for signing could not be started: {0}")]
    Threads(io::Error),
    /// A rotation by command that others could not follow.
    #[error(
        "a new key must be published for at least {0:?} before it signs, or clients will not know \
         it; in an emergency rotate now, without a lead"
    )]
    LeadTooShort(Duration),
    /// No such key.
    #[error("there is no signing key {0}")]
    UnknownKey(String),
}

/// The handle to the signing keys; cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    pool: PgPool,
    kek: Arc<KeyEncryptionKey>,
    settings: KeySettings,
    snapshot: RwLock<Arc<Snapshot>>,
    last_reading: Arc<Mutex<LastReading>>,
    threads: SigningThreads,
    pairwise_salt: OnceCell<Zeroizing<[u8; 32]>>,
}

impl Keys {
    /// Checks the key-encryption key against the database, makes the keys that are missing and
    /// reads them all.
    pub async fn start(
        pool: PgPool,
        kek: Arc<KeyEncryptionKey>,
        settings: KeySettings,
        now: OffsetDateTime,
    ) -> Result<Self, KeysError> {
        settings.check()?;
        server_secret::check_kek(&mut *pool.acquire().await?, &kek).await?;
        rotation::ensure_keys(&pool, &kek, &settings, now).await?;
        let snapshot = Snapshot::load(&pool, &kek, &settings, None, now).await?;
        Ok(Self(Arc::new(Inner {
            pool,
            kek,
            settings,
            snapshot: RwLock::new(Arc::new(snapshot)),
            last_reading: Arc::new(Mutex::new(LastReading::done(now))),
            threads: SigningThreads::start().map_err(KeysError::Threads)?,
            pairwise_salt: OnceCell::new(),
        })))
    }

    /// What the job does every minute or so: successors that are due, removed keys deleted.
    pub async fn tick(&self, now: OffsetDateTime) -> Result<(), KeysError> {
        rotation::ensure_keys(&self.0.pool, &self.0.kek, &self.0.settings, now).await?;
        rotation::clean_up(&self.0.pool, &self.0.settings, now).await?;
        self.reload(now).await
    }

    /// Rotates by command, see [`rotation::rotate`]; this replica follows at once.
    pub async fn rotate(
        &self,
        alg: Option<Algorithm>,
        lead: Lead,
        now: OffsetDateTime,
    ) -> Result<Vec<SigningKey>, KeysError> {
        let Inner {
            pool,
            kek,
            settings,
            ..
        } = &*self.0;
        let created = rotation::rotate(pool, kek, settings, alg, lead, now).await?;
        self.reload(now).await?;
        Ok(created)
    }

    /// Withdraws a key in an emergency, see [`rotation::withdraw`]; this replica follows at once.
    pub async fn withdraw(
        &self,
        kid: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<SigningKey>, KeysError> {
        let Inner {
            pool,
            kek,
            settings,
            ..
        } = &*self.0;
        let created = rotation::withdraw(pool, kek, settings, kid, now).await?;
        self.reload(now).await?;
        Ok(created)
    }

    /// The secret from which pairwise subject identifiers are computed (OpenID Connect Core 1.0,
    /// section 8.1). It is made once and never changes: every `sub` would.
    pub async fn pairwise_salt(&self) -> Result<&[u8; 32], KeysError> {
        let Inner {
            pool,
            kek,
            pairwise_salt,
            ..
        } = &*self.0;
        let salt = pairwise_salt.get_or_try_init(|| server_secret::pairwise_salt(pool, kek));
        Ok(salt.await?)
    }

    /// Makes sure, until the transaction ends, that what this replica seals for good is sealed with
    /// the key-encryption key of the database: nothing is where another one has replaced it.
    pub async fn hold_key_encryption_key(&self, conn: &mut PgConnection) -> Result<(), KeysError> {
        store::lock_shared(conn).await?;
        server_secret::check_kek(conn, &self.0.kek).await
    }

    /// The key-encryption key, for other values that are sealed at rest.
    pub fn key_encryption_key(&self) -> &KeyEncryptionKey {
        &self.0.kek
    }

    /// How keys follow one another.
    pub fn settings(&self) -> &KeySettings {
        &self.0.settings
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.0
            .snapshot
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}
