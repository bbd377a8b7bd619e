//! `/api/auth/me/factors`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{events, letter_names, mailed_code};
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{ADMIN, CUSTOMER};
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

async fn enrol_app(api: &Api<'_>, name: Value) -> (AuthenticatorApp, Value) {
    let begun = api.post("/me/factors/totp", json!({})).await.ok(201);
    let app = AuthenticatorApp::with_key(begun.text("secret"));
    assert!(begun.text("otpauth_url").starts_with("otpauth://totp/"));
    let code = app.code(api.server);
    let body = json!({ "ceremony": begun.body["ceremony"], "code": code, "name": name });
    let done = api.post("/me/factors/totp/confirm", body).await.ok(201);
    (app, done.body)
}

#[tokio::test]
async fn factors_are_enrolled_listed_named_and_removed() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let none = api.get("/me/factors").await.ok(200);
    assert_eq!(none.body["factors"], json!([]));
    assert_eq!(none.body["recovery_codes_left"], 0);

    let (_, first) = enrol_app(&api, json!("Phone")).await;
    assert_eq!(first["factor"]["kind"], "totp");
    assert_eq!(first["factor"]["name"], "Phone");
    assert_eq!(first["recovery_codes"].as_array().unwrap().len(), 10);

    let begun = api.post("/me/factors/passkeys", json!({})).await.ok(201);
    let mut key = Key::new(&server);
    let credential = key.create(&begun.body["publicKey"]);
    let body = json!({ "ceremony": begun.body["ceremony"], "credential": credential });
    let made = api
        .post("/me/factors/passkeys/confirm", body.clone())
        .await
        .ok(201);
    assert_eq!(made.body["factor"]["kind"], "passkey");
    assert!(made.body.get("recovery_codes").is_none());
    let again = api.post("/me/factors/passkeys/confirm", body).await;
    let again = again.problem(422, "invalid_input");
    assert_eq!(again.errors(), [("ceremony".to_owned(), "over".to_owned())]);

    let begun = api.post("/me/factors/email", json!({})).await.ok(202);
    let code = mailed_code(&server).await;
    let body = |code: &str| json!({ "ceremony": begun.body["ceremony"], "code": code });
    let wrong = api.post("/me/factors/email/confirm", body("000000")).await;
    let wrong = wrong.problem(422, "invalid_input");
    assert_eq!(wrong.errors(), [("code".to_owned(), "wrong".to_owned())]);
    api.post("/me/factors/email/confirm", body(&code))
        .await
        .ok(201);
    api.post("/me/factors/email", json!({}))
        .await
        .problem(409, "conflict");

    let list = api.get("/me/factors").await.ok(200);
    let kinds: Vec<&str> = list.body["factors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|factor| factor["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["totp", "passkey", "email"]);
    assert_eq!(list.body["recovery_codes_left"], 10);
    let text = list.body.to_string();
    assert!(
        !text.contains("secret") && !text.contains("credential"),
        "{text}"
    );

    let id = made.body["factor"]["id"].as_str().unwrap();
    let path = format!("/me/factors/{id}");
    let renamed = api
        .patch(&path, json!({ "name": "Blue key" }))
        .await
        .ok(200);
    assert_eq!(renamed.body["name"], "Blue key");
    for bad in [
        json!({ "name": " " }),
        json!({ "name": "x".repeat(200) }),
        json!({}),
    ] {
        api.patch(&path, bad).await.problem(422, "invalid_input");
    }
    // Another person has no such factor.
    let admin = Api::signed_in(&server, ADMIN).await;
    admin.get(&path).await.problem(404, "not_found");
    admin
        .patch(&path, json!({ "name": "x" }))
        .await
        .problem(404, "not_found");
    admin.delete(&path).await.problem(404, "not_found");
    assert_eq!(api.delete(&path).await.status, 204);
    api.delete(&path).await.problem(404, "not_found");
    api.get("/me/factors/nonsense")
        .await
        .problem(404, "not_found");

    let new = api
        .post("/me/factors/recovery-codes", json!({}))
        .await
        .ok(201);
    assert_eq!(new.body["recovery_codes"].as_array().unwrap().len(), 10);
    assert_ne!(new.body["recovery_codes"], first["recovery_codes"]);
    admin
        .post("/me/factors/recovery-codes", json!({}))
        .await
        .problem(409, "conflict");
    let recorded = events(&server).await;
    assert_eq!(recorded.last().unwrap(), "recovery_codes_made");
    assert!(recorded.contains(&"factor_removed passkey".to_owned()));
    let letters = letter_names(&server).await;
    assert!(
        letters.contains(&"mail-recovery-codes-made".to_owned()),
        "{letters:?}"
    );
}

#[tokio::test]
async fn what_was_enrolled_signs_in() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let (app, done) = enrol_app(&api, Value::Null).await;
    let begun = api.post("/me/factors/passkeys", json!({})).await.ok(201);
    let mut key = Key::new(&server);
    let credential = key.create(&begun.body["publicKey"]);
    let body = json!({ "ceremony": begun.body["ceremony"], "credential": credential });
    api.post("/me/factors/passkeys/confirm", body).await.ok(201);

    let recovery = done["recovery_codes"][0].as_str().unwrap();
    let next = app.next_code(&server);
    let api = Api::new(&server);
    let password = auth_api::cli::demo::PASSWORD;
    for (method, code) in [("totp", next.as_str()), ("recovery_code", recovery)] {
        let due = api
            .login(CUSTOMER, password)
            .await
            .problem(403, "mfa_required");
        let token = due.text("mfa_token");
        let body = json!({ "mfa_token": token, "method": method, "code": code });
        api.post("/login/factor", body).await.ok(200);
    }
    let due = api
        .login(CUSTOMER, password)
        .await
        .problem(403, "mfa_required");
    let token = due.text("mfa_token");
    let body = json!({ "mfa_token": token, "method": "passkey" });
    let asked = api.post("/login/factor/challenge", body).await;
    assert_eq!(asked.status, 200, "{:#}", asked.body);
    let body = json!({
        "mfa_token": token,
        "method": "passkey",
        "ceremony": asked.body["ceremony"],
        "credential": key.get(&asked.body["publicKey"]),
    });
    api.post("/login/factor", body).await.ok(200);
}

#[tokio::test]
async fn an_old_sign_in_changes_nothing() {
    let ttl = Duration::from_mins(1);
    let server = TestServer::with(|config| config.account.confirmation_ttl = ttl).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let (_, done) = enrol_app(&api, Value::Null).await;
    let id = done["factor"]["id"].as_str().unwrap();
    server.app.clock.advance(Duration::from_secs(61));
    let kind = "insufficient_user_authentication";
    for path in ["totp", "passkeys", "email", "recovery-codes"] {
        let refused = api.post(&format!("/me/factors/{path}"), json!({})).await;
        let refused = refused.problem(401, kind);
        let challenge = refused.header("www-authenticate").unwrap();
        assert!(challenge.contains("max_age=\"60\""), "{challenge}");
    }
    let path = format!("/me/factors/{id}");
    api.patch(&path, json!({ "name": "x" }))
        .await
        .problem(401, kind);
    api.delete(&path).await.problem(401, kind);
    // Reading is free.
    let list = api.get("/me/factors").await.ok(200);
    assert_eq!(list.body["factors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_factor_stays_where_the_role_demands_one() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let (_, done) = enrol_app(&api, Value::Null).await;
    sqlx::query("INSERT INTO role_policy SELECT id_role, true FROM role")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let id = done["factor"]["id"].as_str().unwrap();
    let refused = api.delete(&format!("/me/factors/{id}")).await;
    refused.problem(409, "conflict");
    let list = api.get("/me/factors").await.ok(200);
    assert_eq!(list.body["second_factor_required"], true);
}
