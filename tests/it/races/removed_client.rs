//! A client is removed (RFC 7592, section 2.3, or by an administrator) while its people use it:
//! nobody waits for ever, nothing of it stays, and nobody is told that the server failed.

use std::sync::Arc;

use auth_api::cli::demo::PASSWORD;
use auth_api::clients::store;
use auth_api::foundation::secret::Secret;
use serde_json::json;
use sqlx::PgPool;

use super::{at_once, count, replicas};
use crate::account::entry::wait_for_waiting;
use crate::oauth::client::{TestClient, add};
use crate::support::api::{Api, MOBILE};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Code, text};
use crate::support::server::{TestServer, json as send};

const SCOPE: &str = "openid offline_access";

/// A client that may manage itself, and its registration access token.
async fn managed(server: &TestServer, id: &str) -> (TestClient, String) {
    let client = add(server, id, json!({})).await;
    let token = Secret::generate();
    let set = "UPDATE client SET registration_access_token_hash = $2 WHERE client_id = $1";
    sqlx::query(set)
        .bind(id)
        .bind(token.hash().to_vec())
        .execute(&server.database.pool)
        .await
        .unwrap();
    (client, token.expose().to_owned())
}

async fn code(client: &TestClient, browser: &Browser) -> Code {
    client.request(SCOPE).code(browser, CUSTOMER).await
}

async fn family(server: &TestServer, client: &TestClient, browser: &Browser) -> String {
    let code = code(client, browser).await;
    let (status, tokens) = client.post(server, "/token", &code.form()).await;
    assert_eq!(status, 200, "{tokens}");
    text(&tokens, "refresh_token").to_owned()
}

async fn remove(server: &TestServer, id: &str, token: &str) -> u16 {
    let request = server.http.delete(server.url(&format!("/register/{id}")));
    send(request.bearer_auth(token)).await.0
}

/// Nothing of a removed client is left.
async fn assert_gone(pool: &PgPool) {
    for statement in [
        "SELECT count(*) FROM client WHERE client_id LIKE 'removed%'",
        "SELECT count(*) FROM oauth_grant WHERE client_id LIKE 'removed%'",
        "SELECT count(*) FROM consent WHERE client_id LIKE 'removed%'",
        "SELECT count(*) FROM continuation WHERE client_id LIKE 'removed%'",
        "SELECT count(*) FROM refresh_token",
        "SELECT count(*) FROM authorization_code",
    ] {
        assert_eq!(count(pool, statement).await, 0, "{statement}");
    }
}

/// Holds the rows of a statement until it is dropped.
async fn hold(
    pool: &PgPool,
    statement: &'static str,
) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = pool.begin().await.unwrap();
    let done = sqlx::query(statement).execute(&mut *held).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    held
}

/// The deletion waits for the grant; a rotation that came after it must not hold the token that the
/// deletion will want next.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_and_a_redemption_wait_for_the_deletion_of_their_client() {
    let servers = replicas().await;
    let pool = &servers[0].database.pool;
    for redeems in [false, true] {
        let id = format!("removed-{redeems}");
        let (client, token) = managed(&servers[0], &id).await;
        let browser = Browser::new(&servers[0]);
        let form: Vec<(String, String)> = if redeems {
            let code = code(&client, &browser).await;
            let form = code.form().into_iter();
            form.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        } else {
            let token = family(&servers[0], &client, &browser).await;
            let form = [("grant_type", "refresh_token"), ("refresh_token", &token)];
            form.map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec()
        };
        let held = hold(pool, "SELECT FROM oauth_grant FOR UPDATE").await;
        let removing = tokio::spawn({
            let (server, id) = (Arc::clone(&servers[0]), id.clone());
            async move { remove(&server, &id, &token).await }
        });
        wait_for_waiting(pool, 1).await;
        let using = tokio::spawn({
            let server = Arc::clone(&servers[1]);
            async move {
                let form: Vec<(&str, &str)> = form
                    .iter()
                    .map(|(name, value)| (&**name, &**value))
                    .collect();
                client.post(&server, "/token", &form).await
            }
        });
        wait_for_waiting(pool, 2).await;
        held.rollback().await.unwrap();
        assert_eq!(removing.await.unwrap(), 204);
        let answer = using.await.unwrap();
        assert_eq!(
            (answer.0, &answer.1["error"]),
            (400, &"invalid_grant".into())
        );
        assert_gone(pool).await;
    }
}

/// A person has pressed "Allow", and the code is made while the client goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_that_is_made_waits_for_the_deletion_of_its_client() {
    let servers = replicas().await;
    let pool = &servers[0].database.pool;
    let (client, token) = managed(&servers[0], "removed").await;
    let browser = Browser::new(&servers[1]);
    let page = client.request(SCOPE).send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    let allowed = browser.submit(&page, &[("decision", "allow")]).await;
    let held = hold(pool, "SELECT FROM continuation FOR UPDATE").await;
    let removing = tokio::spawn({
        let server = Arc::clone(&servers[0]);
        async move { remove(&server, "removed", &token).await }
    });
    wait_for_waiting(pool, 1).await;
    let following = tokio::spawn(async move { browser.follow(allowed).await });
    wait_for_waiting(pool, 2).await;
    held.rollback().await.unwrap();
    assert_eq!(removing.await.unwrap(), 204);
    let told = following.await.unwrap();
    assert_eq!(told.text("error-code").as_deref(), Some("request_expired"));
    assert_gone(pool).await;
}

/// A sign-out ends the session first and the grant after it; so does whoever removes the client that
/// began both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_waits_for_the_deletion_of_its_client() {
    let servers = replicas().await;
    let pool = &servers[0].database.pool;
    let api = Api::new(&servers[0]);
    let mine = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let held = hold(pool, "SELECT FROM oauth_grant FOR UPDATE").await;
    let removing = tokio::spawn({
        let pool = pool.clone();
        async move {
            let mut tx = pool.begin().await.unwrap();
            assert!(store::client::delete(&mut tx, MOBILE).await.unwrap());
            tx.commit().await.unwrap();
        }
    });
    wait_for_waiting(pool, 1).await;
    let signing_out = tokio::spawn({
        let server = Arc::clone(&servers[1]);
        let logout = json!({"refresh_token": mine.text("refresh_token")});
        async move {
            Api::new(&server)
                .post("/logout", logout)
                .await
                .ok(204)
                .status
        }
    });
    wait_for_waiting(pool, 2).await;
    held.rollback().await.unwrap();
    removing.await.unwrap();
    assert_eq!(signing_out.await.unwrap(), 204);
    assert_eq!(count(pool, "SELECT count(*) FROM session").await, 0);
}

/// Everything at once, by two replicas: rotations, redemptions, revocations, the person's own
/// disconnecting, and the deletion by token or by an administrator.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_meets_a_deletion_neither_hangs_nor_fails() {
    let servers = replicas().await;
    let browser = Arc::new(Browser::new(&servers[0]));
    browser.get("/language?to=en").await;
    for round in 0..24 {
        let id = format!("removed-{round}");
        let (client, token) = managed(&servers[0], &id).await;
        let client = Arc::new(client);
        let mut tokens = Vec::new();
        let mut codes = Vec::new();
        for _ in 0..4 {
            tokens.push(family(&servers[0], &client, &browser).await);
            codes.push(code(&client, &browser).await);
        }
        let statuses = at_once(14, |number| {
            let server = Arc::clone(&servers[(number + round) % 2]);
            let (client, browser) = (Arc::clone(&client), Arc::clone(&browser));
            let (token, id) = (token.clone(), id.clone());
            let refresh_token = tokens[number % 4].clone();
            let code = codes[number % 4].clone();
            async move {
                match number {
                    0..=3 => client.refresh(&server, &refresh_token, &[]).await.0,
                    4..=7 => client.post(&server, "/token", &code.form()).await.0,
                    8 | 9 => {
                        let form = [("token", refresh_token.as_str())];
                        client.post(&server, "/revoke", &form).await.0
                    }
                    10 | 11 => client.request(SCOPE).send(&browser).await.status,
                    12 if round % 3 == 0 => {
                        let mut tx = server.database.pool.begin().await.unwrap();
                        store::client::delete(&mut tx, &id).await.unwrap();
                        tx.commit().await.unwrap();
                        204
                    }
                    12 => remove(&server, &id, &token).await,
                    _ => {
                        let question = format!("/account/apps?disconnect={id}");
                        let page = browser.get(&question).await;
                        browser.submit(&page, &[("disconnect", &id)]).await.status
                    }
                }
            }
        })
        .await;
        for status in &statuses {
            assert!(*status < 500, "{statuses:?} in round {round}");
        }
        assert!(statuses.contains(&204), "{statuses:?}");
        assert_gone(&servers[0].database.pool).await;
    }
}
