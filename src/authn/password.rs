//! Password hashes: Argon2id, and bcrypt where a seed database brought it.
//!
//! An attempt costs one Argon2id hash, whether there is such an account or not. As long as the
//! database holds bcrypt hashes, a wrong password costs as many rounds of bcrypt besides as the most
//! expensive of them, for every account and for none: else whoever measures would learn which
//! addresses have an account that is old. Above [`MOST_PADDED`], the difference shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use sqlx::PgExecutor;
use unicode_normalization::UnicodeNormalization as _;

use super::argon::{self, Memory};
use super::hashing::HashingThreads;
use crate::foundation::secret::{Secret, random_bytes};

/// Longest password looked at, in bytes as it was typed. In NFKC, what has so many bytes may be as
/// short as [`MAX_CHARACTERS`], and never shorter: no character has more than four in its canonical
/// decomposition, none more than four bytes.
///
/// [`MAX_CHARACTERS`]: super::password_policy::MAX_CHARACTERS
pub const MAX_BYTES: usize = super::password_policy::MAX_CHARACTERS * 4 * 4;

/// The highest bcrypt cost that every refused attempt is made to pay: a quarter of a second. More
/// would hand strangers a lever.
pub const MOST_PADDED: u32 = 12;

/// bcrypt's least cost.
const LEAST_COST: u32 = 4;

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    threads: Arc<HashingThreads>,
    /// The highest bcrypt cost in the database; 0 if there is none.
    bcrypt_cost: Arc<AtomicU32>,
}

/// The hash of no password: verified when the account does not exist, so that both answers take the
/// same time; and kept where nobody has a password yet. Written down: computing one would take a third
/// of the time in which the server starts.
pub const NOBODYS: &str = DECOY;

const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZGVjb3ktb2Ytbm9ib2R5$bm9ib2R5LWhhcy10aGlzLXBhc3N3b3JkLXRoZXJlZm8";

/// What a verification found.
#[derive(Debug, Clone)]
pub enum Verified {
    /// The password is right.
    Match,
    /// The password is right and its hash is of an older kind: store this one instead.
    MatchRehash(Secret),
    /// The password is wrong.
    Mismatch,
}

/// The hashing threads could not serve the request.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many sign-ins wait already: answer 503 with `Retry-After`.
    #[error("too many passwords wait to be hashed")]
    Overloaded,
    /// More than [`MAX_BYTES`].
    #[error("the password has more than {MAX_BYTES} bytes")]
    TooLong,
    /// Hashing itself failed.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

impl Passwords {
    /// # Errors
    /// When Argon2id cannot run here at all.
    pub fn new() -> Result<Self, PasswordError> {
        params()?;
        Ok(Self {
            threads: Arc::new(HashingThreads::start()?),
            bcrypt_cost: Arc::default(),
        })
    }

    /// Looks which bcrypt hashes the database holds: at the start. Reads all of `users`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn learn_costs(&self, db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
        let cost = sqlx::query_scalar!(
            r#"
            SELECT max(substr(password_hash, 5, 2)::integer) FROM users
            WHERE password_hash ~ '^\$2[aby]\$[0-9]{2}\$'
            "#
        )
        .fetch_one(db)
        .await?;
        let cost = cost.and_then(|cost| u32::try_from(cost).ok()).unwrap_or(0);
        self.bcrypt_cost
            .store(cost.min(MOST_PADDED), Ordering::Relaxed);
        Ok(())
    }

    /// The bcrypt cost that every refusal is made to pay; 0 for none.
    pub fn padded_to(&self) -> u32 {
        self.bcrypt_cost.load(Ordering::Relaxed)
    }

    /// Looks again, if there were any: they vanish as people sign in. New ones are learned as they
    /// are met.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn learn_fewer_costs(&self, db: impl PgExecutor<'_>) -> Result<(), sqlx::Error> {
        if self.padded_to() == 0 {
            return Ok(());
        }
        self.learn_costs(db).await
    }

    /// The Argon2id hash of a password, in PHC string format.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub async fn hash(&self, password: Secret) -> Result<Secret, PasswordError> {
        self.hash_salted(password, random_bytes()).await
    }

    /// The same with a salt of the caller's: whoever has two of the same salt sees whether they are of
    /// one password. A salt must be no other account's (RFC 9106, section 3.1), and need not be secret.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub async fn hash_salted(
        &self,
        password: Secret,
        salt: [u8; 16],
    ) -> Result<Secret, PasswordError> {
        if password.expose().len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        let work = move |memory: &mut Memory| hash_now(memory, &password, &salt);
        self.threads.run(work).await
    }

    /// Compares a password with a stored hash; `None` compares with a decoy and never matches.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub async fn verify(
        &self,
        password: Secret,
        stored: Option<Secret>,
    ) -> Result<Verified, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| Secret::new(DECOY));
        if let Some(cost) = bcrypt_cost(&stored) {
            self.bcrypt_cost
                .fetch_max(cost.min(MOST_PADDED), Ordering::Relaxed);
        }
        let bcrypt = self.padded_to();
        let work = move |memory: &mut Memory| verify_now(memory, &password, &stored, bcrypt);
        let verified = self.threads.run(work).await?;
        Ok(if known { verified } else { Verified::Mismatch })
    }
}

/// NFKC, so that the same password typed on two keyboards is the same (RFC 8265, section 4.2 uses
/// the stricter OpaqueString; NIST SP 800-63B, section 5.1.1.2, allows NFKC).
pub(super) fn normalised(password: &Secret) -> Secret {
    Secret::new(password.expose().nfkc().collect::<String>())
}

/// Argon2id with 19 MiB, two passes, one lane: OWASP's first recommendation, about 26 ms here.
fn params() -> Result<Params, PasswordError> {
    Params::new(19 * 1024, 2, 1, None).map_err(|error| PasswordError::Failed(error.to_string()))
}

fn hash_now(
    memory: &mut Memory,
    password: &Secret,
    salt: &[u8; 16],
) -> Result<Secret, PasswordError> {
    let password = normalised(password);
    let hash = argon::hash(memory, password.expose().as_bytes(), salt, params()?)
        .map_err(|error| PasswordError::Failed(error.to_string()))?;
    Ok(Secret::new(hash.to_string()))
}

/// `most`: the bcrypt cost that a refusal is worth, 0 for none.
fn verify_now(
    memory: &mut Memory,
    password: &Secret,
    stored: &Secret,
    most: u32,
) -> Result<Verified, PasswordError> {
    if let Some(cost) = bcrypt_cost(stored) {
        // bcrypt saw the password as it was typed, not normalised, and cut it at 72 bytes.
        if let Ok(true) = bcrypt::verify(password.expose(), stored.expose()) {
            return Ok(Verified::MatchRehash(hash_now(
                memory,
                password,
                &random_bytes(),
            )?));
        }
        verify_argon(memory, password, DECOY);
        waste_bcrypt(password, cost, most);
        return Ok(Verified::Mismatch);
    }
    if verify_argon(memory, password, stored.expose()) {
        return Ok(Verified::Match);
    }
    if most >= LEAST_COST {
        let _ = bcrypt::hash_with_salt(password.expose(), LEAST_COST, random_bytes());
        waste_bcrypt(password, LEAST_COST, most);
    }
    Ok(Verified::Mismatch)
}

/// A hash that cannot be read is one that nobody can match: the account needs a reset.
fn verify_argon(memory: &mut Memory, password: &Secret, stored: &str) -> bool {
    PasswordHash::new(stored).is_ok_and(|stored| {
        argon::verify(memory, normalised(password).expose().as_bytes(), &stored) == Ok(true)
    })
}

/// The cost of a bcrypt hash; `None` for any other.
fn bcrypt_cost(stored: &Secret) -> Option<u32> {
    let (version, rest) = stored.expose().strip_prefix("$2")?.split_once('$')?;
    let (cost, _) = rest.split_once('$')?;
    (["a", "b", "y"].contains(&version)).then(|| cost.parse().unwrap_or(0))
}

/// After one bcrypt of cost `paid`, as much again as makes one of cost `most`: each cost is worth
/// all those below it and one more of the least.
fn waste_bcrypt(password: &Secret, paid: u32, most: u32) {
    for cost in paid.max(LEAST_COST)..most {
        let _ = bcrypt::hash_with_salt(password.expose(), cost, random_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_decoy_costs_what_a_password_costs() {
        let mut memory = Memory::default();
        let cost = |hash: &str| Params::try_from(&PasswordHash::new(hash).unwrap()).unwrap();
        let hash = hash_now(&mut memory, &Secret::generate(), &random_bytes()).unwrap();
        assert_eq!(cost(DECOY), cost(hash.expose()));
        let decoy = PasswordHash::new(DECOY).unwrap();
        assert_eq!(argon::verify(&mut memory, b"any", &decoy), Ok(false));
    }

    #[tokio::test]
    async fn verifies_argon2id_and_bcrypt_and_never_a_decoy() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(Secret::new("Ａngström")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verify = |password: &str, stored| passwords.verify(Secret::new(password), stored);
        assert!(matches!(
            verify("Angström", Some(hash.clone())).await,
            Ok(Verified::Match)
        ));
        assert!(matches!(
            verify("angström", Some(hash)).await,
            Ok(Verified::Mismatch)
        ));
        assert!(matches!(verify("any", None).await, Ok(Verified::Mismatch)));
        for prefix in ["$2a$", "$2b$", "$2y$"] {
            let old = bcrypt::hash("secret", 4).unwrap().replace("$2b$", prefix);
            let found = verify("secret", Some(Secret::new(old.clone())))
                .await
                .unwrap();
            assert!(matches!(found, Verified::MatchRehash(_)), "{prefix}");
            assert!(matches!(
                verify("Secret", Some(Secret::new(old))).await,
                Ok(Verified::Mismatch)
            ));
        }
        assert!(matches!(
            verify("x", Some(Secret::new("rubbish"))).await,
            Ok(Verified::Mismatch)
        ));
    }
    /// In processor time of this thread, which what else the machine does leaves alone.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_refusal_costs_the_same_whatever_the_account_has() {
        let mut memory = Memory::default();
        let password = Secret::new("wrong");
        let bcrypt = |cost| bcrypt::hash("right", cost).unwrap();
        let argon = hash_now(&mut memory, &Secret::new("right"), &random_bytes()).unwrap();
        let stored = [
            argon,
            Secret::new(DECOY),
            Secret::new(bcrypt(10)),
            Secret::new(bcrypt(8)),
            Secret::new(bcrypt(4)),
        ];
        let mut least = [Duration::MAX; 5];
        for _ in 0..5 {
            for (stored, least) in stored.iter().zip(&mut least) {
                let before = thread_time();
                let found = verify_now(&mut memory, &password, stored, 10).unwrap();
                *least = (*least).min(thread_time().saturating_sub(before));
                assert!(matches!(found, Verified::Mismatch));
            }
        }
        let (min, max) = (least.iter().min().unwrap(), least.iter().max().unwrap());
        assert!(max.as_secs_f64() < min.as_secs_f64() * 1.1, "{least:?}");
        // Where there is no bcrypt at all, none is paid for.
        let before = thread_time();
        verify_now(&mut memory, &password, &stored[0], 0).unwrap();
        assert!(
            thread_time().saturating_sub(before) < *min * 3 / 4,
            "{least:?}"
        );
    }

    #[cfg(target_os = "linux")]
    fn thread_time() -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap()
    }
}
