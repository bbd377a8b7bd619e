//! Challenges for passkeys that are asked for and not answered: each is a row, so there is a limit.

use serde_json::Value;

use super::passkey::{ask, challenge, sign_in};
use super::{enrol_passkey, signed_in};
use crate::support::browser::Browser;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// From one address at once.
const MOST: usize = 300;

async fn rows(server: &TestServer, table: &'static str) -> i64 {
    let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    let count = sqlx::query_scalar(count).fetch_one(&server.app.pool);
    count.await.unwrap()
}

#[tokio::test]
async fn an_address_has_so_many_and_then_one_a_second() {
    let server = TestServer::start().await;
    let known = signed_in(&server).await;
    let known_page = known.get("/account/factors").await;
    assert_eq!(known_page.status, 200);
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    for _ in 0..MOST {
        challenge(&browser, &page).await;
    }
    let refused = ask(&browser, &page).await;
    assert_eq!(refused.status, 429, "{}", refused.body);
    assert_eq!(refused.headers["retry-after"], "1");
    let told: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(told["error"], "temporarily_unavailable");
    // Whoever shares the address waits, too: but for a browser in which somebody has signed in.
    let neighbour = Browser::new(&server);
    let page = neighbour.get("/login").await;
    assert_eq!(ask(&neighbour, &page).await.status, 429);
    let before = rows(&server, "ceremony").await;
    let again = known.get("/logout").await;
    known.submit(&again, &[]).await;
    let page_of_known = known.get("/login").await;
    challenge(&known, &page_of_known).await;
    assert_eq!(rows(&server, "ceremony").await, before + 1);
    // A form of another browser costs nobody anything.
    let forged = neighbour.post("/login/passkey/options", &[("csrf", "x")]);
    assert_eq!(forged.await.status, 400);

    server.app.clock.advance(std::time::Duration::from_secs(1));
    challenge(&neighbour, &page).await;
    assert_eq!(ask(&neighbour, &page).await.status, 429);
    server.app.clock.advance(std::time::Duration::from_hours(2));
    for _ in 0..3 {
        challenge(&neighbour, &page).await;
    }
}

/// An office in which everybody signs in by passkey is never held up.
#[tokio::test]
async fn a_challenge_that_is_answered_does_not_count() {
    let server = TestServer::start().await;
    let owner = signed_in(&server).await;
    let mut key = Key::new(&server);
    enrol_passkey(&owner, &mut key, "Blue key").await;
    for _ in 0..3 {
        let browser = Browser::new(&server);
        let page = browser.get("/login").await;
        let asked = challenge(&browser, &page).await;
        assert_eq!(rows(&server, "throttle").await, 1);
        let credential = key.get(&asked["publicKey"]);
        let done = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
        assert_eq!(done.location().unwrap().path(), "/");
        assert_eq!(rows(&server, "throttle").await, 0);
    }
}
