//! `keys`.

use std::fs;

use super::{Directory, ISSUER, refuses, run, succeeds};
use crate::support::database::TestDatabase;
use crate::support::process::{Process, output};
use crate::support::server::{KEK, TestServer};

#[tokio::test]
async fn init_makes_a_key_and_never_overwrites_one() {
    let directory = Directory::new();
    let file = directory.name("keys/kek");
    // Before there is an issuer or a database.
    let settings = [("AUTH_KEYS__ENCRYPTION_KEY_FILE", file.as_str())];
    let printed = succeeds(
        output(&["keys", "init"], &settings).await,
        &[&file, "back it up"],
    );
    let key = fs::read_to_string(&file).unwrap();
    assert_eq!(key.len(), 44);
    assert!(!printed.contains(key.trim()));
    refuses(
        &output(&["keys", "init"], &settings).await,
        &[&file, "exists already", "never overwritten"],
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    // A server starts with it.
    let database = TestDatabase::new().await;
    let settings = [("AUTH_KEYS__ENCRYPTION_KEY", key.trim())];
    Process::serve(&database.url, ISSUER, &settings).await;
}

#[tokio::test]
async fn keys_are_listed_rotated_and_withdrawn() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let list = async || {
        let printed = succeeds(run(url, &["keys", "list"]).await, &[]);
        printed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let of = |lines: &[String], alg: &str, state: &str| -> Vec<String> {
        let found = lines.iter().filter(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words[1] == alg && words[2].trim_end_matches(',') == state
        });
        let kid = |line: &String| line.split_whitespace().next().unwrap().to_owned();
        found.map(kid).collect()
    };
    let first = list().await;
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        assert_eq!(of(&first, alg, "Active").len(), 1, "{first:?}");
    }

    // Ahead: the new key is published and the old one signs on.
    let made = succeeds(
        run(url, &["keys", "rotate", "--alg", "ES256"]).await,
        &["ES256 signs from"],
    );
    assert_eq!(made.lines().count(), 1, "{made}");
    let rotated = list().await;
    assert_eq!(rotated.len(), first.len() + 1);
    assert_eq!(
        of(&rotated, "ES256", "Active"),
        of(&first, "ES256", "Active")
    );
    let published = of(&rotated, "ES256", "Published");
    assert!(
        made.starts_with(&published[0]),
        "{published:?} after: {made}"
    );

    // At once.
    let now = ["keys", "rotate", "--alg", "EdDSA", "--now"];
    let made = succeeds(run(url, &now).await, &["EdDSA signs from"]);
    let active = of(&list().await, "EdDSA", "Active");
    assert!(active.iter().any(|kid| made.starts_with(kid)), "{active:?}");

    let kid = &of(&first, "RS256", "Active")[0];
    let withdrawn = format!("{kid} was withdrawn");
    succeeds(
        run(url, &["keys", "withdraw", kid]).await,
        &[&withdrawn, "replaces it"],
    );
    let after = list().await;
    assert!(!of(&after, "RS256", "Active").contains(kid), "{after:?}");
    assert_eq!(of(&after, "RS256", "Active").len(), 1, "{after:?}");

    refuses(
        &run(url, &["keys", "withdraw", "nothing"]).await,
        &["there is no signing key nothing"],
    );
    // An id is base64url: it may look like an option.
    for kid in ["-nothing", "--nothing", "-hh-nothing"] {
        let words = format!("there is no signing key {kid}");
        refuses(&run(url, &["keys", "withdraw", kid]).await, &[&words]);
    }
    let unknown = run(url, &["keys", "rotate", "--alg", "HS256"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_reencrypt_only_the_new_key_opens_the_database() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = Directory::new();
    let old = directory.file("old", KEK);
    let new = directory.name("new");
    let with_new = [
        ("DATABASE_URL", url.as_str()),
        ("AUTH_SERVER__ISSUER", ISSUER),
        ("AUTH_KEYS__ENCRYPTION_KEY_FILE", &new),
    ];
    let reencrypt = ["keys", "reencrypt", "--old", &old];
    refuses(
        &output(&reencrypt, &with_new).await,
        &["there is no key-encryption key at", &new],
    );
    succeeds(output(&["keys", "init"], &with_new).await, &[]);
    // The key that sealed nothing yet opens nothing.
    let wrong = ["keys", "reencrypt", "--old", &new];
    refuses(&output(&wrong, &with_new).await, &["cannot be opened"]);
    succeeds(
        output(&reencrypt, &with_new).await,
        &["sealed with the new key", "restart the replicas"],
    );

    let key = fs::read_to_string(&new).unwrap();
    let settings = [("AUTH_KEYS__ENCRYPTION_KEY", key.trim())];
    Process::serve(url, ISSUER, &settings).await;
    let refused = run(url, &["serve"]).await;
    refuses(&refused, &["is not the one that sealed this database"]);
}
