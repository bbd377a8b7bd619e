//! The server's own secrets in `server_secret`: the check value of the key-encryption key and the
//! pairwise salt.

use sqlx::{Connection as _, PgConnection, PgPool};
use zeroize::Zeroizing;

use super::{KeysError, store};
use crate::foundation::cipher::{CipherError, KeyEncryptionKey, row_identity};
use crate::foundation::secret::random_bytes;

const KEK_CHECK: &str = "kek_check";
const PAIRWISE_SALT: &str = "pairwise_salt";
/// What the check value says; its sealing is what matters.
const KEK_CHECK_PLAIN: &[u8] = b"auth-api key-encryption key";

/// The associated data of a secret at rest.
pub(super) fn secret_identity(name: &str) -> Vec<u8> {
    row_identity("server_secret", "value_sealed", name)
}

/// An error about a row that does not open.
pub(super) fn sealed(what: String, source: CipherError) -> KeysError {
    KeysError::Sealed { what, source }
}

/// Checks that this is the key-encryption key that the database was sealed with; the first one that
/// comes is it.
pub(super) async fn check_kek(
    conn: &mut PgConnection,
    kek: &KeyEncryptionKey,
) -> Result<(), KeysError> {
    let identity = secret_identity(KEK_CHECK);
    let proposed = kek.seal(&identity, KEK_CHECK_PLAIN);
    let stored = store::secret_or_insert(conn, KEK_CHECK, &proposed).await?;
    match kek.open(&identity, &stored) {
        Ok(_) => Ok(()),
        Err(_) => Err(KeysError::WrongKeyEncryptionKey {
            origin: kek.origin().to_owned(),
        }),
    }
}

/// The pairwise salt: made by the first that asks, the same for all ever after.
pub(super) async fn pairwise_salt(
    pool: &PgPool,
    kek: &KeyEncryptionKey,
) -> Result<Zeroizing<[u8; 32]>, KeysError> {
    let identity = secret_identity(PAIRWISE_SALT);
    let proposed = kek.seal(&identity, Zeroizing::new(random_bytes::<32>()).as_slice());
    let mut conn = pool.acquire().await?;
    let mut transaction = conn.begin().await?;
    // Nothing is sealed with a key-encryption key that was replaced meanwhile.
    store::lock(&mut transaction).await?;
    check_kek(&mut transaction, kek).await?;
    let stored = store::secret_or_insert(&mut transaction, PAIRWISE_SALT, &proposed).await?;
    transaction.commit().await?;
    let what = || "the pairwise salt".to_owned();
    let salt = kek
        .open(&identity, &stored)
        .map_err(|source| sealed(what(), source))?;
    let salt: [u8; 32] = salt
        .as_slice()
        .try_into()
        .map_err(|_| KeysError::Malformed(what()))?;
    Ok(Zeroizing::new(salt))
}
