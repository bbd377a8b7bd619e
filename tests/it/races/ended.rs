//! A session ends while something is asked for in it that would outlive it: it is not done.

use std::sync::Arc;

use auth_api::cli::demo::PASSWORD;
use auth_api::foundation::secret::Secret;
use reqwest::Method;
use serde_json::json;
use sqlx::{Postgres, Transaction};

use super::count;
use super::outlived::reset;
use crate::account::entry::{GOOD, forgot, signs_in, wait_for_waiting};
use crate::factors::enrol_app;
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::link;
use crate::support::server::TestServer;

const NEW: &str = "new@booking.test";
const CHANGES: &str = "SELECT count(*) FROM mailed_token
                       WHERE purpose IN ('change_email', 'undo_email_change')";

async fn signed_in(server: &TestServer) -> Browser {
    let browser = Browser::new(server);
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    browser
}

/// Everything that changes accounts waits for this.
async fn held(server: &TestServer) -> Transaction<'static, Postgres> {
    let mut tx = server.app.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM user_account FOR NO KEY UPDATE")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_of_address_does_not_outlive_a_reset_of_the_password() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    let page = thief.get("/account/email").await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let by_json = api.request(Method::POST, "/email/change");
    let by_json = by_json.json(&json!({ "email": "other@booking.test" }));
    let tx = reset(&server).await;
    let asking = tokio::spawn(async move { thief.submit(&page, &[("email", NEW)]).await });
    let by_json = tokio::spawn(by_json.send());
    wait_for_waiting(&server.app.pool, 2).await;
    tx.commit().await.unwrap();
    let to = asking.await.unwrap().location().unwrap();
    assert_eq!(to.path(), "/login");
    assert_eq!(by_json.await.unwrap().unwrap().status(), 401);
    assert_eq!(count(&server.app.pool, CHANGES).await, 0);
    let letters = "SELECT count(*) FROM mail WHERE template LIKE '%email-change%'";
    assert_eq!(count(&server.app.pool, letters).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_a_sign_out_of_all_other_sessions() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    let page = thief.get("/account/email").await;
    let own = Api::signed_in(&server, CUSTOMER).await;
    let tx = held(&server).await;
    let asking = tokio::spawn(async move { thief.submit(&page, &[("email", NEW)]).await });
    wait_for_waiting(&server.app.pool, 1).await;
    own.delete("/me/sessions").await.ok(204);
    tx.commit().await.unwrap();
    let to = asking.await.unwrap().location().unwrap();
    assert_eq!(to.path(), "/login");
    assert_eq!(count(&server.app.pool, CHANGES).await, 0);
}

/// The other order: whoever ends the session waits for the change, and takes it back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_takes_back_the_change_that_was_just_asked_for() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    let own = Api::signed_in(&server, CUSTOMER).await;
    // As a change is asked for: the session is held, the token there, nothing committed.
    let mut tx = held(&server).await;
    for statement in [
        "SELECT FROM session WHERE client_id IS NULL FOR SHARE",
        "INSERT INTO mailed_token (token_hash, purpose, id_user, email, created_at, expires_at)
         SELECT sha256('t'), 'change_email', id_user, 'new@booking.test', now(),
                now() + interval '1 hour'
         FROM session WHERE client_id IS NULL",
    ] {
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
    }
    let ending = own.request(Method::DELETE, "/me/sessions");
    let ending = tokio::spawn(ending.send());
    wait_for_waiting(&server.app.pool, 1).await;
    tx.commit().await.unwrap();
    assert_eq!(ending.await.unwrap().unwrap().status(), 204);
    let live = "SELECT count(*) FROM mailed_token WHERE withdrawn_at IS NULL";
    assert_eq!(count(&server.app.pool, live).await, 0);
    assert_eq!(thief.get("/account").await.status, 303);
}

/// Whoever ends sessions holds them before the change that waits, and is not alone in that: neither
/// waits for the other for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_and_a_link_that_ends_everything_do_not_refuse_each_other() {
    for page in ["/undo-email-change", "/reset-password"] {
        let server = TestServer::start().await;
        let api = Api::new(&server);
        let thief = signed_in(&server).await;
        let form = thief.get("/account/email").await;
        thief.submit(&form, &[("email", NEW)]).await;
        forgot(&Browser::new(&server), CUSTOMER).await;
        let link = link(&server, CUSTOMER, page).await;
        let token = link.split("token=").nth(1).unwrap();
        let request = if page == "/undo-email-change" {
            let request = api.request(Method::POST, "/email/undo");
            request.json(&json!({ "token": token }))
        } else {
            let request = api.request(Method::POST, "/password/reset");
            request.json(&json!({ "token": token, "new_password": GOOD }))
        };
        // As sessions are ended from another one, halfway.
        let mut tx = server.app.pool.begin().await.unwrap();
        sqlx::query("UPDATE session SET ended_at = now() WHERE ended_at IS NULL")
            .execute(&mut *tx)
            .await
            .unwrap();
        let pressing = tokio::spawn(request.send());
        wait_for_waiting(&server.app.pool, 1).await;
        sqlx::query(
            "UPDATE mailed_token SET withdrawn_at = now()
             WHERE purpose = 'change_email' AND used_at IS NULL AND withdrawn_at IS NULL",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let pressed = pressing.await.unwrap().unwrap();
        assert!(pressed.status().is_success(), "{page} {}", pressed.status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_protects_the_account_is_not_changed_in_a_session_that_has_ended() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    enrol_app(&server, &thief).await;
    let adding = thief.visit("/account/factors/totp").await;
    let app = AuthenticatorApp::with_key(&adding.text("key").unwrap());
    let codes = thief.visit("/account/factors/recovery-codes").await;
    let first = "SELECT '/account/factors/' || id || '/remove' FROM factor";
    let first: String = sqlx::query_scalar(first)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    let removing = thief.get(&first).await;
    let events = "SELECT count(*) FROM audit_event";
    let before = count(&server.app.pool, events).await;
    let code = app.next_code(&server);
    let thief = Arc::new(thief);
    let tx = reset(&server).await;
    let mut asked = Vec::new();
    for (page, code) in [
        (adding, code),
        (codes, String::new()),
        (removing, String::new()),
    ] {
        let thief = Arc::clone(&thief);
        asked.push(tokio::spawn(async move {
            let fields = [("code", code.as_str()), ("name", "Other")];
            thief.submit(&page, &fields).await
        }));
    }
    wait_for_waiting(&server.app.pool, 3).await;
    tx.commit().await.unwrap();
    for asked in asked {
        let answer = asked.await.unwrap();
        let to = answer.location().map(|to| to.path().to_owned());
        assert_eq!(to.as_deref(), Some("/login"), "{}", answer.body);
    }
    assert_eq!(count(&server.app.pool, events).await, before);
    let factors = "SELECT count(*) FROM factor";
    assert_eq!(count(&server.app.pool, factors).await, 1);
}

/// A password with a bcrypt hash of an older database.
async fn older_hash(server: &TestServer) {
    sqlx::query("UPDATE users SET password_hash = $1 WHERE email = $2")
        .bind(bcrypt::hash(PASSWORD, 4).unwrap())
        .bind(CUSTOMER)
        .execute(&server.app.pool)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_that_changes_while_its_hash_is_renewed_is_not_accepted() {
    let server = TestServer::start().await;
    older_hash(&server).await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let new = server.app.passwords.hash(Secret::new(GOOD)).await.unwrap();
    let mut tx = server.app.pool.begin().await.unwrap();
    sqlx::query("UPDATE users SET password_hash = $1 WHERE email = $2")
        .bind(new.expose())
        .bind(CUSTOMER)
        .execute(&mut *tx)
        .await
        .unwrap();
    let fields = [("username", CUSTOMER), ("password", PASSWORD)];
    let by_page = tokio::spawn(async move { browser.submit(&page, &fields).await });
    let by_json = Api::new(&server).request(Method::POST, "/login");
    let by_json = by_json.json(&json!({ "email": CUSTOMER, "password": PASSWORD }));
    let by_json = tokio::spawn(by_json.send());
    wait_for_waiting(&server.app.pool, 2).await;
    tx.commit().await.unwrap();
    let by_page = by_page.await.unwrap();
    assert_eq!(by_page.location(), None, "{}", by_page.status);
    assert_eq!(by_json.await.unwrap().unwrap().status(), 401);
    let pool = &server.app.pool;
    assert_eq!(count(pool, "SELECT count(*) FROM session").await, 0);
    let refused = "SELECT count(*) FROM audit_event WHERE kind = 'sign_in_refused'";
    assert_eq!(count(pool, refused).await, 2);
    Api::new(&server).login(CUSTOMER, GOOD).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_renew_the_hash_at_once_both_are_let_in() {
    let server = TestServer::start().await;
    older_hash(&server).await;
    let mut tx = server.app.pool.begin().await.unwrap();
    sqlx::query("SELECT FROM users FOR UPDATE")
        .execute(&mut *tx)
        .await
        .unwrap();
    let both = [0, 1].map(|_| {
        let login = Api::new(&server).request(Method::POST, "/login");
        let login = login.json(&json!({ "email": CUSTOMER, "password": PASSWORD }));
        tokio::spawn(login.send())
    });
    wait_for_waiting(&server.app.pool, 2).await;
    tx.commit().await.unwrap();
    for login in both {
        assert_eq!(login.await.unwrap().unwrap().status(), 200);
    }
    let renewed = "SELECT count(*) FROM users
                   WHERE email = 'customer@booking.test' AND password_hash LIKE '$argon2id$%'";
    assert_eq!(count(&server.app.pool, renewed).await, 1);
}
