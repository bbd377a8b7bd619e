//! The clean-up: what is over goes, for whatever the clock says, and what lives stays.

use std::time::Duration;

use auth_api::jobs;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;

use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, refresh, text, tokens};
use crate::support::server::TestServer;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// How long a grant and a session are kept after their end.
const GRACE: Duration = Duration::from_hours(24);
const SHORT_OF_GRACE: Duration = Duration::from_mins(24 * 60 - 10);
/// How long a mailed link that is over is told from one that never was.
const LINK_GRACE: Duration = Duration::from_hours(7 * 24);
/// More than two batches.
const MANY: i32 = 2001;
const FEW: i32 = 3;

/// A table: what is kept after the end, and a statement that adds $1 rows that end at $2.
struct Table {
    name: &'static str,
    grace: Duration,
    add: &'static str,
}

const TABLES: [Table; 11] = [
    Table {
        name: "continuation",
        grace: Duration::ZERO,
        add:
            "INSERT INTO continuation (id, browser_hash, client_id, request, created_at, expires_at)
              SELECT gen_random_uuid(), sha256('b'), 'booking-app', '{}', $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
    // With a code and a refresh token each.
    Table {
        name: "oauth_grant",
        grace: GRACE,
        add: "WITH made AS (
                INSERT INTO oauth_grant (id, client_id, id_user, scope, resource, auth_time, acr,
                                         amr, created_at, expires_at)
                SELECT gen_random_uuid(), 'booking-app', (SELECT min(id_user) FROM users),
                       '{openid}', '{}', $2 - interval '1 h', 'pwd', '{pwd}',
                       $2 - interval '1 h', $2
                FROM generate_series(1, $1)
                RETURNING id, created_at, expires_at
              ), coded AS (
                INSERT INTO authorization_code (code_hash, grant_id, redirect_uri,
                                                redirect_uri_sent, created_at, expires_at)
                SELECT sha256(uuid_send(id)), id, 'http://localhost/', true, created_at, expires_at
                FROM made
              )
              INSERT INTO refresh_token (token_hash, grant_id, issued_at, idle_expires_at)
              SELECT sha256(uuid_send(id)), id, created_at, expires_at FROM made",
    },
    Table {
        name: "session",
        grace: GRACE,
        add: "INSERT INTO session (sid, token_hash, id_user, auth_time, acr, amr, created_at,
                                   last_seen_at, expires_at)
              SELECT gen_random_uuid(), sha256(uuid_send(gen_random_uuid())),
                     (SELECT min(id_user) FROM users), $2 - interval '1 h', 'pwd', '{pwd}',
                     $2 - interval '1 h', $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
    Table {
        name: "revoked_access_token",
        grace: Duration::ZERO,
        add: "INSERT INTO revoked_access_token (jti, expires_at)
              SELECT gen_random_uuid(), $2 FROM generate_series(1, $1)",
    },
    Table {
        name: "client_assertion",
        grace: Duration::ZERO,
        add: "INSERT INTO client_assertion (client_id, jti_hash, expires_at)
              SELECT 'booking-app', sha256(uuid_send(gen_random_uuid())), $2
              FROM generate_series(1, $1)",
    },
    Table {
        name: "initial_access_token",
        grace: Duration::ZERO,
        add: "INSERT INTO initial_access_token (token_hash, label, uses_left, expires_at)
              SELECT sha256(uuid_send(gen_random_uuid())), 'x', 1, $2 FROM generate_series(1, $1)",
    },
    Table {
        name: "throttle",
        grace: Duration::ZERO,
        add: "INSERT INTO throttle (bucket, failures, blocked_until, expires_at)
              SELECT sha256(uuid_send(gen_random_uuid())), 1, $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
    Table {
        name: "known_device",
        grace: Duration::ZERO,
        add: "INSERT INTO known_device (device_hash, id_user, created_at, last_seen_at, expires_at)
              SELECT sha256(uuid_send(gen_random_uuid())), (SELECT min(id_user) FROM users),
                     $2 - interval '1 h', $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
    Table {
        name: "sign_in_attempt",
        grace: Duration::ZERO,
        add: "INSERT INTO sign_in_attempt (id, id_user, browser_hash, amr, created_at, expires_at)
              SELECT gen_random_uuid(), (SELECT min(id_user) FROM users), sha256('b'), '{pwd}',
                     $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
    Table {
        name: "ceremony",
        grace: Duration::ZERO,
        add: "INSERT INTO ceremony (id, kind, bound_to, state_sealed, created_at, expires_at)
              SELECT gen_random_uuid(), 'passkey_discoverable', sha256('b'), '\\x00',
                     $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
    Table {
        name: "mailed_token",
        grace: LINK_GRACE,
        add: "INSERT INTO mailed_token (token_hash, purpose, id_user, created_at, expires_at)
              SELECT sha256(uuid_send(gen_random_uuid())), 'undo_email_change',
                     (SELECT min(id_user) FROM users), $2 - interval '1 h', $2
              FROM generate_series(1, $1)",
    },
];

impl Table {
    async fn add(&self, server: &TestServer, rows: i32, end: OffsetDateTime) {
        let added = sqlx::query(self.add)
            .bind(rows)
            .bind(end)
            .execute(&server.database.pool);
        let added = added.await.unwrap().rows_affected();
        assert_eq!(added, u64::try_from(rows).unwrap(), "{}", self.name);
    }
}

/// How many rows of a table there are; `rows` may go on with WHERE.
async fn count(server: &TestServer, rows: &str) -> i32 {
    let statement = AssertSqlSafe(format!("SELECT count(*)::integer FROM {rows}"));
    let count = sqlx::query_scalar(statement).fetch_one(&server.database.pool);
    count.await.unwrap()
}

/// One round, as much later.
async fn round_after(server: &TestServer, by: Duration) {
    server.app.clock.advance(by);
    jobs::round(&server.app).await;
}

async fn revoked_for(server: &TestServer) -> Option<String> {
    let reason = sqlx::query_scalar("SELECT revoked_reason FROM oauth_grant");
    reason.fetch_one(&server.database.pool).await.unwrap()
}

#[tokio::test]
async fn each_table_loses_what_is_over_and_keeps_the_rest() {
    let server = TestServer::start().await;
    let later = 3 * GRACE;
    let then = server.app.clock.now() + later;
    for table in &TABLES {
        assert_eq!(count(&server, table.name).await, 0);
        let border = then - table.grace;
        table.add(&server, MANY, border - MINUTE).await;
        table.add(&server, FEW, border + 10 * MINUTE).await;
    }
    round_after(&server, Duration::ZERO).await;
    for table in &TABLES {
        let left = count(&server, table.name).await;
        assert_eq!(left, MANY + FEW, "{} before the end", table.name);
    }
    round_after(&server, later).await;
    let with_grant = ["authorization_code", "refresh_token"];
    for name in TABLES.iter().map(|table| table.name).chain(with_grant) {
        assert_eq!(count(&server, name).await, FEW, "{name} after the end");
    }
    for table in &TABLES {
        let border = (then - table.grace).unix_timestamp();
        let live = format!("{} WHERE expires_at > to_timestamp({border})", table.name);
        assert_eq!(count(&server, &live).await, FEW, "{live}");
    }
    round_after(&server, 2 * GRACE).await;
    for table in &TABLES {
        assert_eq!(count(&server, table.name).await, 0, "{}", table.name);
    }
}

#[tokio::test]
async fn an_initial_access_token_goes_with_its_last_use() {
    let server = TestServer::start().await;
    let (tokens, end) = (&TABLES[5], server.app.clock.now() + HOUR);
    tokens.add(&server, FEW, end).await;
    let spend = "UPDATE initial_access_token SET uses_left = 0
                 WHERE token_hash = (SELECT token_hash FROM initial_access_token LIMIT 1)";
    let spent = sqlx::query(spend).execute(&server.database.pool).await;
    assert_eq!(spent.unwrap().rows_affected(), 1);
    round_after(&server, Duration::ZERO).await;
    assert_eq!(count(&server, tokens.name).await, FEW - 1);
}

#[tokio::test]
async fn a_kept_answer_goes_with_its_window_and_the_token_stays() {
    const KEPT: &str = "refresh_token WHERE retry_answer_sealed IS NOT NULL";
    let server = TestServer::with(|config| config.tokens.refresh_retry_window = MINUTE).await;
    let first = tokens(&server, "openid offline_access", CUSTOMER).await;
    let (status, second) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 200, "{second}");
    round_after(&server, MINUTE / 4).await;
    let (status, again) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 200, "{again}");
    assert_eq!(again["refresh_token"], second["refresh_token"]);

    let now = server.app.clock.now();
    TABLES[1].add(&server, MANY, now + HOUR).await;
    let used = "UPDATE refresh_token SET used_at = $1, retry_answer_sealed = '\\x00'
                WHERE used_at IS NULL AND grant_id IN (SELECT id FROM oauth_grant WHERE sid IS NULL)";
    let used = sqlx::query(used).bind(now);
    let used = used.execute(&server.database.pool).await.unwrap();
    assert_eq!(used.rows_affected(), u64::try_from(MANY).unwrap());
    assert_eq!(count(&server, KEPT).await, MANY + 1);
    round_after(&server, MINUTE + Duration::from_secs(1)).await;
    assert_eq!(count(&server, KEPT).await, 0);
    assert_eq!(count(&server, "refresh_token").await, MANY + 2);
    // The wiped row still tells reuse from rubbish.
    let (status, _) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 400);
    let (status, _) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(status, 400, "reuse revokes the family");
}

/// RFC 6749, section 4.1.2: everything that came of a replayed code is revoked, and noted.
#[tokio::test]
async fn a_replay_is_recognised_until_the_grace_is_over() {
    const NOTED: &str = "audit_event WHERE kind = 'grant_revoked_by_replay'";
    let server = TestServer::start().await;
    let code = Request::new("openid")
        .code(&Browser::new(&server), CUSTOMER)
        .await;
    assert_eq!(code.redeem(&server).await.0, 200);
    let life = server.app.config.tokens.code_ttl + server.app.config.tokens.access_token_ttl;
    round_after(&server, life + SHORT_OF_GRACE).await;
    assert_eq!(revoked_for(&server).await, None);
    let (status, error) = code.redeem(&server).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    let reason = revoked_for(&server).await;
    assert_eq!(reason.as_deref(), Some("authorization code replayed"));
    assert_eq!(count(&server, NOTED).await, 1);

    round_after(&server, 11 * MINUTE).await;
    assert_eq!(count(&server, "oauth_grant").await, 0);
    assert_eq!(count(&server, "authorization_code").await, 0);
    let (status, error) = code.redeem(&server).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    assert_eq!(
        count(&server, NOTED).await,
        1,
        "nobody knows the code any more"
    );
}

#[tokio::test]
async fn a_code_is_kept_as_long_as_its_grant_lives() {
    let server = TestServer::start().await;
    let code = Request::new("openid offline_access")
        .code(&Browser::new(&server), CUSTOMER)
        .await;
    let (status, tokens) = code.redeem(&server).await;
    assert_eq!(status, 200, "{tokens}");
    round_after(&server, 20 * GRACE).await;
    assert_eq!(code.redeem(&server).await.0, 400);
    let (status, _) = refresh(&server, text(&tokens, "refresh_token")).await;
    assert_eq!(status, 400, "the replay revoked the family");
}

#[tokio::test]
async fn a_refresh_token_outlives_its_session() {
    let server = TestServer::with(|config| {
        config.session.idle_ttl = HOUR;
        config.session.absolute_ttl = HOUR;
    })
    .await;
    let got = tokens(&server, "openid offline_access", CUSTOMER).await;
    round_after(&server, HOUR + SHORT_OF_GRACE).await;
    assert_eq!(count(&server, "session").await, 1);
    round_after(&server, 11 * MINUTE).await;
    assert_eq!(count(&server, "session").await, 0);
    let (status, next) = refresh(&server, text(&got, "refresh_token")).await;
    assert_eq!(status, 200, "{next}");
    let access = text(&next, "access_token");
    assert_eq!(server.userinfo(access).await.0, 200);
}

/// RFC 9700, section 4.14.2: neither the living token nor what tells its reuse goes with the used
/// ones before it.
#[tokio::test]
async fn a_refresh_token_outlives_the_ones_before_it() {
    let server = TestServer::start().await;
    let first = tokens(&server, "openid offline_access", CUSTOMER).await;
    round_after(&server, 25 * GRACE).await;
    let (status, second) = refresh(&server, text(&first, "refresh_token")).await;
    assert_eq!(status, 200, "{second}");
    round_after(&server, 8 * GRACE).await;
    assert_eq!(count(&server, "refresh_token").await, 1, "the first went");
    let (status, third) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(status, 200, "{third}");
    round_after(&server, MINUTE).await;
    let (status, _) = refresh(&server, text(&second, "refresh_token")).await;
    assert_eq!(status, 400, "reuse");
    let reason = revoked_for(&server).await;
    assert_eq!(reason.as_deref(), Some("refresh token reused"));
}

#[tokio::test]
async fn what_lives_works_after_a_round() {
    let server = TestServer::start().await;
    let good = tokens(&server, "openid offline_access", CUSTOMER).await;
    let revoked = tokens(&server, "openid", CUSTOMER).await;
    let form = [("token", text(&revoked, "access_token"))];
    let answer = server.post_as(BOOKING_APP, "/revoke", &form).await;
    assert_eq!(answer, (200, Value::Null));
    let browser = Browser::new(&server);
    let login = Request::new("openid").send(&browser).await;
    round_after(&server, 9 * MINUTE).await;
    assert_eq!(server.userinfo(text(&good, "access_token")).await.0, 200);
    assert_eq!(server.userinfo(text(&revoked, "access_token")).await.0, 401);

    round_after(&server, 50 * MINUTE).await;
    let page = browser.sign_in(&login, CUSTOMER).await;
    assert!(page.answer("code").is_some(), "{page:?}");
    let late = Request::new("openid").send(&Browser::new(&server)).await;
    assert_eq!(late.url.path(), "/login");
    round_after(&server, HOUR + MINUTE).await;
    assert_eq!(count(&server, "continuation").await, 0);
    assert_eq!(refresh(&server, text(&good, "refresh_token")).await.0, 200);
}
