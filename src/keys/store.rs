//! The tables `signing_key` and `server_secret`.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::KeysError;
use super::model::SigningKey;
use super::schedule::Moved;

/// The advisory lock under which keys and server secrets change; held until the transaction ends,
/// so that it passes through a transaction pooler.
const LOCK: i64 = 0x6b65_7973;

/// A row of `signing_key`.
pub(super) struct StoredKey {
    pub key: SigningKey,
    /// Empty once the key is removed.
    pub private_key_sealed: Vec<u8>,
}

/// Waits until no other transaction changes keys.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK)
        .execute(conn)
        .await?;
    Ok(())
}

/// Waits until no other transaction changes keys, and keeps any from doing so; several can hold it.
pub(super) async fn lock_shared(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock_shared($1)", LOCK)
        .execute(conn)
        .await?;
    Ok(())
}

/// All keys, oldest first.
pub(super) async fn all(conn: &mut PgConnection) -> Result<Vec<StoredKey>, KeysError> {
    let rows = sqlx::query!(
        "SELECT kid, alg, public_jwk, private_key_sealed, created_at, activates_at, retires_at,
                removes_at, withdrawn_at
         FROM signing_key ORDER BY activates_at, kid"
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let malformed = || KeysError::Malformed(row.kid.clone());
            Ok(StoredKey {
                key: SigningKey {
                    alg: row.alg.parse().map_err(|_| malformed())?,
                    public_jwk: serde_json::from_value(row.public_jwk).map_err(|_| malformed())?,
                    kid: row.kid,
                    created_at: row.created_at,
                    activates_at: row.activates_at,
                    retires_at: row.retires_at,
                    removes_at: row.removes_at,
                    withdrawn_at: row.withdrawn_at,
                },
                private_key_sealed: row.private_key_sealed,
            })
        })
        .collect()
}

/// Adds a key that has no successor.
pub(super) async fn insert(
    conn: &mut PgConnection,
    key: &SigningKey,
    private_key_sealed: &[u8],
) -> Result<(), KeysError> {
    let public_jwk = serde_json::to_value(&key.public_jwk).map_err(KeysError::Claims)?;
    sqlx::query!(
        "INSERT INTO signing_key (kid, alg, public_jwk, private_key_sealed, created_at, activates_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        key.kid,
        key.alg.as_str(),
        public_jwk,
        private_key_sealed,
        key.created_at,
        key.activates_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a key other times.
pub(super) async fn set_times(conn: &mut PgConnection, moved: &Moved) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE signing_key
         SET activates_at = $2, retires_at = $3, removes_at = $4, withdrawn_at = $5 WHERE kid = $1",
        moved.kid,
        moved.activates_at,
        moved.retires_at,
        moved.removes_at,
        moved.withdrawn_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Replaces a private key by the same one, sealed anew.
pub(super) async fn set_private_key(
    conn: &mut PgConnection,
    kid: &str,
    private_key_sealed: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE signing_key SET private_key_sealed = $2 WHERE kid = $1",
        kid,
        private_key_sealed,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes the private part of the keys that are removed at `now`, and the whole of those that were
/// withdrawn, or removed at `forgotten_until`; tells how many are gone.
pub(super) async fn delete_removed(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    forgotten_until: OffsetDateTime,
) -> Result<u64, sqlx::Error> {
    sqlx::query!(
        "UPDATE signing_key SET private_key_sealed = ''
         WHERE removes_at <= $1 AND private_key_sealed <> ''",
        now,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "DELETE FROM signing_key
         WHERE removes_at <= $1 AND (withdrawn_at IS NOT NULL OR removes_at <= $2)",
        now,
        forgotten_until,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The sealed secret of that name. Where there is none, `proposed` becomes it; of several that
/// propose at once, one wins and all get that one.
pub(super) async fn secret_or_insert(
    conn: &mut PgConnection,
    name: &str,
    proposed: &[u8],
) -> Result<Vec<u8>, sqlx::Error> {
    sqlx::query!(
        "INSERT INTO server_secret (name, value_sealed) VALUES ($1, $2)
         ON CONFLICT (name) DO NOTHING",
        name,
        proposed,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!(
        "SELECT value_sealed FROM server_secret WHERE name = $1",
        name
    )
    .fetch_one(conn)
    .await
}

/// All secrets of the server: name and sealed value.
pub(super) async fn secrets(
    conn: &mut PgConnection,
) -> Result<Vec<(String, Vec<u8>)>, sqlx::Error> {
    let rows =
        sqlx::query!("SELECT name, value_sealed FROM server_secret ORDER BY name FOR UPDATE")
            .fetch_all(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name, row.value_sealed))
        .collect())
}

/// Replaces a secret by the same one, sealed anew.
pub(super) async fn set_secret(
    conn: &mut PgConnection,
    name: &str,
    value_sealed: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE server_secret SET value_sealed = $2 WHERE name = $1",
        name,
        value_sealed
    )
    .execute(conn)
    .await?;
    Ok(())
}
