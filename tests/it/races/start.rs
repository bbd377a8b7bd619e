//! Servers that start at the same moment.

use std::collections::BTreeSet;

use super::{at_once, count};
use crate::support::database::TestDatabase;
use crate::support::process::{self, Process};

const ISSUER: &str = "http://localhost:3001";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_start_at_once_on_a_fresh_database_agree() {
    let database = TestDatabase::empty().await;
    let migrated = at_once(3, |_| {
        let url = database.url.clone();
        async move {
            let settings = [
                ("AUTH_DATABASE__URL", url.as_str()),
                ("AUTH_SERVER__ISSUER", ISSUER),
            ];
            process::run(&["migrate"], &settings).await
        }
    })
    .await;
    assert!(migrated.iter().all(std::process::ExitStatus::success));

    let replicas = at_once(3, |_| {
        let url = database.url.clone();
        async move { Process::serve(&url, ISSUER, &[]).await }
    })
    .await;
    let mut sets = BTreeSet::new();
    for replica in &replicas {
        let url = format!("{}/.well-known/jwks.json", replica.base);
        sets.insert(reqwest::get(url).await.unwrap().text().await.unwrap());
        assert!(
            !replica.log().contains("\"level\":\"ERROR\""),
            "{}",
            replica.log()
        );
    }
    assert_eq!(sets.len(), 1, "{sets:?}");
    let keys = count(&database.pool, "SELECT count(*) FROM signing_key").await;
    let algorithms = "SELECT count(DISTINCT alg) FROM signing_key";
    assert_eq!((keys, count(&database.pool, algorithms).await), (4, 4));
    let secrets = count(&database.pool, "SELECT count(*) FROM server_secret").await;
    assert!(secrets <= 2, "{secrets}");
}
