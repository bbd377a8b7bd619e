//! Making, rotating, withdrawing and deleting keys in the database. Several replicas may do it at
//! once: the decision is taken under a lock, on the keys that stand there then; the slow part, the
//! new key pair, is made before the lock and thrown away if another replica was faster.

use std::collections::BTreeMap;

use sqlx::{Connection as _, PgConnection, PgPool};
use time::OffsetDateTime;

use super::material::{self, KeyMaterial};
use super::model::{Algorithm, KeyState, SigningKey};
use super::schedule::{self, Lead, Plan};
use super::settings::KeySettings;
use super::{KeysError, server_secret, store};
use crate::foundation::cipher::{KeyEncryptionKey, row_identity};

/// The associated data of a private key at rest.
pub(super) fn private_key_identity(kid: &str) -> Vec<u8> {
    row_identity("signing_key", "private_key_sealed", kid)
}

/// Makes the first keys, and the successors that are due; tells which keys are new.
pub async fn ensure_keys(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
    settings: &KeySettings,
    now: OffsetDateTime,
) -> Result<Vec<SigningKey>, KeysError> {
    change(pool, kek, settings, now, |keys| {
        Ok(each(&Algorithm::ALL, |alg| {
            schedule::ensure(keys, alg, settings, now)
        }))
    })
    .await
}

/// Rotates by command: publishes a new key of `alg` (of all algorithms for `None`) that signs after
/// `lead`; tells which keys are new. A successor that waits already is brought forward instead.
///
/// Refuses a lead in which relying parties could not learn the key; [`Lead::Now`] is for
/// emergencies.
pub async fn rotate(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
    settings: &KeySettings,
    alg: Option<Algorithm>,
    lead: Lead,
    now: OffsetDateTime,
) -> Result<Vec<SigningKey>, KeysError> {
    let minimum = settings.minimum_lead();
    if matches!(lead, Lead::After(lead) if lead < minimum) {
        return Err(KeysError::LeadTooShort(minimum));
    }
    let algorithms = alg.map_or(Algorithm::ALL.to_vec(), |alg| vec![alg]);
    let mut observed: Option<Vec<Option<String>>> = None;
    change(pool, kek, settings, now, |keys| {
        let newest = |alg| schedule::newest(keys, alg).map(|key| key.kid.clone());
        let newest: Vec<Option<String>> = algorithms.iter().map(|alg| newest(*alg)).collect();
        let observed = observed.get_or_insert_with(|| newest.clone());
        // A replica that rotated meanwhile has done what was asked for.
        let unchanged = algorithms.iter().zip(observed.iter().zip(&newest));
        let unchanged: Vec<Algorithm> = unchanged
            .filter(|(_, (then, now))| then == now)
            .map(|(alg, _)| *alg)
            .collect();
        Ok(each(&unchanged, |alg| {
            schedule::rotate(keys, alg, settings, now, lead)
        }))
    })
    .await
}

/// Withdraws a key that may be known to others: it neither signs nor verifies from now on. Where it
/// was the newest, a replacement is made. Tells which keys are new.
pub async fn withdraw(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
    settings: &KeySettings,
    kid: &str,
    now: OffsetDateTime,
) -> Result<Vec<SigningKey>, KeysError> {
    let created = change(pool, kek, settings, now, |keys| {
        let unknown = || KeysError::UnknownKey(kid.to_owned());
        let key = keys.iter().find(|key| key.kid == kid).ok_or_else(unknown)?;
        let plan = schedule::withdraw(keys, kid, settings, now).ok_or_else(unknown)?;
        Ok(BTreeMap::from([(key.alg, plan)]))
    })
    .await?;
    tracing::warn!(kid, "signing key withdrawn");
    Ok(created)
}

/// Deletes the keys that verify nothing more, not even hints, and the private part of those that
/// verify hints alone; tells how many are gone.
pub async fn clean_up(
    pool: &PgPool,
    settings: &KeySettings,
    now: OffsetDateTime,
) -> Result<u64, KeysError> {
    let forgotten_until = now - settings.hint_retention;
    let mut conn = pool.acquire().await?;
    let mut transaction = conn.begin().await?;
    // Whoever seals all keys anew must not bring a private part back.
    store::lock(&mut transaction).await?;
    let gone = store::delete_removed(&mut transaction, now, forgotten_until).await?;
    transaction.commit().await?;
    Ok(gone)
}

/// All keys in the database with their state at `now`: for `auth-api keys list`.
pub async fn list(
    pool: &PgPool,
    now: OffsetDateTime,
) -> Result<Vec<(SigningKey, KeyState)>, KeysError> {
    let stored = store::all(&mut *pool.acquire().await?).await?;
    Ok(stored
        .into_iter()
        .map(|row| (row.key.state(now), row.key))
        .map(|(s, k)| (k, s))
        .collect())
}

type Plans = BTreeMap<Algorithm, Plan>;

fn each(algorithms: &[Algorithm], plan: impl Fn(Algorithm) -> Plan) -> Plans {
    algorithms
        .iter()
        .map(|alg| (*alg, plan(*alg)))
        .filter(|(_, plan)| !plan.is_empty())
        .collect()
}

/// Decides with `plan`, makes the key pairs that it asks for, decides again under the lock and
/// carries that out. It ends: each round makes the pair of at least one more algorithm.
async fn change(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
    settings: &KeySettings,
    now: OffsetDateTime,
    mut plan: impl FnMut(&[SigningKey]) -> Result<Plans, KeysError>,
) -> Result<Vec<SigningKey>, KeysError> {
    let mut made: BTreeMap<Algorithm, KeyMaterial> = BTreeMap::new();
    let mut plans = plan(&keys(&mut *pool.acquire().await?).await?)?;
    loop {
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        for alg in missing(&plans, &made) {
            made.insert(alg, material::generate(alg, settings.rsa_bits).await?);
        }
        let mut conn = pool.acquire().await?;
        let mut transaction = conn.begin().await?;
        store::lock(&mut transaction).await?;
        // Nothing is sealed with a key-encryption key that was replaced meanwhile.
        server_secret::check_kek(&mut transaction, kek).await?;
        plans = plan(&keys(&mut transaction).await?)?;
        if missing(&plans, &made).is_empty() {
            let created = carry_out(&mut transaction, kek, &plans, &mut made, now).await?;
            transaction.commit().await?;
            return Ok(created);
        }
        transaction.rollback().await?;
    }
}

async fn keys(conn: &mut PgConnection) -> Result<Vec<SigningKey>, KeysError> {
    Ok(store::all(conn)
        .await?
        .into_iter()
        .map(|stored| stored.key)
        .collect())
}

fn missing(plans: &Plans, made: &BTreeMap<Algorithm, KeyMaterial>) -> Vec<Algorithm> {
    let wanted = plans
        .iter()
        .filter(|(alg, plan)| plan.create.is_some() && !made.contains_key(alg));
    wanted.map(|(alg, _)| *alg).collect()
}

async fn carry_out(
    conn: &mut PgConnection,
    kek: &KeyEncryptionKey,
    plans: &Plans,
    made: &mut BTreeMap<Algorithm, KeyMaterial>,
    now: OffsetDateTime,
) -> Result<Vec<SigningKey>, KeysError> {
    let mut created = Vec::new();
    for (alg, plan) in plans {
        // Before the new one: the index allows one key without a successor.
        for moved in &plan.moved {
            store::set_times(conn, moved).await?;
        }
        let Some(activates_at) = plan.create else {
            continue;
        };
        let Some(material) = made.remove(alg) else {
            continue;
        };
        let sealed = kek.seal(&private_key_identity(&material.kid), &material.pkcs8);
        let key = SigningKey {
            kid: material.kid,
            alg: *alg,
            public_jwk: material.public_jwk,
            created_at: now,
            activates_at,
            retires_at: None,
            removes_at: None,
            withdrawn_at: None,
        };
        store::insert(conn, &key, &sealed).await?;
        tracing::info!(kid = key.kid, %alg, %activates_at, "new signing key");
        created.push(key);
    }
    Ok(created)
}
