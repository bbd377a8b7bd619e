//! `resource` and `role`: what an operator sets so that an API can be called.

use serde_json::json;

use super::{Directory, refuses, run, succeeds};
use crate::support::flow::{self, ADMIN, BOOKING_APP, Request, payload, text};
use crate::support::server::TestServer;

fn invoices() -> serde_json::Value {
    json!({"identifier": "https://invoices.example", "name": "Invoices", "permissions": [{
        "name": "invoices:read", "description_en": "See your invoices",
        "description_fr": "Consulter vos factures"}]})
}

#[tokio::test]
async fn an_api_and_a_role_that_were_set_reach_tokens() {
    let server = TestServer::start().await;
    let directory = Directory::new();
    let url = server.database.url.clone();
    let run = async |args: &[&str]| run(&url, args).await;
    let file = directory.file("invoices.json", &invoices().to_string());
    let set = [
        "resource",
        "set",
        "--file",
        &file,
        "--client",
        BOOKING_APP.0,
    ];
    succeeds(run(&set).await, &["https://invoices.example"]);
    succeeds(
        run(&["resource", "list"]).await,
        &["Invoices  invoices:read"],
    );
    let role = [
        "role",
        "set",
        "--name",
        "admin",
        "--permission",
        "invoices:read",
    ];
    succeeds(run(&role).await, &["admin has invoices:read"]);
    succeeds(
        run(&["role", "list"]).await,
        &["admin  [\"invoices:read\"]", "customer"],
    );

    sqlx::query(
        r#"UPDATE client SET metadata = metadata || '{"scope": "openid roles invoices:read"}'
           WHERE client_id = 'booking-app'"#,
    )
    .execute(&server.database.pool)
    .await
    .unwrap();
    server.app.clients.invalidate(BOOKING_APP.0);
    server.app.resources.invalidate();
    let request =
        Request::new("openid roles invoices:read").with("resource", "https://invoices.example");
    let code = request
        .code(&crate::support::browser::Browser::new(&server), ADMIN)
        .await;
    let (_, tokens) = code.redeem(&server).await;
    let access = payload(text(&tokens, "access_token"));
    assert_eq!(access["aud"], "https://invoices.example");
    assert_eq!(access["permissions"], json!(["invoices:read"]));

    succeeds(
        run(&["resource", "remove", "https://invoices.example"]).await,
        &["was removed"],
    );
    server.app.resources.invalidate();
    let page = flow::Request::new("openid")
        .with("resource", "https://invoices.example")
        .send(&crate::support::browser::Browser::new(&server))
        .await;
    assert_eq!(page.answer("error").as_deref(), Some("invalid_target"));
}

#[tokio::test]
async fn what_is_no_api_is_refused_and_nothing_is_kept() {
    let server = TestServer::start().await;
    let directory = Directory::new();
    let url = &server.database.url;
    let before = succeeds(run(url, &["resource", "list"]).await, &[]);
    for (change, client, words) in [
        (json!({"identifier": "invoices"}), None, "absolute URI"),
        (
            json!({"identifier": "https://a.example/#x"}),
            None,
            "absolute URI",
        ),
        (
            json!({"permissions": [{"name": "read", "description_en": "", "description_fr": ""}]}),
            None,
            "no permission",
        ),
        (json!({"colour": "red"}), None, "unknown field"),
        (json!({}), Some("nobody"), "no client nobody"),
    ] {
        let mut described = invoices();
        described
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let file = directory.file("api.json", &described.to_string());
        let mut args = vec!["resource", "set", "--file", &file];
        args.extend(client.iter().flat_map(|client| ["--client", client]));
        refuses(&run(url, &args).await, &[words]);
    }
    refuses(
        &run(url, &["resource", "remove", "nothing"]).await,
        &["no API nothing"],
    );
    assert_eq!(succeeds(run(url, &["resource", "list"]).await, &[]), before);
}
