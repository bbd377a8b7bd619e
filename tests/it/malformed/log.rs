//! No secret in the log, however much is logged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::person::Person;
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, text};
use crate::support::process::Process;
use crate::support::server::{TestServer, json as answer_of};

/// Everything that went over the wire and must stay there.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, value: &str) {
        assert!(value.len() >= 8, "{what} is too short to look for: {value}");
        self.0.push((what, value.to_owned()));
    }
}

#[tokio::test]
async fn a_whole_flow_at_the_level_trace_logs_no_secret() {
    // The process that logs is another one than ours: what our own client logs is not looked at.
    let mut server = TestServer::start().await;
    let settings = [
        ("AUTH_LOG__FILTER", "trace"),
        ("AUTH_REGISTRATION__MODE", "open"),
        ("AUTH_ACCOUNT__FIRST_PARTY_CLIENT", "booking-mobile"),
    ];
    let process = Process::serve(&server.database.url, &server.issuer, &settings).await;
    server.base = process.base.clone();
    let mut secrets = Secrets::default();
    secrets.add("the password", auth_api::cli::demo::PASSWORD);
    secrets.add("the client secret", BOOKING_APP.1);
    let basic = STANDARD.encode(format!("{}:{}", BOOKING_APP.0, BOOKING_APP.1));
    secrets.add("the Basic credentials", &basic);

    let person = sign_in(&server, &mut secrets).await;
    let tokens = redeem(&server, &person, &mut secrets).await;
    use_tokens(&server, &tokens, &mut secrets).await;
    register(&server, &mut secrets).await;
    account(&server, &mut secrets).await;
    let page = person.get("/logout").await;
    let form = [("csrf", Person::csrf_of(&page))];
    assert_eq!(person.post("/logout/confirm", &form).await.status, 200);

    let log = process.log();
    assert!(
        log.contains("sqlx::query"),
        "statements are logged at this level"
    );
    assert!(log.contains("client authentication failed"), "and refusals");
    for (what, secret) in &secrets.0 {
        let line = log.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{what} is in the log");
    }
}

async fn sign_in<'a>(server: &'a TestServer, secrets: &mut Secrets) -> Person<'a> {
    let person = Person::new(server);
    person.get("/login").await;
    let page = person.get("/login").await;
    let csrf = Person::csrf_of(&page);
    secrets.add("the form's token", &csrf);
    secrets.add("a wrong password", "not-this-password");
    let wrong = [
        ("csrf", csrf),
        ("username", "customer@booking.test".to_owned()),
        ("password", "not-this-password".to_owned()),
    ];
    assert!(
        person
            .post("/login", &wrong)
            .await
            .header("location")
            .is_none()
    );
    drop(person);
    let person = Person::signed_in(server).await;
    for cookie in person.cookies().split("; ") {
        secrets.add("a cookie", cookie.split_once('=').unwrap().1);
    }
    person
}

async fn redeem(server: &TestServer, person: &Person<'_>, secrets: &mut Secrets) -> Value {
    let asked = Request::new("openid email offline_access").with("state", "a-state-of-the-client");
    let (continuation, csrf) = person.waiting(&asked).await;
    let form = [("csrf", csrf), ("decision", "allow".to_owned())];
    let path = format!("/consent?continuation={continuation}");
    let mut answer = person.get(&path).await;
    if answer.status == 200 {
        answer = person.post(&action_of(&answer.text()), &form).await;
    }
    while let Some(next) = answer.header("location").filter(|to| to.starts_with('/')) {
        answer = person.get(next).await;
    }
    let location = url::Url::parse(answer.header("location").unwrap()).unwrap();
    let code = location.query_pairs().find(|(name, _)| name == "code");
    let code = code.unwrap().1.into_owned();
    secrets.add("the code", &code);
    secrets.add("the verifier", &asked.verifier);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", crate::support::flow::CALLBACK),
        ("code_verifier", &asked.verifier),
    ];
    let (status, tokens) = server.post_as(BOOKING_APP, "/token", &form).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

async fn use_tokens(server: &TestServer, tokens: &Value, secrets: &mut Secrets) {
    for name in ["access_token", "refresh_token", "id_token"] {
        let token = text(tokens, name);
        secrets.add(name, token);
        // The signature is what makes it one.
        secrets.add(name, token.rsplit('.').next().unwrap());
    }
    let refresh = text(tokens, "refresh_token");
    let (status, _) = server.userinfo(text(tokens, "access_token")).await;
    assert_eq!(status, 200);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let (status, second) = server.post_as(BOOKING_APP, "/token", &form).await;
    assert_eq!(status, 200, "{second}");
    for name in ["access_token", "refresh_token", "id_token"] {
        secrets.add("the second token", text(&second, name));
    }
    for path in ["/introspect", "/revoke"] {
        for name in ["access_token", "refresh_token"] {
            let form = [("token", text(&second, name))];
            let (status, _) = server.post_as(BOOKING_APP, path, &form).await;
            assert_eq!(status, 200);
        }
    }
    secrets.add("a wrong client secret", "not-the-client-secret");
    let wrong = (BOOKING_APP.0, "not-the-client-secret");
    let (status, _) = server.post_as(wrong, "/token", &form).await;
    assert_eq!(status, 401);
    let posted = [
        ("client_id", BOOKING_APP.0),
        ("client_secret", "not-the-client-secret"),
    ];
    assert_eq!(server.post("/token", &posted).await.0, 401);
    secrets.add("a forged token", "eyJhbGciOiJub25lIn0.e30.forged");
    assert_eq!(
        server.userinfo("eyJhbGciOiJub25lIn0.e30.forged").await.0,
        401
    );
}

async fn register(server: &TestServer, secrets: &mut Secrets) {
    let metadata = json!({"redirect_uris": ["https://app.example/callback"]});
    let made = server.http.post(server.url("/register")).json(&metadata);
    let (status, made) = answer_of(made).await;
    assert_eq!(status, 201, "{made}");
    let token = text(&made, "registration_access_token");
    secrets.add("the registration token", token);
    secrets.add("the new client's secret", text(&made, "client_secret"));
    let path = format!("/register/{}", text(&made, "client_id"));
    for request in [
        server.http.get(server.url(&path)).bearer_auth(token),
        server
            .http
            .get(server.url(&path))
            .bearer_auth("not-the-registration-token"),
        server.http.delete(server.url(&path)).bearer_auth(token),
    ] {
        answer_of(request).await;
    }
    secrets.add("a wrong registration token", "not-the-registration-token");
}

fn action_of(page: &str) -> String {
    let action = page
        .split("action=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    action.replace("&#38;", "&").replace("&amp;", "&")
}

/// The same person by JSON: sign-in, an authenticator app, the second factor, refresh, sign-out.
async fn account(server: &TestServer, secrets: &mut Secrets) {
    let api = Api::new(server);
    api.login(CUSTOMER, "not-that-password")
        .await
        .problem(401, "invalid_credentials");
    secrets.add("a wrong password by JSON", "not-that-password");
    let tokens = api
        .login(CUSTOMER, auth_api::cli::demo::PASSWORD)
        .await
        .ok(200);
    let token = tokens.text("access_token").to_owned();
    let me = Api::new(server).with_token(&token);
    let begun = me.post("/me/factors/totp", json!({})).await.ok(201);
    secrets.add("the key of an app", begun.text("secret"));
    let phone = AuthenticatorApp::with_key(begun.text("secret"));
    let code = json!({"ceremony": begun.body["ceremony"], "code": phone.code(server)});
    let added = me.post("/me/factors/totp/confirm", code).await.ok(201);
    for code in added.body["recovery_codes"].as_array().unwrap() {
        secrets.add("a recovery code", code.as_str().unwrap());
    }
    let due = api.login(CUSTOMER, auth_api::cli::demo::PASSWORD).await;
    let due = due.problem(403, "mfa_required");
    secrets.add("the handle of a sign-in", due.text("mfa_token"));
    let answer = json!({
        "mfa_token": due.text("mfa_token"),
        "method": "recovery_code",
        "code": added.body["recovery_codes"][0],
    });
    let last = api.post("/login/factor", answer).await.ok(200);
    let refresh = json!({"refresh_token": tokens.text("refresh_token")});
    let rotated = api.post("/refresh", refresh).await.ok(200);
    for tokens in [&tokens, &rotated, &last] {
        for name in ["access_token", "refresh_token", "id_token"] {
            secrets.add(name_of(name), tokens.text(name));
        }
    }
    let verify = json!({"token": last.text("access_token")});
    api.post("/verify-token", verify).await.ok(200);
    let logout = json!({"refresh_token": last.text("refresh_token")});
    api.post("/logout", logout).await.ok(204);
}

fn name_of(name: &str) -> &'static str {
    match name {
        "access_token" => "an access token by JSON",
        "refresh_token" => "a refresh token by JSON",
        _ => "an ID token by JSON",
    }
}
