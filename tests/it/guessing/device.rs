//! Browsers that are known.

use std::time::Duration;

use auth_api::authn::candidate;
use auth_api::authn::device::{self, LIFETIME, forget_all, remember};
use auth_api::foundation::secret::Secret;
use sqlx::PgPool;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

const START: OffsetDateTime = datetime!(2026-11-22 12:00 UTC);

async fn ids(pool: &PgPool) -> Vec<i32> {
    sqlx::query_scalar("SELECT id_user FROM users ORDER BY email = $1 DESC, id_user")
        .bind(CUSTOMER)
        .fetch_all(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_browser_is_known_to_those_who_signed_in_there_as_long_as_they_come() {
    let server = TestServer::start().await;
    let pool = &server.app.pool;
    let ids = ids(pool).await;
    let browser = Secret::generate();
    let known = async |id, now| {
        let by_id = device::is_known(pool, &browser, id, now).await.unwrap();
        if id == ids[0] {
            let found = candidate::find(pool, CUSTOMER, Some(&browser), now).await;
            assert_eq!(found.unwrap().unwrap().device_known, by_id);
        }
        by_id
    };
    assert!(!known(ids[0], START).await);
    assert!(!remember(pool, &browser, ids[0], START).await.unwrap());
    assert!(known(ids[0], START).await);
    assert!(!known(ids[1], START).await);
    assert!(
        !device::is_known(pool, &Secret::generate(), ids[0], START)
            .await
            .unwrap()
    );
    // Each visit moves the end.
    let later = START + LIFETIME - Duration::from_secs(1);
    assert!(remember(pool, &browser, ids[0], later).await.unwrap());
    assert!(known(ids[0], later + LIFETIME - Duration::from_secs(1)).await);
    let end = later + LIFETIME;
    assert!(!known(ids[0], end).await);
    assert!(!remember(pool, &browser, ids[0], end).await.unwrap());
    remember(pool, &browser, ids[1], end).await.unwrap();
    forget_all(pool, ids[0]).await.unwrap();
    assert!(!known(ids[0], end).await);
    assert!(known(ids[1], end).await);
}

#[tokio::test]
async fn of_many_browsers_the_latest_are_known() {
    let server = TestServer::start().await;
    let pool = &server.app.pool;
    let ids = ids(pool).await;
    let browsers: Vec<Secret> = (0..60).map(|_| Secret::generate()).collect();
    let mut now = START;
    remember(pool, &browsers[0], ids[1], now).await.unwrap();
    for browser in &browsers {
        now += Duration::from_secs(1);
        remember(pool, browser, ids[0], now).await.unwrap();
        // The first one comes every day.
        remember(pool, &browsers[0], ids[0], now).await.unwrap();
    }
    for (number, browser) in browsers.iter().enumerate() {
        let known = device::is_known(pool, browser, ids[0], now).await.unwrap();
        assert_eq!(known, number == 0 || number > 10, "{number}");
    }
    assert!(
        device::is_known(pool, &browsers[0], ids[1], now)
            .await
            .unwrap()
    );
}
