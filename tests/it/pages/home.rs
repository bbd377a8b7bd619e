//! The start page: who is signed in, where else, and who was here last.

use std::time::Duration;

use super::told::{assert_safe, english, settled, sql};
use crate::support::browser::Page;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_stranger_is_welcomed() {
    let server = TestServer::start().await;
    let page = english(&server).await.get("/").await;
    assert_eq!(page.status, 200);
    assert_safe(&page);
    assert!(page.body.contains("id=\"sign-in\"") && page.body.contains("href=\"/login\""));
}

#[tokio::test]
async fn it_counts_the_sessions_that_are_open() {
    let server = TestServer::with(|config| {
        config.session.idle_ttl = Duration::from_hours(2);
    })
    .await;
    let shows = |page: &Page, open: u8| page.body.contains(&format!("{open} open, this one"));
    let first = settled(&server, "openid", CUSTOMER).await;
    let page = first.get("/").await;
    assert!(shows(&page, 1), "{}", page.body);
    assert!(page.body.contains("This is your first sign-in"));
    settled(&server, "openid", ADMIN).await;
    settled(&server, "openid", CUSTOMER).await;
    let page = first.get("/").await;
    assert!(shows(&page, 2), "{}", page.body);
    assert!(
        page.body.contains("<time datetime="),
        "when the other sign-in was"
    );
    // The second browser is not used any more: its session has ended.
    for _ in 0..2 {
        server.app.clock.advance(Duration::from_mins(90));
        let page = first.get("/").await;
        assert!(page.body.contains(CUSTOMER));
    }
    assert!(shows(&first.get("/").await, 1));
}

#[tokio::test]
async fn a_seed_user_without_any_claim_has_a_page_too() {
    let server = TestServer::start().await;
    sql(
        &server,
        "INSERT INTO users (email, password_hash)
         SELECT 'bare@booking.test', password_hash FROM users WHERE email = 'admin@booking.test'",
    )
    .await;
    let browser = english(&server).await;
    let page = browser
        .sign_in(&browser.get("/login").await, "bare@booking.test")
        .await;
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert!(page.body.contains("bare@booking.test"));
    assert_safe(&page);
}
