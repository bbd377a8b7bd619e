//! The columns of all tables, and which of them hold nothing of a person.

use std::collections::BTreeSet;

use sqlx::PgPool;

/// Types in which nobody's name or address stands.
pub const OF_NO_TEXT: [&str; 6] = [
    "bigint",
    "boolean",
    "integer",
    "timestamp with time zone",
    "timestamp without time zone",
    "uuid",
];

/// Hashes, sealed bytes, words of our own, of a client or of a standard; and `audit_event.detail`, of
/// which `pseudonyms` tells. A new column stands here, or the test of the purge puts something personal
/// into it.
const WITHOUT_A_PERSON: [(&str, &str); 26] = [
    ("audit_event", "actor client_id detail kind request_id"),
    (
        "authorization_code",
        "code_challenge code_hash redirect_uri",
    ),
    ("ceremony", "bound_to kind state_sealed"),
    (
        "client",
        "client_id client_secret_hash metadata registration_access_token_hash",
    ),
    ("client_assertion", "client_id jti_hash"),
    ("consent", "claims client_id resource scope"),
    ("consent_at_api", "client_id resource scope"),
    ("continuation", "browser_hash client_id progress"),
    ("factor", "credential credential_id kind totp_secret_sealed"),
    ("initial_access_token", "label token_hash"),
    ("known_device", "device_hash"),
    ("mail", "message_sealed template"),
    ("mailed_token", "purpose token_hash"),
    (
        "oauth_grant",
        "acr amr claims client_id nonce resource revoked_reason scope",
    ),
    ("recovery_code", "code_hash"),
    (
        "refresh_token",
        "predecessor_hash retry_answer_sealed token_hash",
    ),
    (
        "resource_permission",
        "description_en description_fr permission resource",
    ),
    ("resource_server", "client_id identifier name"),
    ("revoked_access_token", "jti"),
    ("role", "name permissions"),
    ("server_secret", "name value_sealed"),
    ("session", "acr amr client_id token_hash"),
    (
        "sign_in_attempt",
        "amr browser_hash client_id email_code_hash handle_hash",
    ),
    ("signing_key", "alg kid private_key_sealed public_jwk"),
    ("throttle", "bucket"),
    ("users", "password_hash"),
];

/// Table, name and type of each column.
pub async fn columns(pool: &PgPool) -> Vec<(String, String, String)> {
    let columns = "SELECT c.table_name::text, c.column_name::text, c.data_type::text
                   FROM information_schema.columns c JOIN information_schema.tables t
                     USING (table_schema, table_name)
                   WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
                     AND table_type = 'BASE TABLE' AND c.table_name <> '_sqlx_migrations'";
    let columns: Vec<(String, String, String)> =
        sqlx::query_as(columns).fetch_all(pool).await.unwrap();
    assert!(columns.len() > 150, "{}", columns.len());
    columns
}

/// As `table.column`.
pub fn without_a_person() -> BTreeSet<String> {
    let named = |(table, columns): (&str, &str)| -> Vec<String> {
        let columns = columns.split_whitespace();
        columns.map(|column| format!("{table}.{column}")).collect()
    };
    WITHOUT_A_PERSON.into_iter().flat_map(named).collect()
}
