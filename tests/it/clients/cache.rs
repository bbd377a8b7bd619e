use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use auth_api::clients::{Clients, store};
use serde_json::json;

use super::{client, named};
use crate::support::database::TestDatabase;

#[tokio::test]
async fn a_client_is_kept_until_it_is_invalidated_and_its_absence_is_not() {
    let database = TestDatabase::new().await;
    let pool = &database.pool;
    let clients = Clients::new(pool.clone());
    assert!(clients.get("app").await.unwrap().is_none());
    let mut stored = client("app", json!({"client_name": "Old"})).client;
    store::client::insert(pool, &stored).await.unwrap();
    let name = async || {
        clients
            .get("app")
            .await
            .unwrap()
            .unwrap()
            .metadata
            .client_name
            .clone()
    };
    assert_eq!(name().await.as_deref(), Some("Old"));
    stored.metadata = named("New");
    store::client::update(pool, &stored).await.unwrap();
    assert_eq!(name().await.as_deref(), Some("Old"), "from memory");
    clients.invalidate("app");
    assert_eq!(name().await.as_deref(), Some("New"));
    let mut connection = pool.acquire().await.unwrap();
    store::client::delete(&mut connection, "app").await.unwrap();
    drop(connection);
    clients.invalidate_all();
    assert!(clients.get("app").await.unwrap().is_none());
    database.drop().await;
}

/// Beginning to listen forgets everything once; that each later change is seen too shows that the
/// notifications arrive.
#[tokio::test]
async fn changes_by_another_replica_are_followed() {
    let database = TestDatabase::new().await;
    let pool = database.pool.clone();
    let clients = Arc::new(Clients::new(pool.clone()));
    let mut stored = client("app", json!({"client_name": "0"})).client;
    store::client::insert(&pool, &stored).await.unwrap();
    let followed = Arc::clone(&clients);
    let following = tokio::spawn(async move { followed.follow_changes().await });
    let seen = tokio::time::timeout(Duration::from_secs(20), async {
        let mut seen = BTreeSet::new();
        for change in 1.. {
            stored.metadata = named(&change.to_string());
            store::client::update(&pool, &stored).await.unwrap();
            let read = clients.get("app").await.unwrap().unwrap();
            seen.insert(read.metadata.client_name.clone());
            if seen.len() >= 4 {
                break;
            }
        }
        seen
    });
    assert_eq!(seen.await.unwrap().len(), 4);
    database.pool.close().await;
    tokio::time::timeout(Duration::from_secs(5), following)
        .await
        .expect("following ends with the pool")
        .unwrap();
    database.drop().await;
}
