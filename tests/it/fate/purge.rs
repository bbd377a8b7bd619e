//! The purge: all or nothing, once, whatever refers to the account, and never too early.

use std::time::Duration;

use auth_api::account::delete::{Registry, purge};
use auth_api::cli::demo::PASSWORD;
use auth_api::jobs;

use super::{DAY, GRACE, count, execute, round_after, signed_in_by, sub_of};
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::server::TestServer;

const PURGED: &str = "audit_event WHERE kind = 'account_purged'";

async fn id_of(server: &TestServer, email: &str) -> i32 {
    let id = sqlx::query_scalar("SELECT id_user FROM users WHERE email = $1").bind(email);
    id.fetch_one(&server.database.pool).await.unwrap()
}

/// Deletes an account that has one of everything: also of what the deletion ended, for a request that
/// was under way may have left it, and of what its own end would take away before the purge.
async fn deleted(server: &TestServer, email: &str) -> i32 {
    let phone = AuthenticatorApp::enrolled(server, email).await;
    let api = signed_in_by(server, (email, PASSWORD), &phone).await;
    api.delete("/me").await.ok(200);
    let id = id_of(server, email).await;
    execute(
        server,
        &format!(
            "UPDATE session SET expires_at = now() + interval '1 y' WHERE id_user = {id};
             UPDATE oauth_grant SET expires_at = now() + interval '1 y' WHERE id_user = {id};
             UPDATE mail SET expires_at = now() + interval '1 y' WHERE id_user = {id};
             INSERT INTO consent (id_user, client_id, scope, resource, granted_at)
               SELECT {id}, client_id, '{{openid}}', '{{}}', now() FROM client LIMIT 1;
             INSERT INTO recovery_code (code_hash, id_user, created_at)
               VALUES (sha256('code {id}'), {id}, now());
             INSERT INTO sign_in_attempt (id, id_user, browser_hash, amr, created_at, expires_at)
               VALUES (gen_random_uuid(), {id}, sha256('b'), '{{pwd}}', now(),
                       now() + interval '1 y');
             INSERT INTO ceremony (id, kind, id_user, bound_to, state_sealed, created_at, expires_at)
               VALUES (gen_random_uuid(), 'recovery_codes', {id}, sha256('b'), 'sealed', now(),
                       now() + interval '1 y')"
        ),
    )
    .await;
    for table in tables(server).await {
        let rows = count(server, &format!("{table} WHERE id_user = {id}")).await;
        assert!(rows > 0, "nothing in {table} that the purge could leave");
    }
    id
}

/// The tables that refer to an account.
async fn tables(server: &TestServer) -> Vec<String> {
    let tables = "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint
                  WHERE confrelid = 'users'::regclass AND contype = 'f'";
    let tables: Vec<String> = sqlx::query_scalar(tables)
        .fetch_all(&server.database.pool)
        .await
        .unwrap();
    assert!(tables.len() > 8, "{tables:?}");
    tables
        .into_iter()
        .filter(|table| table != "booking")
        .collect()
}

async fn rows_of(server: &TestServer, id_user: i32) -> i64 {
    let mut rows = 0;
    for table in tables(server).await {
        rows += count(server, &format!("{table} WHERE id_user = {id_user}")).await;
    }
    rows
}

#[tokio::test]
async fn not_before_its_time() {
    let server = TestServer::start().await;
    let id = deleted(&server, CUSTOMER).await;
    round_after(&server, (DAY * 30).saturating_sub(Duration::from_mins(1))).await;
    assert!(rows_of(&server, id).await > 0);
    assert_eq!(count(&server, PURGED).await, 0);
    round_after(&server, Duration::from_mins(2)).await;
    assert_eq!(rows_of(&server, id).await, 0);
    assert_eq!(count(&server, PURGED).await, 1);
    assert_eq!(count(&server, "users").await, 2, "the others stay");
    round_after(&server, DAY).await;
    assert_eq!(count(&server, PURGED).await, 1);
}

#[tokio::test]
async fn a_row_that_others_refer_to_stays_without_a_name() {
    for clause in ["", "ON DELETE RESTRICT", "DEFERRABLE INITIALLY DEFERRED"] {
        let server = TestServer::start().await;
        let id = deleted(&server, CUSTOMER).await;
        execute(
            &server,
            &format!(
                "CREATE TABLE booking (id serial PRIMARY KEY,
                   id_user integer NOT NULL REFERENCES users (id_user) {clause});
                 INSERT INTO booking (id_user) VALUES ({id})"
            ),
        )
        .await;
        round_after(&server, GRACE).await;
        assert_eq!(count(&server, "booking").await, 1, "{clause}");
        assert_eq!(rows_of(&server, id).await, 0, "{clause}");
        assert_eq!(count(&server, PURGED).await, 1, "{clause}");
        let left = "SELECT email, password_hash, role_id FROM users WHERE id_user = $1";
        let left: (String, String, Option<i32>) = sqlx::query_as(left)
            .bind(id)
            .fetch_one(&server.database.pool)
            .await
            .unwrap();
        assert!(left.0.starts_with("deleted-") && left.0.ends_with(".invalid"));
        assert_eq!((left.1.as_str(), left.2), ("!", None));
        // Nobody is there to sign in or to be found.
        let anyone = Api::new(&server);
        for password in ["!", auth_api::cli::demo::PASSWORD] {
            anyone
                .login(&left.0, password)
                .await
                .problem(401, "invalid_credentials");
        }
        round_after(&server, GRACE).await;
        assert_eq!(count(&server, PURGED).await, 1, "{clause}");
    }
}

/// Another service's table may say that its rows go, too, or forget whose they are.
#[tokio::test]
async fn what_another_table_says_of_its_rows_is_followed() {
    for (clause, left) in [("CASCADE", 0), ("SET NULL", 1)] {
        let server = TestServer::start().await;
        let id = deleted(&server, CUSTOMER).await;
        execute(
            &server,
            &format!(
                "CREATE TABLE booking (
                   id_user integer REFERENCES users (id_user) ON DELETE {clause});
                 INSERT INTO booking VALUES ({id})"
            ),
        )
        .await;
        round_after(&server, GRACE).await;
        assert_eq!(count(&server, "booking").await, left, "{clause}");
        assert_eq!(
            count(&server, &format!("users WHERE id_user = {id}")).await,
            0
        );
    }
}

/// Held up at its last step by a lock, then killed: nothing is half gone, and the next round does it.
#[tokio::test]
async fn killed_in_the_middle_it_is_repeated_as_a_whole() {
    let server = TestServer::start().await;
    let id = deleted(&server, CUSTOMER).await;
    let sub = sub_of(&server, CUSTOMER).await;
    server.app.clock.advance(GRACE);
    let personal = format!("audit_event WHERE subject = '{sub}' AND ip IS NOT NULL");
    let before = (rows_of(&server, id).await, count(&server, &personal).await);
    assert!(before.0 > 0 && before.1 > 0);

    let mut lock = server.database.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM users WHERE id_user = $1 FOR KEY SHARE")
        .bind(id)
        .execute(&mut *lock)
        .await
        .unwrap();
    let app = std::sync::Arc::clone(&server.app);
    let now = app.clock.now();
    let attempt = tokio::spawn(async move { purge::purge((&*app).into(), id, now).await });
    let waiting = "pg_stat_activity WHERE datname = current_database()
                   AND wait_event_type = 'Lock' AND query LIKE '%DELETE FROM users%'";
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while count(&server, waiting).await == 0 {
        assert!(std::time::Instant::now() < deadline, "it never came so far");
        tokio::task::yield_now().await;
    }
    // As a killed process's connection: whatever it had done is undone.
    attempt.abort();
    assert!(attempt.await.unwrap_err().is_cancelled());
    execute(
        &server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%DELETE FROM users%'
           AND pid <> pg_backend_pid()",
    )
    .await;
    lock.rollback().await.unwrap();
    let after = (rows_of(&server, id).await, count(&server, &personal).await);
    assert_eq!(after, before);
    assert_eq!(count(&server, PURGED).await, 0);

    let registry = Registry::from(&*server.app);
    assert!(purge::purge(registry, id, now).await.unwrap());
    assert_eq!(rows_of(&server, id).await, 0);
    assert_eq!(count(&server, &personal).await, 0);
    assert_eq!(count(&server, PURGED).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_purge_at_once_do_it_once() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    deleted(&server, CUSTOMER).await;
    deleted(&server, ADMIN).await;
    server.app.clock.advance(GRACE);
    let rounds: Vec<_> = (0..6)
        .map(|n| {
            if n % 2 == 0 {
                &server.app
            } else {
                &replica.app
            }
        })
        .map(|app| {
            let app = std::sync::Arc::clone(app);
            tokio::spawn(async move { jobs::round(&app).await })
        })
        .collect();
    for round in rounds {
        round.await.unwrap();
    }
    assert_eq!(count(&server, PURGED).await, 2);
    assert_eq!(count(&server, "users").await, 1);
    let farewells = "mail WHERE template = 'mail-account-purged'";
    assert_eq!(count(&server, farewells).await, 2);
}

#[tokio::test]
async fn one_that_cannot_be_purged_does_not_keep_the_others() {
    let server = TestServer::start().await;
    let stuck = deleted(&server, ADMIN).await;
    let free = deleted(&server, CUSTOMER).await;
    assert!(stuck < free);
    execute(
        &server,
        &format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN RAISE EXCEPTION 'no'; END $$;
             CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW
               WHEN (OLD.id_user = {stuck}) EXECUTE FUNCTION refuse()"
        ),
    )
    .await;
    round_after(&server, GRACE).await;
    assert_eq!(rows_of(&server, free).await, 0);
    assert!(rows_of(&server, stuck).await > 0);
    execute(&server, "DROP TRIGGER refuse ON users").await;
    round_after(&server, Duration::ZERO).await;
    assert_eq!(rows_of(&server, stuck).await, 0);
}

#[tokio::test]
async fn a_restored_account_is_not_purged_even_if_it_was_due_a_moment_ago() {
    let server = TestServer::start().await;
    let id = deleted(&server, CUSTOMER).await;
    server.app.clock.advance(GRACE);
    let now = server.app.clock.now();
    let registry = Registry::from(&*server.app);
    assert_eq!(purge::due(registry, 0, now).await.unwrap(), [id]);
    execute(
        &server,
        "UPDATE user_account SET deleted_at = NULL, purge_at = NULL WHERE deleted_at IS NOT NULL",
    )
    .await;
    assert!(!purge::purge(registry, id, now).await.unwrap());
    assert!(rows_of(&server, id).await > 0);
}

#[tokio::test]
async fn an_account_that_nobody_proved_goes_unless_a_link_is_under_way() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    for name in ["zoe", "yves"] {
        let body = serde_json::json!({
            "email": format!("{name}@perso.example"), "password": "a good pass phrase 47",
        });
        assert!(api.post("/register", body).await.status < 300);
    }
    let (zoe, yves) = (
        id_of(&server, "zoe@perso.example").await,
        id_of(&server, "yves@perso.example").await,
    );
    round_after(&server, (DAY * 7).saturating_sub(Duration::from_mins(1))).await;
    assert_eq!(count(&server, "users").await, 5);
    execute(
        &server,
        &format!(
            "UPDATE mailed_token SET expires_at = expires_at + interval '7 d'
                  WHERE id_user = {yves}"
        ),
    )
    .await;
    round_after(&server, Duration::from_mins(2)).await;
    assert_eq!(rows_of(&server, zoe).await, 0);
    assert!(rows_of(&server, yves).await > 0);
    round_after(&server, DAY * 2).await;
    assert_eq!(rows_of(&server, yves).await, 0);
    assert_eq!(
        count(&server, "users").await,
        3,
        "whoever others made stays"
    );
    let farewells = "mail WHERE template = 'mail-account-purged'";
    assert_eq!(count(&server, farewells).await, 0);
}

/// A request that was under way notes an address after the purge: the next round takes it out.
#[tokio::test]
async fn a_late_event_loses_its_address() {
    let server = TestServer::start().await;
    deleted(&server, CUSTOMER).await;
    let sub = sub_of(&server, CUSTOMER).await;
    round_after(&server, GRACE).await;
    let late = "INSERT INTO audit_event (at, kind, subject, ip, user_agent)
                VALUES ($1, 'sign_in_refused', $2, '192.0.2.7', 'Late/1.0')";
    sqlx::query(late)
        .bind(server.app.clock.now())
        .bind(sub)
        .execute(&server.database.pool)
        .await
        .unwrap();
    round_after(&server, Duration::from_mins(1)).await;
    assert_eq!(
        count(&server, "audit_event WHERE user_agent = 'Late/1.0'").await,
        0
    );
    let kept = format!("audit_event WHERE subject = '{sub}' AND kind = 'sign_in_refused'");
    assert_eq!(count(&server, &kept).await, 1);
}

/// The trail cannot be changed but by taking everything personal out of an event at once.
#[tokio::test]
async fn the_trail_gives_up_personal_data_and_nothing_else() {
    let server = TestServer::start().await;
    Api::signed_in(&server, CUSTOMER).await;
    for change in [
        "ip = NULL",
        "user_agent = NULL, detail = '{}'",
        "ip = NULL, user_agent = NULL, detail = '{}', subject = NULL",
        "ip = NULL, user_agent = NULL, detail = '{}', kind = 'x'",
        "ip = NULL, user_agent = NULL, detail = '{}', at = now()",
        "ip = NULL, user_agent = NULL, detail = '{}', request_id = NULL",
        "ip = NULL, user_agent = NULL, detail = '{}', actor = 'job'",
        "ip = NULL, user_agent = NULL, detail = '{}', client_id = 'x'",
        "ip = '192.0.2.1'",
        // Alone they go only where somebody else acted.
        "ip = NULL, user_agent = NULL",
    ] {
        let change = sqlx::AssertSqlSafe(format!("UPDATE audit_event SET {change}"));
        let refused = sqlx::raw_sql(change).execute(&server.database.pool).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    execute(
        &server,
        "UPDATE audit_event SET ip = NULL, user_agent = NULL, detail = '{}'",
    )
    .await;
}

/// More than two batches.
#[tokio::test]
async fn old_events_go_in_batches_and_young_ones_stay() {
    let server = TestServer::start().await;
    let retention = server.app.config.audit.retention;
    let add = "INSERT INTO audit_event (at, kind) SELECT $1, $2 FROM generate_series(1, $3)";
    let now = server.app.clock.now();
    for (at, kind, rows) in [
        (now - retention - Duration::from_mins(1), "old", 2001),
        (now - retention + Duration::from_mins(10), "young", 3),
    ] {
        sqlx::query(add)
            .bind(at)
            .bind(kind)
            .bind(rows)
            .execute(&server.database.pool)
            .await
            .unwrap();
    }
    jobs::round(&server.app).await;
    assert_eq!(count(&server, "audit_event WHERE kind = 'old'").await, 0);
    assert_eq!(count(&server, "audit_event WHERE kind = 'young'").await, 3);
    round_after(&server, Duration::from_mins(11)).await;
    assert_eq!(count(&server, "audit_event WHERE kind = 'young'").await, 0);
}
