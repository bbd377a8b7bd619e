//! `migrate`, `demo` and `registration-token`.

use auth_api::cli::demo;
use auth_api::config::RegistrationMode;
use serde_json::json;

use super::{Directory, ISSUER, refuses, run, succeeds};
use crate::support::database::TestDatabase;
use crate::support::flow::{BOOKING_APP, CALLBACK};
use crate::support::process::Process;
use crate::support::server::{TestServer, json as send};

#[tokio::test]
async fn migrate_twice_is_as_good_as_once() {
    let database = TestDatabase::empty().await;
    for _ in 0..2 {
        succeeds(
            run(&database.url, &["migrate"]).await,
            &["the database is up to date"],
        );
    }
    succeeds(run(&database.url, &["client", "list"]).await, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_takes_a_secret_of_its_own_only() {
    let database = TestDatabase::new().await;
    let directory = Directory::new();
    let demo = async |content: &str| {
        let file = directory.file("secret", content);
        run(&database.url, &["demo", "--client-secret-file", &file]).await
    };
    for bad in ["", "booking-app-secret", "thirty-one-characters-of-secret"] {
        refuses(&demo(bad).await, &["must be random", "32 characters"]);
    }
    let missing = directory.name("missing");
    let output = run(&database.url, &["demo", "--client-secret-file", &missing]).await;
    refuses(&output, &["missing", "No such file"]);
    succeeds(run(&database.url, &["client", "list"]).await, &[]);

    let secret = "thirty-two-characters-of-a-secret";
    for _ in 0..2 {
        succeeds(demo(&format!("{secret}\n")).await, &["client are there"]);
    }
    let list = succeeds(run(&database.url, &["client", "list"]).await, &[]);
    assert_eq!(list, "booking-app  Booking App\n");
    // As of every command, the trail tells what it changed: the second time, nothing.
    let trail = async || -> Vec<(String, String, Option<String>, String)> {
        let trail = "SELECT actor, kind, client_id, detail::text FROM audit_event ORDER BY id";
        let trail = sqlx::query_as(trail).fetch_all(&database.pool);
        trail.await.unwrap()
    };
    let noted = |kind: &str, client: Option<&str>, detail: &str| {
        let client = client.map(str::to_owned);
        (
            "operator".to_owned(),
            kind.to_owned(),
            client,
            detail.to_owned(),
        )
    };
    let mut told = vec![
        noted("role_set", None, r#"{"role": "admin"}"#),
        noted("role_set", None, r#"{"role": "manager"}"#),
        noted("role_set", None, r#"{"role": "customer"}"#),
        noted(
            "resource_set",
            None,
            r#"{"resource": "http://localhost:3003"}"#,
        ),
        noted(
            "resource_set",
            None,
            r#"{"resource": "http://localhost:3004"}"#,
        ),
        noted("client_registered", Some("booking-app"), "{}"),
    ];
    assert_eq!(trail().await, told);
    succeeds(demo("a-secret-that-is-another-one-than-before").await, &[]);
    succeeds(demo(secret).await, &[]);
    told.extend([
        noted("client_replaced", Some("booking-app"), "{}"),
        noted("client_replaced", Some("booking-app"), "{}"),
    ]);
    assert_eq!(trail().await, told);
    // Nobody to sign in as, and nothing published: the server may run where others reach it.
    assert!(demo::find(&database.pool).await.unwrap().is_empty());
    let server = Process::serve(&database.url, ISSUER, &[]).await;
    let form = [("grant_type", "authorization_code"), ("code", "x")];
    for (secret, error) in [(secret, "invalid_grant"), (BOOKING_APP.1, "invalid_client")] {
        let request = reqwest::Client::new().post(format!("{}/token", server.base));
        let request = request.basic_auth(BOOKING_APP.0, Some(secret)).form(&form);
        assert_eq!(send(request).await.1["error"], error);
    }
}

#[tokio::test]
async fn a_registration_token_registers_as_often_as_it_says() {
    let server =
        TestServer::with(|config| config.registration.mode = RegistrationMode::Token).await;
    let url = &server.database.url;
    let args = ["registration-token", "--label", "Partner", "--uses", "2"];
    let printed = succeeds(run(url, &args).await, &[]);
    let token = printed.trim_end();
    assert_eq!(token.len(), 43, "the token and nothing else: {printed}");
    let metadata = json!({"redirect_uris": [CALLBACK]});
    for (token, status) in [
        ("wrong", 401),
        (token, 201),
        (token, 201),
        // Used up.
        (token, 401),
    ] {
        let request = server.http.post(server.url("/register")).json(&metadata);
        let (answered, body) = send(request.bearer_auth(token)).await;
        assert_eq!(answered, status, "{body}");
    }
    let never = run(
        url,
        &["registration-token", "--label", "Partner", "--days", "0"],
    );
    assert_eq!(never.await.code, Some(2));
}
