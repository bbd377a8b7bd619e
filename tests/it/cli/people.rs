//! `user`, beyond adding: what an operator does when somebody asks for help.

use serde_json::json;

use super::{refuses, run, succeeds};
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::mailbox::link;
use crate::support::server::TestServer;

const PASSWORD: &str = auth_api::cli::demo::PASSWORD;

async fn noted(server: &TestServer) -> Vec<String> {
    let noted = "SELECT kind FROM audit_event WHERE actor = 'operator' ORDER BY id";
    let noted = sqlx::query_scalar(noted).fetch_all(&server.database.pool);
    noted.await.unwrap()
}

/// What waits to be sent, by the letters' names.
async fn mails(server: &TestServer) -> Vec<String> {
    let mails = sqlx::query_scalar("SELECT template FROM mail");
    mails.fetch_all(&server.database.pool).await.unwrap()
}

#[tokio::test]
async fn an_account_is_disabled_and_enabled() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let disable = ["user", "disable", "--email", CUSTOMER];
    succeeds(run(url, &disable).await, &["is disabled"]);
    refuses(&run(url, &disable).await, &["disabled already"]);
    api.get("/me/logins").await.problem(401, "invalid_token");
    let anyone = Api::new(&server);
    anyone
        .login(CUSTOMER, PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    let list = succeeds(run(url, &["user", "list"]).await, &[]);
    let of = |email: &str| list.lines().find(|line| line.ends_with(email)).unwrap();
    assert!(of(CUSTOMER).contains("  disabled  "), "{list}");
    assert!(of(ADMIN).contains("  active  "), "{list}");
    let one = succeeds(run(url, &["user", "list", "--email", "ADMIN@"]).await, &[]);
    assert_eq!(one.lines().count(), 1, "{one}");

    let enable = ["user", "enable", "--email", CUSTOMER];
    succeeds(run(url, &enable).await, &["may sign in again"]);
    refuses(&run(url, &enable).await, &["is not disabled"]);
    anyone.login(CUSTOMER, PASSWORD).await.ok(200);
    api.get("/me/logins").await.problem(401, "invalid_token");
    assert_eq!(noted(&server).await, ["user_disabled", "user_enabled"]);
}

#[tokio::test]
async fn an_account_is_deleted_and_restored() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let list = succeeds(run(url, &["user", "list", "--email", CUSTOMER]).await, &[]);
    let sub = list.split_whitespace().next().unwrap();
    let restore = ["user", "restore", "--sub", sub];
    refuses(&run(url, &restore).await, &["is not deleted"]);
    let delete = ["user", "delete", "--sub", sub];
    succeeds(run(url, &delete).await, &["it can be restored until"]);
    refuses(&run(url, &delete).await, &["deleted already"]);
    let show = ["user", "show", "--email", CUSTOMER];
    succeeds(run(url, &show).await, &[sub, "purge due", "deleted"]);
    let anyone = Api::new(&server);
    anyone
        .login(CUSTOMER, PASSWORD)
        .await
        .problem(403, "account_deleted");
    succeeds(run(url, &restore).await, &["is restored"]);
    anyone.login(CUSTOMER, PASSWORD).await.ok(200);
    assert_eq!(
        noted(&server).await,
        ["account_deleted", "account_restored"]
    );
    let mails = mails(&server).await;
    for letter in ["mail-account-deleted", "mail-account-restored"] {
        assert!(mails.iter().any(|mail| mail == letter), "{mails:?}");
    }
    let nobody = ["user", "show", "--email", "nobody@booking.test"];
    refuses(
        &run(url, &nobody).await,
        &["there is no user nobody@booking.test"],
    );
    let neither = run(url, &["user", "show"]).await;
    assert_eq!(neither.code, Some(2), "{neither:?}");
}

#[tokio::test]
async fn whoever_lost_every_factor_is_let_in_by_an_operator() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let reset = ["user", "reset-factors", "--email", CUSTOMER];
    refuses(&run(url, &reset).await, &["has no second factor"]);
    // Whoever signed in before may be the stranger who added it.
    let stranger = Api::signed_in(&server, CUSTOMER).await;
    AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let show = ["user", "show", "--email", CUSTOMER];
    succeeds(run(url, &show).await, &["totp \"App\""]);
    let anyone = Api::new(&server);
    anyone
        .login(CUSTOMER, PASSWORD)
        .await
        .problem(403, "mfa_required");
    succeeds(run(url, &reset).await, &["has no second factor any more"]);
    stranger.get("/me").await.problem(401, "invalid_token");
    anyone.login(CUSTOMER, PASSWORD).await.ok(200);
    assert_eq!(noted(&server).await, ["factors_reset"]);
    assert!(
        mails(&server)
            .await
            .contains(&"mail-factor-removed".to_owned())
    );
}

#[tokio::test]
async fn a_role_demands_a_second_factor_and_keeps_its_permissions() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let demand = [
        "role",
        "set",
        "--name",
        "customer",
        "--second-factor-required",
    ];
    succeeds(
        run(url, &demand).await,
        &["artists:read", "customer demands a second factor"],
    );
    succeeds(
        run(url, &["role", "list"]).await,
        &["demands a second factor"],
    );
    let anyone = Api::new(&server);
    anyone
        .login(CUSTOMER, PASSWORD)
        .await
        .problem(403, "factor_enrolment_required");
    let relent = demand.map(|word| match word {
        "--second-factor-required" => "--second-factor-required=false",
        word => word,
    });
    succeeds(run(url, &relent).await, &["demands no second factor"]);
    anyone.login(CUSTOMER, PASSWORD).await.ok(200);
    assert_eq!(noted(&server).await, ["role_set", "role_set"]);
}

#[tokio::test]
async fn the_trail_is_listed_by_filter() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    Api::signed_in(&server, CUSTOMER).await;
    Api::signed_in(&server, ADMIN).await;
    let disable = ["user", "disable", "--email", ADMIN];
    succeeds(run(url, &disable).await, &[]);
    let list = async |more: &[&str]| {
        let output = run(url, &[&["audit", "list"], more].concat()).await;
        succeeds(output, &[])
    };
    assert_eq!(list(&[]).await.lines().count(), 3);
    let line = list(&["--email", CUSTOMER]).await;
    assert_eq!(line.lines().count(), 1, "{line}");
    for word in [
        "signed_in",
        "by self",
        "subject=",
        "ip=127.0.0.1",
        "\"pwd\"",
    ] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert_eq!(list(&["--kind", "signed_in"]).await.lines().count(), 2);
    assert_eq!(list(&["--actor", "operator"]).await.lines().count(), 1);
    assert_eq!(list(&["--limit", "2"]).await.lines().count(), 2);
    assert_eq!(list(&["--until", "2020-01-01"]).await, "");
    assert_eq!(
        list(&["--since", "2020-01-01T00:00:00Z"])
            .await
            .lines()
            .count(),
        3
    );
    let lines = list(&["--json", "--actor", "operator"]).await;
    let event: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!(event["kind"], "user_disabled");
    assert_eq!(event["detail"], json!({}));
    for wrong in [
        ["--kind", "made_up"],
        ["--actor", "nobody"],
        ["--since", "yesterday"],
        ["--subject", "x"],
    ] {
        let output = run(url, &[&["audit", "list"], &wrong[..]].concat()).await;
        assert_eq!(output.code, Some(2), "{output:?}");
    }
}

/// Each command that changes something says so in the trail.
#[tokio::test]
async fn what_commands_change_is_noted() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let directory = super::Directory::new();
    let password = directory.file("password", "a good long one");
    let client = directory.file(
        "client.json",
        &json!({"redirect_uris": ["https://app.example/cb"]}).to_string(),
    );
    let api = directory.file(
        "api.json",
        &json!({"identifier": "https://api.example", "name": "api", "permissions": []}).to_string(),
    );
    let added = [
        "user",
        "add",
        "--email",
        "zoe@booking.test",
        "--password-file",
        &password,
    ];
    succeeds(run(url, &added).await, &[]);
    let role = [
        "user",
        "role",
        "--email",
        "zoe@booking.test",
        "--role",
        "manager",
    ];
    succeeds(run(url, &role).await, &[]);
    let made = succeeds(
        run(url, &["client", "add", "--metadata", &client]).await,
        &[],
    );
    let id = made
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap();
    succeeds(run(url, &["client", "remove", id]).await, &[]);
    succeeds(run(url, &["resource", "set", "--file", &api]).await, &[]);
    let remove = ["resource", "remove", "https://api.example"];
    succeeds(run(url, &remove).await, &[]);
    succeeds(run(url, &["role", "set", "--name", "guest"]).await, &[]);
    let token = ["registration-token", "--label", "somebody"];
    succeeds(run(url, &token).await, &[]);
    succeeds(run(url, &["keys", "rotate", "--alg", "ES256"]).await, &[]);
    let expected = [
        "user_added",
        "role_changed",
        "client_registered",
        "client_deleted",
        "resource_set",
        "resource_removed",
        "role_set",
        "registration_token_made",
        "keys_rotated",
    ];
    assert_eq!(noted(&server).await, expected);
    // What was refused was not noted.
    refuses(
        &run(url, &["client", "remove", id]).await,
        &["there is no client"],
    );
    refuses(&run(url, &remove).await, &["there is no API"]);
    assert_eq!(noted(&server).await.len(), expected.len());
}

/// Of a change of address that a stranger asked for, or undid.
async fn undo_link(server: &TestServer, api: &Api<'_>) -> String {
    let body = json!({ "email": "other@booking.test" });
    api.post("/email/change", body).await.ok(202);
    let undo = link(server, CUSTOMER, "/undo-email-change").await;
    undo.split("token=").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn an_account_gets_another_address_and_nothing_leads_back() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let undo = undo_link(&server, &api).await;
    let set = |to| ["user", "set-email", "--email", CUSTOMER, "--to", to];
    refuses(&run(url, &set("nobody")).await, &["no email address"]);
    refuses(&run(url, &set(CUSTOMER)).await, &["is the account's"]);
    refuses(&run(url, &set(ADMIN)).await, &["there is a user", ADMIN]);
    let own = "own@booking.test";
    succeeds(run(url, &set(own)).await, &["has the address", own]);
    api.get("/me").await.problem(401, "invalid_token");
    let anyone = Api::new(&server);
    for email in [CUSTOMER, own] {
        let refused = anyone.login(email, PASSWORD).await;
        refused.problem(401, "invalid_credentials");
    }
    let back = anyone.post("/email/undo", json!({ "token": undo })).await;
    back.problem(400, "invalid_link");
    assert_eq!(noted(&server).await, ["email_changed", "password_voided"]);
    assert!(mails(&server).await.contains(&"mail-email-set".to_owned()));

    let forgot = json!({ "email": own });
    anyone.post("/password/forgot", forgot).await.ok(202);
    let reset = link(&server, own, "/reset-password").await;
    let token = reset.split("token=").nth(1).unwrap();
    let password = "sixteen grey herons wade";
    let body = json!({ "token": token, "new_password": password });
    anyone.post("/password/reset", body).await.ok(204);
    anyone.login(own, password).await.ok(200);
}

/// Whoever runs the server has seen to whose the account is.
#[tokio::test]
async fn an_account_that_is_enabled_keeps_its_address() {
    let server = TestServer::start().await;
    let url = &server.database.url;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let undo = undo_link(&server, &api).await;
    for (command, said) in [("disable", "is disabled"), ("enable", "may sign in")] {
        let command = ["user", command, "--email", CUSTOMER];
        succeeds(run(url, &command).await, &[said]);
    }
    let back = Api::new(&server);
    let back = back.post("/email/undo", json!({ "token": undo })).await;
    back.problem(400, "invalid_link");
}
