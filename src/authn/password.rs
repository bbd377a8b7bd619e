//! Password hashes: Argon2id, and bcrypt where a seed database brought it. Hashing runs on its own
//! bounded threads, so that a flood of sign-ins queues instead of starving every other endpoint.

use std::sync::Arc;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use super::argon;
use crate::foundation::secret::{Secret, random_bytes};

/// Longest password accepted, in bytes.
pub const MAX_BYTES: usize = 1024;

/// How many sign-ins may wait for a hashing thread before new ones are turned away.
const MAX_WAITING: usize = 64;

/// Hashes and verifies passwords.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// Verified when the account does not exist, so that both answers take the same time. Nobody's hash,
/// written down: computing one would take a third of the time in which the server starts.
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
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            running: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
        })
    }

    /// The Argon2id hash of a password, in PHC string format.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub async fn hash(&self, password: Secret) -> Result<Secret, PasswordError> {
        if password.expose().len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        self.run(move || hash_now(&password)).await
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
        let verified = self.run(move || verify_now(&password, &stored)).await?;
        Ok(if known { verified } else { Verified::Mismatch })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self
            .waiting
            .try_acquire()
            .map_err(|_| PasswordError::Overloaded)?;
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|error| PasswordError::Failed(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _running = running;
            work()
        })
        .await
        .map_err(|error| PasswordError::Failed(error.to_string()))?
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

fn hash_now(password: &Secret) -> Result<Secret, PasswordError> {
    let password = normalised(password);
    let hash = argon::hash(
        password.expose().as_bytes(),
        &random_bytes::<16>(),
        params()?,
    )
    .map_err(|error| PasswordError::Failed(error.to_string()))?;
    Ok(Secret::new(hash.to_string()))
}

fn verify_now(password: &Secret, stored: &Secret) -> Result<Verified, PasswordError> {
    if is_bcrypt(stored) {
        return verify_bcrypt(password, stored);
    }
    // A hash that cannot be read is one that nobody can match: the account needs a reset.
    let Ok(parsed) = PasswordHash::new(stored.expose()) else {
        return Ok(Verified::Mismatch);
    };
    Ok(
        match argon::verify(normalised(password).expose().as_bytes(), &parsed) {
            Ok(true) => Verified::Match,
            Ok(false) | Err(_) => Verified::Mismatch,
        },
    )
}

fn is_bcrypt(stored: &Secret) -> bool {
    ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| stored.expose().starts_with(prefix))
}

/// bcrypt saw the password as it was typed, not normalised, and cut it at 72 bytes.
fn verify_bcrypt(password: &Secret, stored: &Secret) -> Result<Verified, PasswordError> {
    match bcrypt::verify(password.expose(), stored.expose()) {
        Ok(true) => Ok(Verified::MatchRehash(hash_now(password)?)),
        Ok(false) | Err(_) => Ok(Verified::Mismatch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoy_costs_what_a_password_costs() {
        let cost = |hash: &str| Params::try_from(&PasswordHash::new(hash).unwrap()).unwrap();
        let hash = hash_now(&Secret::generate()).unwrap();
        assert_eq!(cost(DECOY), cost(hash.expose()));
        let decoy = PasswordHash::new(DECOY).unwrap();
        assert_eq!(argon::verify(b"any", &decoy), Ok(false));
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
}
