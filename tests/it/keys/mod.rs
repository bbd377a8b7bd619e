//! The signing keys over a real database, with two replicas where it matters.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use auth_api::foundation::cipher::KeyEncryptionKey;
use auth_api::foundation::secret::Secret;
use auth_api::keys::{Algorithm, KeySettings, KeyState, Keys, rotation};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

mod races;
mod replicas;
mod secrets;
mod tokens;

const TYP: &str = "at+jwt";

/// A moment `seconds` after the start of these tests' time.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
}

fn settings() -> KeySettings {
    KeySettings {
        rotation_interval: Duration::from_secs(10_000),
        publish_ahead: Duration::from_secs(2_000),
        jwks_max_age: Duration::from_mins(10),
        longest_token_ttl: Duration::from_hours(1),
        rsa_bits: 2048,
        hint_retention: Duration::from_secs(50_000),
    }
}

fn new_kek() -> Arc<KeyEncryptionKey> {
    Arc::new(KeyEncryptionKey::from_secret(&Secret::generate()).unwrap())
}

async fn replica(pool: &PgPool, kek: &Arc<KeyEncryptionKey>, now: i64) -> Keys {
    Keys::start(pool.clone(), kek.clone(), settings(), at(now))
        .await
        .unwrap()
}

async fn token(keys: &Keys, alg: Algorithm, now: i64) -> String {
    let claims = json!({ "sub": "someone", "exp": at(now + 3_600).unix_timestamp() });
    keys.sign(alg, TYP, &claims, at(now)).await.unwrap()
}

/// The key ids in the JWK set that a replica serves.
async fn served(keys: &Keys, now: i64) -> BTreeSet<String> {
    let document = keys.jwks(at(now)).await.unwrap();
    let document: Value = serde_json::from_slice(&document.bytes).unwrap();
    let kids = document["keys"].as_array().unwrap().iter();
    kids.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The key ids of `alg` in that state.
async fn kids(pool: &PgPool, alg: Algorithm, state: KeyState, now: i64) -> Vec<String> {
    let keys = rotation::list(pool, at(now)).await.unwrap();
    let keys = keys
        .into_iter()
        .filter(|(key, is)| key.alg == alg && *is == state);
    keys.map(|(key, _)| key.kid).collect()
}

fn kid_of(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}
