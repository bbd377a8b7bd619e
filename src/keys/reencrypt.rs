//! Changing the key-encryption key.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use super::rotation::private_key_identity;
use super::server_secret::{sealed, secret_identity};
use super::{KeysError, store};
use crate::foundation::cipher::{KeyEncryptionKey, row_identity};

/// A column of sealed values that nothing but its place tells apart: bound to table, column and the
/// row's `id`, a UUID, as text (see [`row_identity`]).
struct SealedColumn {
    table: &'static str,
    column: &'static str,
}

/// Whoever seals a column adds it here.
const SEALED: &[SealedColumn] = &[
    SealedColumn {
        table: "mail",
        column: "message_sealed",
    },
    SealedColumn {
        table: "factor",
        column: "totp_secret_sealed",
    },
    SealedColumn {
        table: "ceremony",
        column: "state_sealed",
    },
];

/// Opens every private key, server secret and sealed column with `old` and seals it with `new`, all or
/// nothing; tells how many. Replicas that still run with `old` go on with the keys they hold and make no new
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
        // Removed: only its public part is left.
        if row.private_key_sealed.is_empty() {
            continue;
        }
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
    for column in SEALED {
        count += reseal(&mut transaction, column, old, new).await?;
    }
    transaction.commit().await?;
    Ok(count)
}

async fn reseal(
    conn: &mut PgConnection,
    SealedColumn { table, column }: &SealedColumn,
    old: &KeyEncryptionKey,
    new: &KeyEncryptionKey,
) -> Result<usize, KeysError> {
    // Names from the constant above, nothing else.
    let select = format!("SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL FOR UPDATE");
    let update = format!("UPDATE {table} SET {column} = $2 WHERE id = $1");
    let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(select))
        .fetch_all(&mut *conn)
        .await?;
    let count = rows.len();
    for (row, value_sealed) in rows {
        let identity = row_identity(table, column, &row.to_string());
        let plain = old
            .open(&identity, &value_sealed)
            .map_err(|source| sealed(format!("{table} {row}"), source))?;
        sqlx::query(AssertSqlSafe(update.as_str()))
            .bind(row)
            .bind(new.seal(&identity, &plain))
            .execute(&mut *conn)
            .await?;
    }
    Ok(count)
}
