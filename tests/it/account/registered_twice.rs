//! An address that is registered again before it is proved: by the same person, who pressed twice or
//! found no mail, nothing is asked for; a stranger's password never counts.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::entry::{GOOD, OTHER, column, press, register, signs_in, wait_for_waiting};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::mailbox::{kinds, link, links};
use crate::support::server::TestServer;

const NEW: &str = "newcomer@booking.test";

/// The one link that is good, of all that were mailed.
async fn good_link(server: &TestServer, browser: &Browser) -> String {
    let mut good = Vec::new();
    for link in links(server, NEW, "/verify-email").await {
        let page = browser.get(&link).await;
        match page.status {
            200 => good.push(link),
            status => assert_eq!(status, 410, "{}", page.body),
        }
    }
    assert_eq!(good.len(), 1, "{good:?}");
    good.remove(0)
}

/// Sent again after the answer: a reload of the form, or the button pressed once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_sent_again_asks_for_nothing_more() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.get("/create-account").await;
    // The second time, the person corrects the name, and writes the address as another device does.
    for (email, name) in [(NEW, "Jane"), ("Newcomer@BOOKING.test", "Jeanne")] {
        let fields = [("email", email), ("password", GOOD), ("given_name", name)];
        let sent = browser.submit(&page, &fields).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
    }
    let email = "Newcomer@booking.test";
    assert_eq!(column(&server, email, "a.name").await, ["Jeanne"]);
    assert_eq!(kinds(&server, email).await, ["mail-verify-email"]);
    let proved = press(&browser, &link(&server, email, "/verify-email").await).await;
    assert_eq!(browser.follow(proved).await.url.path(), "/login");
    assert!(signs_in(&browser, NEW, GOOD).await);
}

/// Each has looked whether there is an account before the other has made one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_clicks_at_once_ask_for_nothing_more() {
    let server = Arc::new(TestServer::start().await);
    let replica = Arc::new(server.replica().await);
    let pool = &server.app.pool;
    let mut barrier = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE mailed_token IN EXCLUSIVE MODE")
        .execute(&mut *barrier)
        .await
        .unwrap();
    let mut calls = JoinSet::new();
    for at in [&server, &replica] {
        let at = Arc::clone(at);
        calls.spawn(async move {
            let body = json!({ "email": NEW, "password": GOOD });
            Api::new(&at).post("/register", body).await.ok(202);
        });
    }
    wait_for_waiting(pool, 2).await;
    barrier.commit().await.unwrap();
    calls.join_all().await;
    let browser = Browser::new(&server);
    assert_eq!(kinds(&server, NEW).await.len(), 2);
    press(&browser, &good_link(&server, &browser).await).await;
    assert!(signs_in(&browser, NEW, GOOD).await);
}

/// Whoever comes first, and however often: two passwords came, so none of them counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_before_between_or_after_is_kept_out() {
    for passwords in [
        &[OTHER, GOOD][..],
        &[OTHER, OTHER, GOOD],
        &[GOOD, OTHER],
        &[OTHER, GOOD, GOOD],
    ] {
        let server = TestServer::start().await;
        let browser = Browser::new(&server);
        for password in passwords {
            register(&Browser::new(&server), NEW, password).await;
        }
        for link in links(&server, NEW, "/verify-email").await {
            assert_eq!(browser.get(&link).await.status, 410, "{passwords:?}");
        }
        let page = browser
            .get(&link(&server, NEW, "/reset-password").await)
            .await;
        let mine = "trois-cailloux-bleus-au-soleil";
        let done = browser.submit(&page, &[("new_password", mine)]).await;
        assert_eq!(browser.follow(done).await.url.path(), "/login");
        for registered in [OTHER, GOOD] {
            assert!(!signs_in(&Browser::new(&server), NEW, registered).await);
        }
        assert!(signs_in(&browser, NEW, mine).await);
    }
}

/// That a password is the same one is seen by its hash; between two addresses nothing is seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_password_at_two_addresses_has_two_hashes() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let mut hashes = Vec::new();
    for email in [NEW, "another@booking.test"] {
        let body = json!({ "email": email, "password": GOOD });
        api.post("/register", body).await.ok(202);
        hashes.extend(column(&server, email, "u.password_hash").await);
    }
    let salt = |hash: &String| hash.split('$').nth(4).unwrap().to_owned();
    assert_ne!(salt(&hashes[0]), salt(&hashes[1]), "{hashes:?}");
}
