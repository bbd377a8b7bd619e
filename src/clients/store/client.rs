//! The table `client`.

use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use crate::clients::metadata::ClientMetadata;
use crate::clients::model::Client;
use crate::foundation::secret::SecretHash;

/// The most clients on one page of [`list`].
pub const MAX_PAGE: u16 = 200;

struct Row {
    client_id: String,
    client_secret_hash: Option<Vec<u8>>,
    metadata: Json<ClientMetadata>,
    first_party: bool,
    require_pkce: bool,
    registration_access_token_hash: Option<Vec<u8>>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl From<Row> for Client {
    fn from(row: Row) -> Self {
        // The table's constraints hold the length of both hashes.
        let hash = |bytes: Option<Vec<u8>>| bytes.and_then(|b| SecretHash::from_bytes(&b));
        Self {
            client_id: row.client_id,
            secret_hash: hash(row.client_secret_hash),
            metadata: row.metadata.0,
            first_party: row.first_party,
            require_pkce: row.require_pkce,
            registration_access_token_hash: hash(row.registration_access_token_hash),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Adds a client.
///
/// # Errors
/// A unique violation where the identifier is taken.
pub async fn insert(executor: impl PgExecutor<'_>, client: &Client) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO client (client_id, client_secret_hash, metadata, first_party, require_pkce,
           registration_access_token_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        client.client_id,
        client.secret_hash.as_ref().map(SecretHash::as_bytes),
        Json(&client.metadata) as _,
        client.first_party,
        client.require_pkce,
        client
            .registration_access_token_hash
            .as_ref()
            .map(SecretHash::as_bytes),
        client.created_at,
        client.updated_at,
    )
    .execute(executor)
    .await
    .map(|_| ())
}

/// Adds a client or overwrites the one of the same identifier: for configuration and demo data.
pub async fn upsert(executor: impl PgExecutor<'_>, client: &Client) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO client (client_id, client_secret_hash, metadata, first_party, require_pkce,
           registration_access_token_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (client_id) DO UPDATE SET
           client_secret_hash = excluded.client_secret_hash,
           metadata = excluded.metadata,
           first_party = excluded.first_party,
           require_pkce = excluded.require_pkce,
           registration_access_token_hash = excluded.registration_access_token_hash,
           updated_at = excluded.updated_at",
        client.client_id,
        client.secret_hash.as_ref().map(SecretHash::as_bytes),
        Json(&client.metadata) as _,
        client.first_party,
        client.require_pkce,
        client
            .registration_access_token_hash
            .as_ref()
            .map(SecretHash::as_bytes),
        client.created_at,
        client.updated_at,
    )
    .execute(executor)
    .await
    .map(|_| ())
}

/// The client of that identifier.
pub async fn find(
    executor: impl PgExecutor<'_>,
    client_id: &str,
) -> Result<Option<Client>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT client_id, client_secret_hash, metadata AS "metadata: Json<ClientMetadata>",
             first_party, require_pkce, registration_access_token_hash, created_at, updated_at
           FROM client WHERE client_id = $1"#,
        client_id,
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(Client::from))
}

/// A page of clients in the order of their identifiers, beginning after `after`; at most
/// [`MAX_PAGE`].
pub async fn list(
    executor: impl PgExecutor<'_>,
    after: Option<&str>,
    limit: u16,
) -> Result<Vec<Client>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT client_id, client_secret_hash, metadata AS "metadata: Json<ClientMetadata>",
             first_party, require_pkce, registration_access_token_hash, created_at, updated_at
           FROM client WHERE client_id > $1 ORDER BY client_id LIMIT $2"#,
        after.unwrap_or_default(),
        i64::from(limit.min(MAX_PAGE)),
    )
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().map(Client::from).collect())
}

/// Overwrites what registration decides: metadata, secret, PKCE. Only if the client still exists
/// and its registration access token is still `token`; says whether it did.
pub async fn replace(
    executor: impl PgExecutor<'_>,
    client: &Client,
    token: &SecretHash,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE client
         SET client_secret_hash = $3, metadata = $4, require_pkce = $5, updated_at = $6
         WHERE client_id = $1 AND registration_access_token_hash = $2",
        client.client_id,
        token.as_bytes(),
        client.secret_hash.as_ref().map(SecretHash::as_bytes),
        Json(&client.metadata) as _,
        client.require_pkce,
        client.updated_at,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Overwrites everything but the identifier and the time of registration, for administrators; says
/// whether the client exists.
pub async fn update(executor: impl PgExecutor<'_>, client: &Client) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE client
         SET client_secret_hash = $2, metadata = $3, first_party = $4, require_pkce = $5,
           registration_access_token_hash = $6, updated_at = $7
         WHERE client_id = $1",
        client.client_id,
        client.secret_hash.as_ref().map(SecretHash::as_bytes),
        Json(&client.metadata) as _,
        client.first_party,
        client.require_pkce,
        client
            .registration_access_token_hash
            .as_ref()
            .map(SecretHash::as_bytes),
        client.updated_at,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes a client, and by cascade its grants, tokens and consents; says whether it existed. Run it
/// in a transaction.
pub async fn delete(connection: &mut PgConnection, client_id: &str) -> Result<bool, sqlx::Error> {
    delete_if(connection, client_id, None).await
}

/// [`delete`], only if the registration access token is still `token`.
pub async fn delete_by_token(
    connection: &mut PgConnection,
    client_id: &str,
    token: &SecretHash,
) -> Result<bool, sqlx::Error> {
    delete_if(connection, client_id, Some(token)).await
}

/// Holds what goes along before it goes, in the order in which everybody does (see
/// `oauth::grant::store`): the cascade alone follows the order in which the tables were made, and two
/// that hold what the other wants would wait until Postgres refuses one of them.
async fn delete_if(
    connection: &mut PgConnection,
    client_id: &str,
    token: Option<&SecretHash>,
) -> Result<bool, sqlx::Error> {
    // From here on nothing new refers to it.
    let held = sqlx::query_scalar!(
        "SELECT client_id FROM client
         WHERE client_id = $1 AND ($2::bytea IS NULL OR registration_access_token_hash = $2)
         FOR UPDATE",
        client_id,
        token.map(|token| token.as_bytes().to_vec()),
    )
    .fetch_optional(&mut *connection)
    .await?;
    if held.is_none() {
        return Ok(false);
    }
    sqlx::query!(
        "SELECT FROM session WHERE client_id = $1 ORDER BY sid FOR UPDATE",
        client_id,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "SELECT FROM consent WHERE client_id = $1 ORDER BY id_user FOR UPDATE",
        client_id,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "SELECT FROM continuation WHERE client_id = $1 ORDER BY id FOR UPDATE",
        client_id,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "SELECT FROM oauth_grant WHERE client_id = $1 ORDER BY id FOR UPDATE",
        client_id,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("DELETE FROM client WHERE client_id = $1", client_id)
        .execute(connection)
        .await?;
    Ok(true)
}
