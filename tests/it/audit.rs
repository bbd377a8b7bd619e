//! The trail of security events: each once, with who, which client, from where, and the id of the
//! request, as its answer shows it.

use std::time::Duration;

use auth_api::config::RegistrationMode;
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, USER_AGENT};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::browser::{Browser, Page};
use crate::support::flow::{BOOKING_APP, BOOKING_BATCH, CALLBACK, CUSTOMER, Code, Request, text};
use crate::support::server::TestServer;

const BROWSER: &str = "A browser/1.0";
const APP: &str = "An app/2.0";

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
struct Noted {
    kind: String,
    subject: Option<Uuid>,
    client_id: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
    detail: Value,
}

/// An answer to an app.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

async fn trail(server: &TestServer) -> Vec<Noted> {
    let events = "SELECT kind, subject, client_id, host(ip) AS ip, user_agent, request_id, detail
                  FROM audit_event ORDER BY id";
    let events = sqlx::query_as(events).fetch_all(&server.database.pool);
    events.await.unwrap()
}

/// What should be noted of a request that was answered with these headers.
fn noted(kind: &str, subject: Option<Uuid>, client_id: Option<&str>, headers: &HeaderMap) -> Noted {
    let request_id = headers["x-request-id"].to_str().unwrap();
    Noted {
        kind: kind.to_owned(),
        subject,
        client_id: client_id.map(str::to_owned),
        ip: Some("127.0.0.1".to_owned()),
        user_agent: Some(APP.to_owned()),
        request_id: Some(request_id.to_owned()),
        detail: json!({}),
    }
}

impl Noted {
    fn in_browser(mut self) -> Self {
        self.user_agent = Some(BROWSER.to_owned());
        self
    }

    fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}

async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Answer {
        status,
        headers,
        body,
    }
}

/// Posts a form as `booking-app`; asserts the status.
async fn post(server: &TestServer, path: &str, form: &[(&str, &str)], status: u16) -> Answer {
    let request = server.http.post(server.url(path)).form(form);
    let request = request.basic_auth(BOOKING_APP.0, Some(BOOKING_APP.1));
    let answer = send(request.header(USER_AGENT, APP)).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    answer
}

async fn latest_grant(server: &TestServer) -> Uuid {
    let grant = "SELECT id FROM oauth_grant ORDER BY created_at DESC LIMIT 1";
    let grant = sqlx::query_scalar(grant).fetch_one(&server.database.pool);
    grant.await.unwrap()
}

async fn customer(server: &TestServer) -> Uuid {
    let sub = "SELECT sub FROM user_account WHERE email_key = 'customer@booking.test'";
    let sub = sqlx::query_scalar(sub).fetch_one(&server.database.pool);
    sub.await.unwrap()
}

/// Tries to sign in on a page that is shown.
async fn try_password(browser: &Browser, page: &Page, email: &str, password: &str) -> Page {
    let fields = [("username", email), ("password", password)];
    browser.submit(page, &fields).await
}

#[tokio::test]
async fn what_a_person_does_is_noted_once() {
    let server = TestServer::start().await;
    let browser = Browser::named(&server, BROWSER);
    let (sub, app) = (Some(customer(&server).await), Some(BOOKING_APP.0));
    let password = auth_api::cli::demo::PASSWORD;
    let login = Request::new("openid").send(&browser).await;
    let wrong = try_password(&browser, &login, CUSTOMER, "wrong").await;
    let unknown = try_password(&browser, &wrong, "nobody@booking.test", password).await;
    let signed_in = try_password(&browser, &unknown, CUSTOMER, password).await;
    let mut expected = vec![
        noted("sign_in_refused", sub, None, &wrong.headers).in_browser(),
        noted("sign_in_refused", None, None, &unknown.headers).in_browser(),
        noted("signed_in", sub, app, &signed_in.headers).in_browser(),
    ];
    expected[2].detail = json!({ "acr": "pwd", "amr": ["pwd"], "new_device": false });
    assert_eq!(trail(&server).await, expected);

    let request = Request::new("openid email offline_access");
    let consent = request.send(&browser).await;
    assert_eq!(consent.url.path(), "/consent");
    let allowed = browser.submit(&consent, &[("decision", "allow")]).await;
    expected.push(noted("consent_given", sub, app, &allowed.headers).in_browser());
    assert_eq!(trail(&server).await, expected);

    let tokens = signed_in_tokens(&server, &browser).await;
    let hint = [("id_token_hint", text(&tokens, "id_token"))];
    let over = browser.get_with("/logout", &hint).await;
    expected.push(noted("signed_out", sub, app, &over.headers).in_browser());
    assert_eq!(trail(&server).await, expected);
    browser.get_with("/logout", &hint).await;
    assert_eq!(trail(&server).await, expected, "nobody was signed in");

    let login = browser.visit("/login").await;
    let signed_in = try_password(&browser, &login, CUSTOMER, password).await;
    let mut again = noted("signed_in", sub, None, &signed_in.headers).in_browser();
    again.detail = json!({ "acr": "pwd", "amr": ["pwd"], "new_device": false });
    expected.push(again);
    let ask = browser.get("/logout").await;
    assert_eq!(trail(&server).await, expected, "only asked");
    let over = browser.submit(&ask, &[]).await;
    expected.push(noted("signed_out", sub, None, &over.headers).in_browser());
    assert_eq!(trail(&server).await, expected);
}

/// Tokens for somebody who is signed in and has consented.
async fn signed_in_tokens(server: &TestServer, browser: &Browser) -> Value {
    let request = Request::new("openid offline_access");
    let code = request.code(browser, CUSTOMER).await;
    post(server, "/token", &code.form(), 200).await.body
}

#[tokio::test]
async fn what_revokes_is_noted_with_whose_it_was() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let (sub, app) = (Some(customer(&server).await), Some(BOOKING_APP.0));
    let request = Request::new("openid offline_access");
    let code = request.code(&browser, CUSTOMER).await;
    let before = trail(&server).await.len();
    post(&server, "/token", &code.form(), 200).await;
    let replay = post(&server, "/token", &code.form(), 400).await;
    let detail = json!({"what": "authorization code", "grant": latest_grant(&server).await});
    let kind = "grant_revoked_by_replay";
    let mut expected = vec![noted(kind, sub, app, &replay.headers).with(detail)];
    assert_eq!(trail(&server).await[before..], expected);

    let tokens = signed_in_tokens(&server, &browser).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
    ];
    post(&server, "/token", &form, 200).await;
    post(&server, "/token", &form, 200).await;
    assert_eq!(trail(&server).await[before..], expected, "a retry");
    server.app.clock.advance(Duration::from_secs(11));
    let reuse = post(&server, "/token", &form, 400).await;
    let detail = json!({"what": "refresh token", "grant": latest_grant(&server).await});
    expected.push(noted(kind, sub, app, &reuse.headers).with(detail));
    assert_eq!(trail(&server).await[before..], expected);

    let tokens = signed_in_tokens(&server, &browser).await;
    let grant = latest_grant(&server).await;
    for name in ["access_token", "refresh_token"] {
        let form = [("token", text(&tokens, name))];
        let revoked = post(&server, "/revoke", &form, 200).await;
        let noted = noted("token_revoked", sub, app, &revoked.headers);
        expected.push(noted.with(json!({"grant": grant})));
    }
    assert_eq!(trail(&server).await[before..], expected);
}

#[tokio::test]
async fn what_becomes_of_a_client_is_noted_once() {
    let server = TestServer::with(|config| config.registration.mode = RegistrationMode::Open).await;
    let http = |method, uri: &str| {
        let method = reqwest::Method::from_bytes(method).unwrap();
        server.http.request(method, uri).header(USER_AGENT, APP)
    };
    let mut metadata = json!({"redirect_uris": [CALLBACK]});
    let made = send(http(b"POST", &server.url("/register")).json(&metadata)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = Some(text(&made.body, "client_id"));
    let uri = text(&made.body, "registration_client_uri");
    let token = text(&made.body, "registration_access_token");
    metadata["client_id"] = json!(id);
    let refused = send(http(b"DELETE", uri).bearer_auth("wrong")).await;
    assert_eq!(refused.status, 401);
    let replaced = send(http(b"PUT", uri).bearer_auth(token).json(&metadata)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    let deleted = send(http(b"DELETE", uri).bearer_auth(token)).await;
    assert_eq!(deleted.status, 204);
    let expected = [
        noted("client_registered", None, id, &made.headers),
        noted("client_replaced", None, id, &replaced.headers),
        noted("client_deleted", None, id, &deleted.headers),
    ];
    assert_eq!(trail(&server).await, expected);
}

#[tokio::test]
async fn what_did_not_happen_is_not_noted() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let login = Request::new("openid email").send(&browser).await;
    let again = try_password(&browser, &login, CUSTOMER, "").await;
    let consent = browser.sign_in(&again, CUSTOMER).await;
    assert_eq!(consent.url.path(), "/consent");
    browser.submit(&consent, &[("decision", "deny")]).await;
    let unknown = Code {
        code: "unknown".to_owned(),
        verifier: "v".repeat(43),
        redirect_uri: CALLBACK.to_owned(),
    };
    assert_eq!(unknown.redeem(&server).await.0, 400);
    post(&server, "/revoke", &[("token", "unknown")], 200).await;
    let form = [("grant_type", "client_credentials")];
    let (status, others) = server.post_as(BOOKING_BATCH, "/token", &form).await;
    assert_eq!(status, 200, "{others}");
    let form = [("token", text(&others, "access_token"))];
    post(&server, "/revoke", &form, 200).await;
    let kinds: Vec<_> = trail(&server).await.into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["signed_in"]);
    // Revoked by its owner, a client's own token is nobody's.
    server.post_as(BOOKING_BATCH, "/revoke", &form).await;
    let last = trail(&server).await.pop().unwrap();
    assert_eq!(last.client_id.as_deref(), Some(BOOKING_BATCH.0));
    assert_eq!((last.kind.as_str(), last.subject), ("token_revoked", None));
}

#[tokio::test]
async fn a_caller_behind_a_proxy_is_noted_and_its_name_cut() {
    let server = TestServer::with(|config| {
        config.registration.mode = RegistrationMode::Open;
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for (ip, name, kept) in [
        ("203.0.113.7", [b'x'; 500].as_slice(), Some("x".repeat(400))),
        ("2001:db8::7", b"caf\xe9", None),
    ] {
        let request = server.http.post(server.url("/register"));
        let request = request.json(&json!({"redirect_uris": [CALLBACK]}));
        let request = request.header("x-forwarded-for", ip);
        let made = send(request.header(USER_AGENT, name)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let last = trail(&server).await.pop().unwrap();
        assert_eq!((last.ip.as_deref(), last.user_agent), (Some(ip), kept));
    }
}

#[tokio::test]
async fn the_trail_cannot_be_changed() {
    let server = TestServer::start().await;
    Request::new("openid")
        .code(&Browser::new(&server), CUSTOMER)
        .await;
    let before = trail(&server).await;
    assert!(!before.is_empty());
    for change in [
        "UPDATE audit_event SET subject = NULL",
        "UPDATE audit_event SET kind = kind",
        "INSERT INTO audit_event (id, at, kind) OVERRIDING SYSTEM VALUE VALUES
         ((SELECT min(id) FROM audit_event), now(), 'x') ON CONFLICT (id) DO UPDATE SET kind = 'x'",
    ] {
        let refused = sqlx::raw_sql(change).execute(&server.database.pool).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("audit_event is append-only"), "{refused}");
    }
    assert_eq!(trail(&server).await, before);
}
