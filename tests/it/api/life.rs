//! A person's whole life with the platform's own app, from registration to deletion and back.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::api::{Answer, Api};
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::payload;
use crate::support::mailbox;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

const EMAIL: &str = "zoe@booking.test";
const PASSWORD: &str = "quiet harbour at dusk 42";
const NEW_PASSWORD: &str = "louder harbour at dawn 43";

/// The secret of the newest mailed link to a page.
async fn token(server: &TestServer, to: &str, page: &str) -> Value {
    let link = mailbox::link(server, to, page).await;
    let link = url::Url::parse(&link).unwrap();
    let found = link.query_pairs().find(|(name, _)| name == "token");
    json!({ "token": found.unwrap().1 })
}

async fn signed_in<'a>(server: &'a TestServer, email: &str, password: &str) -> (Api<'a>, Answer) {
    let tokens = Api::new(server).login(email, password).await.ok(200);
    let api = Api::new(server).with_token(tokens.text("access_token"));
    (api, tokens)
}

#[tokio::test]
async fn an_account_is_made_proved_used_changed_deleted_and_restored() {
    let server = TestServer::start().await;
    let nobody = Api::new(&server).speaking("fr");
    let account = json!({"email": EMAIL, "password": PASSWORD, "given_name": "Zoé"});
    nobody.post("/register", account).await.ok(202);
    let early = nobody.login(EMAIL, PASSWORD).await;
    early.problem(403, "email_unverified");
    let link = token(&server, EMAIL, "/verify-email").await;
    nobody.post("/email/verify", link.clone()).await.ok(204);
    let again = nobody.post("/email/verify", link).await;
    assert_eq!(again.problem(400, "invalid_link").body["reason"], "used");

    let (api, tokens) = signed_in(&server, EMAIL, PASSWORD).await;
    let me = api.get("/me").await.ok(200);
    assert_eq!(me.body["given_name"], "Zoé");
    assert_eq!(me.body["email_verified"], true);
    assert_eq!(me.body["sub"], payload(tokens.text("access_token"))["sub"]);
    let changed = api.patch("/me", json!({"family_name": "Petit", "given_name": null}));
    let changed = changed.await.ok(200);
    assert_eq!(changed.body["family_name"], "Petit");
    assert!(changed.body["given_name"].is_null());
    let wrong = api.patch("/me", json!({"birthdate": "soon", "email": "x@y.example"}));
    let wrong = wrong.await.problem(422, "invalid_input");
    assert!(!wrong.errors().is_empty());

    // Other devices, seen and ended.
    let (other, _) = signed_in(&server, EMAIL, PASSWORD).await;
    let sessions = api.get("/me/sessions").await.ok(200);
    assert_eq!(sessions.body["sessions"].as_array().unwrap().len(), 2);
    let change = json!({"old_password": PASSWORD, "new_password": NEW_PASSWORD});
    api.post("/password/change", change).await.ok(204);
    other.get("/me").await.problem(401, "invalid_token");
    let refresh = json!({"refresh_token": tokens.text("refresh_token")});
    let refreshed = api.post("/refresh", refresh).await.ok(200);
    let api = api.with_token(refreshed.text("access_token"));
    let old = nobody.login(EMAIL, PASSWORD).await;
    old.problem(401, "invalid_credentials");

    // Another address, and back.
    let moved = "zoe.petit@booking.test";
    api.post("/email/change", json!({ "email": moved }))
        .await
        .ok(202);
    let confirm = token(&server, moved, "/confirm-email").await;
    nobody.post("/email/confirm", confirm).await.ok(204);
    signed_in(&server, moved, NEW_PASSWORD).await;
    let undo = token(&server, EMAIL, "/undo-email-change").await;
    nobody.post("/email/undo", undo).await.ok(204);
    api.get("/me").await.problem(401, "invalid_token");

    // Forgotten.
    nobody
        .post("/password/forgot", json!({ "email": EMAIL }))
        .await
        .ok(202);
    let mut reset = token(&server, EMAIL, "/reset-password").await;
    reset["new_password"] = json!("short");
    let weak = nobody.post("/password/reset", reset.clone()).await;
    weak.problem(422, "invalid_input");
    reset["new_password"] = json!(PASSWORD);
    nobody.post("/password/reset", reset).await.ok(204);
    let (api, _) = signed_in(&server, EMAIL, PASSWORD).await;

    // What is known of them.
    let logins = api.get("/me/logins?limit=2").await.ok(200);
    let next = logins.text("next");
    let rest = api
        .get(&format!("/me/logins?limit=200&cursor={next}"))
        .await
        .ok(200);
    let outcomes = rest.body["events"].as_array().unwrap().iter();
    assert!(outcomes.clone().any(|event| event["outcome"] == "refused"));
    let apps = api.get("/me/apps").await.ok(200);
    assert_eq!(apps.body["apps"][0]["client_id"], "booking-mobile");
    let export = api.get("/me/export").await.ok(200);
    assert!(export.body.to_string().contains("Petit"));
    assert!(!export.body.to_string().contains("argon2id"));

    // Gone, and back.
    let deleted = api.delete("/me").await.ok(200);
    api.get("/me").await.problem(401, "invalid_token");
    nobody
        .login(EMAIL, "wrong")
        .await
        .problem(401, "invalid_credentials");
    let gone = nobody
        .login(EMAIL, PASSWORD)
        .await
        .problem(403, "account_deleted");
    assert_eq!(gone.body["purge_at"], deleted.body["purge_at"]);
    let restore = token(&server, EMAIL, "/restore-account").await;
    nobody.post("/restore", restore).await.ok(200);
    signed_in(&server, EMAIL, PASSWORD).await;

    // Each change is in the trail, once.
    let changes = "SELECT kind FROM audit_event WHERE subject = $1
                   AND kind !~ '^(sign|session|token|grant|app|consent)' ORDER BY id";
    let changes = sqlx::query_scalar::<_, String>(changes)
        .bind(me.text("sub").parse::<Uuid>().unwrap())
        .fetch_all(&server.database.pool);
    let noted = "registered email_verified profile_changed password_changed email_change_asked \
                 email_changed password_voided email_change_undone password_reset_asked \
                 password_reset data_exported account_deleted account_restored";
    assert_eq!(changes.await.unwrap().join(" "), noted);
}

#[tokio::test]
async fn second_factors_are_enrolled_used_and_removed() {
    let server = TestServer::start().await;
    let customer = crate::support::flow::CUSTOMER;
    let password = auth_api::cli::demo::PASSWORD;
    let (api, _) = signed_in(&server, customer, password).await;
    let begun = api
        .send(api.request(Method::POST, "/me/factors/totp"))
        .await
        .ok(201);
    let phone = AuthenticatorApp::with_key(begun.text("secret"));
    let first = json!({"ceremony": begun.body["ceremony"], "code": phone.code(&server)});
    let first = api.post("/me/factors/totp/confirm", first).await.ok(201);
    let codes = first.body["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10);
    // From here on a password alone is too little to change anything.
    let due = Api::new(&server).login(customer, password).await;
    let due = due.problem(403, "mfa_required");
    let totp = json!({
        "mfa_token": due.body["mfa_token"], "method": "totp", "code": phone.next_code(&server),
    });
    let tokens = api.post("/login/factor", totp).await.ok(200);
    let api = Api::new(&server).with_token(tokens.text("access_token"));
    let mut key = Key::new(&server);
    let begun = api
        .send(api.request(Method::POST, "/me/factors/passkeys"))
        .await
        .ok(201);
    let made = key.create(&begun.body["publicKey"]);
    let made = json!({"ceremony": begun.body["ceremony"], "credential": made, "name": "Clé"});
    let made = api.post("/me/factors/passkeys/confirm", made).await.ok(201);
    assert_eq!(made.body["factor"]["name"], "Clé");

    // With each of them.
    let due = Api::new(&server).login(customer, password).await;
    let due = due.problem(403, "mfa_required");
    assert_eq!(
        due.body["methods"],
        json!(["passkey", "totp", "recovery_code"])
    );
    let mfa_token = due.text("mfa_token");
    let ask = json!({"mfa_token": mfa_token, "method": "passkey"});
    let challenge = api.post("/login/factor/challenge", ask).await.ok(200);
    let mut answer = json!({
        "mfa_token": mfa_token,
        "method": "passkey",
        "ceremony": challenge.body["ceremony"],
        "credential": key.get(&challenge.body["publicKey"]),
    });
    let nobody = Api::new(&server);
    let tokens = nobody.post("/login/factor", answer.clone()).await.ok(200);
    assert_eq!(payload(tokens.text("access_token"))["acr"], "phr");
    // The same answer opens no other sign-in.
    let due = nobody
        .login(customer, password)
        .await
        .problem(403, "mfa_required");
    answer["mfa_token"] = due.body["mfa_token"].clone();
    nobody
        .post("/login/factor", answer)
        .await
        .problem(401, "invalid_code");
    let by_code = |code: &Value| json!({"mfa_token": due.body["mfa_token"], "method": "recovery_code", "code": code});
    let lost = nobody
        .post("/login/factor", by_code(&codes[0]))
        .await
        .ok(200);
    assert_eq!(payload(lost.text("access_token"))["acr"], "mfa");
    let due = nobody
        .login(customer, password)
        .await
        .problem(403, "mfa_required");
    let again = json!({
        "mfa_token": due.body["mfa_token"], "method": "recovery_code", "code": codes[0],
    });
    nobody
        .post("/login/factor", again)
        .await
        .problem(401, "invalid_code");

    // What protects the account changes after a recent sign-in only (RFC 9470).
    server.app.clock.advance(Duration::from_secs(601));
    let refresh = json!({"refresh_token": tokens.text("refresh_token")});
    let refreshed = nobody.post("/refresh", refresh).await.ok(200);
    let api = Api::new(&server).with_token(refreshed.text("access_token"));
    let factors = api.get("/me/factors").await.ok(200);
    assert_eq!(factors.body["recovery_codes_left"], 9);
    let id = made.body["factor"]["id"].as_str().unwrap();
    let stale = api.delete(&format!("/me/factors/{id}")).await;
    let stale = stale.problem(401, "insufficient_user_authentication");
    let challenge = stale.header("www-authenticate").unwrap();
    assert!(
        challenge.contains("error=\"insufficient_user_authentication\""),
        "{challenge}"
    );
    assert!(challenge.contains("max_age=\"600\""), "{challenge}");
    let due = nobody
        .login(customer, password)
        .await
        .problem(403, "mfa_required");
    let totp = json!({
        "mfa_token": due.body["mfa_token"], "method": "totp", "code": phone.next_code(&server),
    });
    let tokens = nobody.post("/login/factor", totp).await.ok(200);
    let api = Api::new(&server).with_token(tokens.text("access_token"));
    api.delete(&format!("/me/factors/{id}")).await.ok(204);
    api.delete(&format!("/me/factors/{id}"))
        .await
        .problem(404, "not_found");
}
