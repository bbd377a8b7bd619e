//! Changing the key-encryption key.

use sqlx::{Connection as _, PgPool};

use super::rotation::private_key_identity;
use super::server_secret::{sealed, secret_identity};
use super::{KeysError, store};
use crate::foundation::cipher::KeyEncryptionKey;

/// Opens every private key and server secret with `old` and seals it with `new`, all or nothing;
/// tells how many. Replicas that still run with `old` go on with the keys they hold and make no new
/// ones; restart them with `new`.
pub async fn reencrypt(
    pool: &PgPool,
    old: &KeyEncryptionKey,
    new: &KeyEncryptionKey,
) -> Result<usize, KeysError> {
    let mut conn = pool.acquire().await?;
    let mut transaction = conn.begin().await?;
    store::lock(&mut transaction).await?;
    let mut count = 0;
    for row in store::all(&mut transaction).await? {
        let identity = private_key_identity(&row.key.kid);
        let plain = old
            .open(&identity, &row.private_key_sealed)
            .map_err(|source| sealed(format!("signing key {}", row.key.kid), source))?;
        let resealed = new.seal(&identity, &plain);
        store::set_private_key(&mut transaction, &row.key.kid, &resealed).await?;
        count += 1;
    }
    for (name, value_sealed) in store::secrets(&mut transaction).await? {
        let identity = secret_identity(&name);
        let plain = old
            .open(&identity, &value_sealed)
            .map_err(|source| sealed(format!("server secret {name}"), source))?;
        store::set_secret(&mut transaction, &name, &new.seal(&identity, &plain)).await?;
        count += 1;
    }
    transaction.commit().await?;
    Ok(count)
}
