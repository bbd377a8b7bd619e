//! `client`.

use serde_json::json;

use super::{Directory, refuses, run, succeeds};
use crate::support::flow::CALLBACK;
use crate::support::server::TestServer;

#[tokio::test]
async fn clients_are_added_listed_and_removed() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = Directory::new();
    let metadata = json!({
        "client_name": "Ticket machine", "redirect_uris": [CALLBACK],
        "grant_types": ["client_credentials"], "response_types": [], "scope": "artists:read",
    });
    let file = directory.file("client.json", &metadata.to_string());
    let args = ["client", "add", "--first-party", "--metadata", &file];
    let added = succeeds(run(url, &args).await, &["client_id", "shown this once"]);
    let word = |name: &str| {
        let line = added.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let (id, secret) = (word("client_id"), word("client_secret"));
    let line = format!("{id}  Ticket machine\n");
    succeeds(
        run(url, &["client", "list"]).await,
        &[&line, "booking-spa  Booking SPA\n"],
    );
    let known = server.app.clients.get(&id).await.unwrap().unwrap();
    assert!(known.first_party);
    // The server that runs knows it at once.
    let form = [("grant_type", "client_credentials")];
    let (status, body) = server.post_as((&id, &secret), "/token", &form).await;
    assert_eq!(status, 200, "{body}");

    let remove = ["client", "remove", id.as_str()];
    succeeds(run(url, &remove).await, &[&format!("{id} was removed")]);
    let list = succeeds(run(url, &["client", "list"]).await, &[]);
    assert!(!list.contains(&id), "{list}");
    let again = run(url, &remove).await;
    refuses(&again, &[&format!("there is no client {id}")]);
    let hyphen = run(url, &["client", "remove", "-id"]).await;
    refuses(&hyphen, &["there is no client -id"]);
}

#[tokio::test]
async fn only_a_first_party_client_may_manage_accounts() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = Directory::new();
    let metadata = json!({
        "client_name": "Our app", "redirect_uris": ["https://app.example/callback"],
        "token_endpoint_auth_method": "none", "scope": "openid account",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let file = directory.file("client.json", &metadata.to_string());
    let add = ["client", "add", "--metadata", &file];
    refuses(
        &run(url, &add).await,
        &["account is unknown or is given by an administrator only"],
    );
    let add = ["client", "add", "--first-party", "--metadata", &file];
    succeeds(run(url, &add).await, &["client_id"]);
}

#[tokio::test]
async fn metadata_that_cannot_be_used_is_refused_with_the_reason() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = Directory::new();
    let before = succeeds(run(url, &["client", "list"]).await, &[]);
    for (name, content, words) in [
        ("not.json", "{", &["not.json"][..]),
        ("list.json", "[]", &["list.json"]),
        ("empty.json", "{}", &["redirect_uris"]),
        (
            "evil.json",
            r#"{"redirect_uris": ["javascript:alert(1)"]}"#,
            &["redirect_uri"],
        ),
    ] {
        let file = directory.file(name, content);
        let output = run(url, &["client", "add", "--metadata", &file]).await;
        refuses(&output, words);
    }
    let missing = directory.name("missing.json");
    let output = run(url, &["client", "add", "--metadata", &missing]).await;
    refuses(&output, &["missing.json", "No such file"]);
    assert_eq!(succeeds(run(url, &["client", "list"]).await, &[]), before);
}
