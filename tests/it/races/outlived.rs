//! What was under way when a password was changed, a session or an account ended: none of it comes
//! out on the other side.

use std::time::Duration;

use auth_api::authn::factors::email_code::{self, Sent};
use auth_api::cli::demo::PASSWORD;
use auth_api::http::context::RequestContext;
use auth_api::i18n::Locale;
use auth_api::mail::Recipient;
use reqwest::Method;
use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::count;
use crate::account::entry::wait_for_waiting;
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

/// A new password on its way: everything is done, but not yet committed.
pub async fn reset(server: &TestServer) -> Transaction<'static, Postgres> {
    let mut tx = server.app.pool.begin().await.unwrap();
    for statement in [
        "UPDATE user_account SET password_changed_at = now()",
        "UPDATE users SET password_hash = '!'",
        "UPDATE session SET ended_at = now() WHERE ended_at IS NULL",
        "UPDATE oauth_grant SET revoked_at = now(), revoked_reason = 'test'",
    ] {
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
    }
    tx
}

const LIVE: &str = "SELECT count(*) FROM session WHERE ended_at IS NULL";

/// Somebody signs in, by page and by JSON, while `change` is about to be committed: neither comes out
/// on the other side.
async fn neither_way_in_outlives(
    server: &TestServer,
    change: impl AsyncFnOnce() -> Transaction<'static, Postgres>,
) {
    let browser = Browser::new(server);
    let page = browser.get("/login").await;
    let by_json = Api::new(server).request(Method::POST, "/login");
    let by_json = by_json.json(&json!({ "email": CUSTOMER, "password": PASSWORD }));
    let tx = change().await;
    let fields = [("username", CUSTOMER), ("password", PASSWORD)];
    let signing_in = tokio::spawn(async move { browser.submit(&page, &fields).await });
    let by_json = tokio::spawn(async move { by_json.send().await.unwrap() });
    wait_for_waiting(&server.app.pool, 2).await;
    tx.commit().await.unwrap();
    let answer = signing_in.await.unwrap();
    let to = answer.location().unwrap();
    assert_eq!((to.path(), to.query()), ("/login", Some("over=1")));
    assert_eq!(by_json.await.unwrap().status(), 401);
    assert_eq!(count(&server.app.pool, LIVE).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_in_with_the_old_password_does_not_outlive_the_new_one() {
    let server = TestServer::start().await;
    neither_way_in_outlives(&server, async || reset(&server).await).await;
    let known = "SELECT count(*) FROM known_device";
    assert_eq!(count(&server.app.pool, known).await, 0);
}

/// The password was verified while there was no second factor; by now there is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_alone_does_not_outrun_the_second_factor() {
    let server = TestServer::start().await;
    let enrolled = async || {
        let mut tx = server.app.pool.begin().await.unwrap();
        for statement in [
            "SELECT FROM user_account FOR UPDATE",
            "INSERT INTO factor (id, id_user, kind, name, created_at)
             SELECT gen_random_uuid(), id_user, 'email', 'Email', now() FROM user_account",
        ] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx
    };
    neither_way_in_outlives(&server, enrolled).await;
}

/// With a second factor: as the first step ends, and as the second does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn neither_step_outlives_the_password_that_it_began_with() {
    let server = TestServer::start().await;
    let phone = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let api = Api::new(&server);
    let due = api.login(CUSTOMER, PASSWORD).await;
    let due = due.problem(403, "mfa_required");
    let second = api.request(Method::POST, "/login/factor").json(&json!({
        "mfa_token": due.text("mfa_token"), "method": "totp", "code": phone.next_code(&server),
    }));
    let first = api.request(Method::POST, "/login");
    let first = first.json(&json!({ "email": CUSTOMER, "password": PASSWORD }));
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let fields = [("username", CUSTOMER), ("password", PASSWORD)];
    let tx = reset(&server).await;
    let entered = tokio::spawn(async move { browser.submit(&page, &fields).await });
    let steps = [first, second].map(|step| tokio::spawn(step.send()));
    wait_for_waiting(&server.app.pool, 3).await;
    tx.commit().await.unwrap();
    let to = entered.await.unwrap().location().unwrap();
    assert_eq!((to.path(), to.query()), ("/login", Some("over=1")));
    for step in steps {
        assert_eq!(step.await.unwrap().unwrap().status(), 401);
    }
    let pool = &server.app.pool;
    assert_eq!(count(pool, LIVE).await, 0);
    assert_eq!(count(pool, "SELECT count(*) FROM sign_in_attempt").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_that_is_made_while_the_session_ends_is_none() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid offline_access").send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
    let tx = reset(&server).await;
    let allowing = tokio::spawn(async move {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        browser.follow(next).await
    });
    wait_for_waiting(&server.app.pool, 1).await;
    tx.commit().await.unwrap();
    let answer = allowing.await.unwrap();
    assert_eq!(answer.answer("code"), None, "{:?}", answer.location());
    let live = "SELECT count(*) FROM oauth_grant WHERE revoked_at IS NULL";
    assert_eq!(count(&server.app.pool, live).await, 0);
}

/// The other order: whoever ends the session waits for the code, and takes back what it is for.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_that_ends_takes_back_what_was_just_granted_in_it() {
    let server = TestServer::start().await;
    let own = Api::signed_in(&server, CUSTOMER).await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    browser.sign_in(&page, CUSTOMER).await;
    let sid = "SELECT sid FROM session WHERE client_id IS NULL";
    let sid: Uuid = sqlx::query_scalar(sid)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    // As a code is made: the session is held, the grant there, nothing committed.
    let mut tx = server.app.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM session WHERE sid = $1 FOR SHARE")
        .bind(sid)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO oauth_grant (id, client_id, id_user, sid, scope, resource, auth_time, acr, amr,
                                  created_at, expires_at)
         SELECT gen_random_uuid(), 'booking-app', id_user, sid, '{openid,offline_access}', '{}',
                auth_time, acr, amr, now(), now() + interval '1 day'
         FROM session WHERE sid = $1",
    )
    .bind(sid)
    .execute(&mut *tx)
    .await
    .unwrap();
    let ending = own.request(Method::DELETE, &format!("/me/sessions/{sid}"));
    let ending = tokio::spawn(async move { ending.send().await.unwrap() });
    wait_for_waiting(&server.app.pool, 1).await;
    tx.commit().await.unwrap();
    assert_eq!(ending.await.unwrap().status(), 204);
    let live = "SELECT count(*) FROM oauth_grant
                WHERE revoked_at IS NULL AND client_id = 'booking-app'";
    assert_eq!(count(&server.app.pool, live).await, 0);
}

#[tokio::test]
async fn a_mailed_code_takes_one_connection() {
    let server = TestServer::start().await;
    let attempt = Uuid::nil();
    for statement in [
        "INSERT INTO factor (id, id_user, kind, name, created_at)
         SELECT gen_random_uuid(), id_user, 'email', 'mail', now() FROM users
         WHERE email = 'customer@booking.test'",
        "INSERT INTO sign_in_attempt (id, id_user, browser_hash, amr, created_at, expires_at)
         SELECT '00000000-0000-0000-0000-000000000000', id_user, sha256('b'), '{pwd}', now(),
                now() + interval '10 minutes'
         FROM factor",
    ] {
        let done = sqlx::query(statement).execute(&server.app.pool).await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    }
    let id_user: i32 = sqlx::query_scalar("SELECT id_user FROM factor")
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    // All others are in the hands of requests that do the same at this moment.
    let last = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(2))
        .connect(&server.database.url)
        .await
        .unwrap();
    let to = Recipient {
        id_user: Some(id_user),
        email: CUSTOMER,
        name: None,
        locale: Locale::default(),
    };
    let context = RequestContext::none(server.app.clock.now());
    for expected in [true, false] {
        let sent = email_code::send(&last, &server.app.mail, attempt, id_user, &to, &context);
        let sent = sent.await.unwrap();
        assert_eq!(sent == Sent::Mailed, expected, "{sent:?}");
    }
    // The second was too soon, which is no attempt.
    let counted = "SELECT failures::bigint FROM throttle";
    assert_eq!(count(&server.app.pool, counted).await, 1);
}
