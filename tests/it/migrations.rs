//! The migrations over a database that the booking platform's other services already use.

use sqlx::PgPool;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::support::database::{MIGRATIONS, TestDatabase};

/// The tables as the platform made them, word for word.
const SEED: &str = "
CREATE TABLE role (
  id_role SERIAL PRIMARY KEY,
  name VARCHAR(50) NOT NULL UNIQUE,
  permissions JSONB NOT NULL DEFAULT '[]',
  created_at TIMESTAMP NOT NULL DEFAULT NOW()
);

CREATE TABLE users (
  id_user SERIAL PRIMARY KEY,
  email VARCHAR(100) NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role_id INTEGER REFERENCES role(id_role),
  created_at TIMESTAMP NOT NULL DEFAULT NOW()
);
";

/// Rows as other services wrote them: each spelling of bcrypt, no role, addresses in mixed case,
/// two of which differ by case only.
const ROWS: &str = "
INSERT INTO role (name, permissions) VALUES
  ('admin', '[\"artists:write\", \"bookings:write\"]'), ('artist', '[]');
INSERT INTO users (email, password_hash, role_id, created_at) VALUES
  ('Admin@Example.com', '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', 1, '2024-02-29 12:00:00'),
  ('artist@example.com', '$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW', 2, '2024-03-01 00:00:00'),
  ('no.role@EXAMPLE.com', '$2y$10$.vGA1O9wmRjrwAVXD98HNOgsNpDczlqm3Jq7KnEd1rVAGv3Fykk1a', NULL, DEFAULT),
  ('ADMIN@example.com', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', NULL, DEFAULT);
DELETE FROM users WHERE email = 'artist@example.com';
";

/// All that another service can see of the two tables: rows, columns, constraints, counters.
async fn seen_by_others(pool: &PgPool) -> Vec<String> {
    let statements = [
        "SELECT to_jsonb(t) FROM role t ORDER BY id_role",
        "SELECT to_jsonb(t) FROM users t ORDER BY id_user",
        "SELECT to_jsonb(c) FROM information_schema.columns c
         WHERE table_name IN ('role', 'users') AND table_schema = 'public'
         ORDER BY table_name, ordinal_position",
        "SELECT to_jsonb(c) FROM (
           SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid IN ('role'::regclass, 'users'::regclass)) c
         ORDER BY conrelid, conname",
        "SELECT jsonb_build_array(last_value, is_called) FROM role_id_role_seq",
        "SELECT jsonb_build_array(last_value, is_called) FROM users_id_user_seq",
    ];
    let mut seen = Vec::new();
    for statement in statements {
        let rows: Vec<PgRow> = sqlx::query(statement).fetch_all(pool).await.unwrap();
        assert!(!rows.is_empty(), "{statement}");
        seen.extend(
            rows.iter()
                .map(|row| row.get::<Json<serde_json::Value>, _>(0).0.to_string()),
        );
    }
    seen
}

/// The users without exactly one account, and the accounts without a user.
async fn accounts_that_do_not_match(pool: &PgPool) -> i64 {
    let statement = "SELECT count(*) FROM users FULL JOIN user_account USING (id_user)
                     WHERE users.email IS NULL OR user_account.sub IS NULL";
    sqlx::query_scalar(statement).fetch_one(pool).await.unwrap()
}

async fn email_keys(pool: &PgPool) -> Vec<String> {
    let statement = "SELECT email_key FROM user_account ORDER BY id_user";
    sqlx::query_scalar(statement).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn a_database_in_use_keeps_its_tables_and_rows() {
    let database = TestDatabase::empty().await;
    let pool = &database.pool;
    sqlx::raw_sql(SEED).execute(pool).await.unwrap();
    sqlx::raw_sql(ROWS).execute(pool).await.unwrap();
    let before = seen_by_others(pool).await;

    MIGRATIONS.run(pool).await.unwrap();

    assert_eq!(seen_by_others(pool).await, before);
    assert_eq!(accounts_that_do_not_match(pool).await, 0);
    let keys = [
        "admin@example.com",
        "no.role@example.com",
        "admin@example.com",
    ];
    assert_eq!(email_keys(pool).await, keys);
    let verified: i64 =
        sqlx::query_scalar("SELECT count(*) FROM user_account WHERE email_verified")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(
        verified, 0,
        "nobody has shown yet that an address is theirs"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_user_that_another_service_adds_gets_an_account() {
    let database = TestDatabase::empty().await;
    let pool = &database.pool;
    sqlx::raw_sql(SEED).execute(pool).await.unwrap();
    MIGRATIONS.run(pool).await.unwrap();

    let add = "INSERT INTO users (email, password_hash) VALUES (' New@Example.com', '$2b$10$x')";
    sqlx::query(add).execute(pool).await.unwrap();
    assert_eq!(accounts_that_do_not_match(pool).await, 0);
    assert_eq!(email_keys(pool).await, ["new@example.com"]);

    sqlx::query("UPDATE user_account SET email_verified = true")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("UPDATE users SET email = 'Other@example.com'")
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(email_keys(pool).await, ["other@example.com"]);
    let verified: bool = sqlx::query_scalar("SELECT email_verified FROM user_account")
        .fetch_one(pool)
        .await
        .unwrap();
    assert!(!verified, "a new address has to be verified anew");

    sqlx::query("DELETE FROM users")
        .execute(pool)
        .await
        .unwrap();
    assert_eq!(accounts_that_do_not_match(pool).await, 0);
    assert!(email_keys(pool).await.is_empty());
    database.drop().await;
}

#[tokio::test]
async fn the_migrations_twice_are_the_migrations_once() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    sqlx::raw_sql(ROWS).execute(pool).await.unwrap();
    let everything = "SELECT table_name || '.' || column_name || ' ' || data_type
                      FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1";
    let columns = || sqlx::query_scalar::<_, String>(everything).fetch_all(pool);
    let applied = || sqlx::query("SELECT * FROM _sqlx_migrations").fetch_all(pool);
    let (before, rows) = (columns().await.unwrap(), seen_by_others(pool).await);
    assert_eq!(applied().await.unwrap().len(), MIGRATIONS.iter().count());

    MIGRATIONS.run(pool).await.unwrap();

    assert_eq!(columns().await.unwrap(), before);
    assert_eq!(seen_by_others(pool).await, rows);
    assert_eq!(applied().await.unwrap().len(), MIGRATIONS.iter().count());
    database.drop().await;
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    sqlx::raw_sql(ROWS).execute(&one.pool).await.unwrap();
    for (database, users) in [(&one, 3), (&other, 0)] {
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(count, users);
    }
    one.drop().await;
    other.drop().await;
}
