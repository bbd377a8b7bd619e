//! `POST login/factor`: the second step, which nothing skips.

use std::collections::HashSet;
use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use base64::Engine as _;
use serde_json::{Value, json};

use crate::support::api::{Answer, Api};
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{CUSTOMER, payload};
use crate::support::mailbox::letters;
use crate::support::server::TestServer;

async fn first_step(api: &Api<'_>) -> Answer {
    api.login(CUSTOMER, PASSWORD)
        .await
        .problem(403, "mfa_required")
}

fn totp(mfa_token: &str, code: &str) -> Value {
    json!({ "mfa_token": mfa_token, "method": "totp", "code": code })
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_shows_in_the_tokens() {
    let server = TestServer::start().await;
    let phone = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let api = Api::new(&server);
    let due = first_step(&api).await;
    assert_eq!(due.body["methods"], json!(["totp", "recovery_code"]));
    assert_eq!(due.body["expires_in"], 600);
    assert!(due.body["access_token"].is_null());
    let mfa_token = due.text("mfa_token");
    let wrong = api.post("/login/factor", totp(mfa_token, "000000")).await;
    wrong.problem(401, "invalid_code");
    let missing = json!({"mfa_token": mfa_token, "method": "totp"});
    let missing = api
        .post("/login/factor", missing)
        .await
        .problem(422, "invalid_input");
    assert_eq!(
        missing.errors(),
        [("code".to_owned(), "missing".to_owned())]
    );
    let unknown = json!({"mfa_token": mfa_token, "method": "sms", "code": "1"});
    api.post("/login/factor", unknown)
        .await
        .problem(422, "invalid_input");
    let code = phone.next_code(&server);
    let tokens = api
        .post("/login/factor", totp(mfa_token, &code))
        .await
        .ok(200);
    let claims = payload(tokens.text("access_token"));
    assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    assert_eq!(claims["acr"], "mfa");
    // Handle and code are used up.
    let again = api
        .post("/login/factor", totp(mfa_token, &phone.next_code(&server)))
        .await;
    again.problem(401, "invalid_mfa_token");
    let due = first_step(&api).await;
    let replayed = api
        .post("/login/factor", totp(due.text("mfa_token"), &code))
        .await;
    replayed.problem(401, "invalid_code");
}

#[tokio::test]
async fn one_code_is_one_sign_in_however_many_requests_carry_it() {
    let server = TestServer::start().await;
    let phone = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let api = Api::new(&server);
    let due = first_step(&api).await;
    let body = totp(due.text("mfa_token"), &phone.next_code(&server));
    let calls: Vec<_> = (0..20)
        .map(|_| {
            api.request(reqwest::Method::POST, "/login/factor")
                .json(&body)
        })
        .map(|request| tokio::spawn(async move { request.send().await.unwrap().status() }))
        .collect();
    let mut good = 0;
    for call in calls {
        good += i32::from(call.await.unwrap().is_success());
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn the_second_step_keeps_the_scope_of_the_first() {
    let server = TestServer::start().await;
    let phone = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let api = Api::new(&server);
    let login = json!({"email": CUSTOMER, "password": PASSWORD, "scope": "openid bookings:read"});
    let due = api.post("/login", login).await.problem(403, "mfa_required");
    let body = totp(due.text("mfa_token"), &phone.next_code(&server));
    let tokens = api.post("/login/factor", body).await.ok(200);
    let scope: HashSet<&str> = tokens.text("scope").split(' ').collect();
    assert_eq!(scope, HashSet::from(["openid", "bookings:read"]));
    assert!(tokens.body["refresh_token"].is_null());
}

#[tokio::test]
async fn a_handle_is_short_lived_and_nobody_elses() {
    let server = TestServer::start().await;
    let phone = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let api = Api::new(&server);
    let due = first_step(&api).await;
    let mfa_token = due.text("mfa_token").to_owned();
    for wrong in ["", "x", "x.b3BlbmlkfQ", &mfa_token[1..]] {
        let answer = api
            .post("/login/factor", totp(wrong, &phone.next_code(&server)))
            .await;
        answer.problem(401, "invalid_mfa_token");
    }
    // The scope in it is the client's own word, and no more than the client may have.
    let wider = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode("openid admin:all");
    let handle = mfa_token.split('.').next().unwrap();
    let wider = format!("{handle}.{wider}");
    let answer = api.post("/login/factor", totp(&wider, &phone.next_code(&server)));
    answer.await.problem(401, "invalid_mfa_token");
    server.app.clock.advance(Duration::from_secs(601));
    let late = api
        .post("/login/factor", totp(&mfa_token, &phone.code(&server)))
        .await;
    late.problem(401, "invalid_mfa_token");
}

#[tokio::test]
async fn a_code_is_mailed_when_it_is_asked_for() {
    let server = TestServer::start().await;
    sqlx::query(
        "INSERT INTO factor (id, id_user, kind, name, created_at)
         SELECT gen_random_uuid(), id_user, 'email', 'mail', now() FROM users WHERE email = $1",
    )
    .bind(CUSTOMER)
    .execute(&server.app.pool)
    .await
    .unwrap();
    let api = Api::new(&server);
    let due = first_step(&api).await;
    assert_eq!(due.body["methods"], json!(["email", "recovery_code"]));
    let mfa_token = due.text("mfa_token");
    let challenge = |method: &str| json!({"mfa_token": mfa_token, "method": method});
    let path = "/login/factor/challenge";
    api.post(path, challenge("passkey"))
        .await
        .problem(422, "invalid_input");
    let sent = api.post(path, challenge("email")).await.ok(200);
    assert_eq!(sent.body, json!({"expires_in": 600}));
    api.post(path, challenge("email"))
        .await
        .problem(429, "too_many_requests");
    let code = mailed_code(&server).await;
    let body = json!({"mfa_token": mfa_token, "method": "email", "code": code});
    let tokens = api.post("/login/factor", body).await.ok(200);
    assert_eq!(
        payload(tokens.text("access_token"))["amr"],
        json!(["pwd", "otp", "mfa"])
    );
}

/// The six digits of the last mail in the queue.
async fn mailed_code(server: &TestServer) -> String {
    let mails = letters(server, CUSTOMER).await;
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    let text = &mails[0].content.text;
    text.split_whitespace().find(digits).unwrap().to_owned()
}
