//! Dynamic registration over the real router (RFC 7591, RFC 7592), and that what was registered
//! works.

use auth_api::clients::store;
use auth_api::config::RegistrationMode;
use auth_api::foundation::secret::Secret;
use reqwest::Method;
use reqwest::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::client::{CALLBACK, TestClient, assert_refused};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, payload, text};
use crate::support::server::{TestServer, json as send};

fn web() -> Value {
    json!({"redirect_uris": [CALLBACK], "client_name": "App",
        "grant_types": ["authorization_code", "refresh_token"]})
}

/// Calls with a bearer token.
async fn call(
    server: &TestServer,
    method: Method,
    uri: &str,
    token: &str,
    body: &Value,
) -> (u16, Value) {
    let request = server.http.request(method, uri).bearer_auth(token);
    let request = if body.is_null() {
        request
    } else {
        request.json(body)
    };
    send(request).await
}

async fn register(server: &TestServer, body: &Value) -> Value {
    let request = server.http.post(server.url("/register")).json(body);
    let (status, made) = send(request).await;
    assert_eq!(status, 201, "{made}");
    made
}

fn client(made: &Value) -> TestClient {
    TestClient {
        id: text(made, "client_id").to_owned(),
        secret: made
            .get("client_secret")
            .map(|secret| secret.as_str().unwrap().to_owned()),
    }
}

#[tokio::test]
async fn a_registered_client_goes_through_the_whole_flow_until_it_is_deleted() {
    let server = TestServer::start().await;
    let made = register(&server, &web()).await;
    let app = client(&made);
    assert_eq!(made["client_secret_expires_at"], 0);
    let request = app.request("openid email offline_access");
    let page = request.send(&Browser::new(&server)).await;
    assert_eq!(page.url.path(), "/login");
    let tokens = app.tokens_of(&server, &request, CUSTOMER).await;
    assert_eq!(payload(text(&tokens, "id_token"))["aud"], app.id);
    let (_, next) = app
        .refresh(&server, text(&tokens, "refresh_token"), &[])
        .await;
    let access = text(&next, "access_token");
    assert_eq!(server.userinfo(access).await.1["email"], CUSTOMER);

    let uri = text(&made, "registration_client_uri");
    let token = text(&made, "registration_access_token");
    assert_eq!(uri, format!("{}/register/{}", server.issuer, app.id));
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    let gone = call(&server, Method::DELETE, uri, token, &Value::Null).await;
    assert_eq!(gone, (204, Value::Null));
    // Everything that was granted to it is gone with it.
    let (status, body) = server.userinfo(access).await;
    assert_eq!((status, &body["error"]), (401, &"invalid_token".into()));
    let refused = app
        .refresh(&server, text(&next, "refresh_token"), &[])
        .await;
    assert_refused(&refused, 401, "invalid_client");
    assert_refused(
        &app.post(&server, "/token", &code.form()).await,
        401,
        "invalid_client",
    );
    let page = request.send(&Browser::new(&server)).await;
    assert_eq!((page.status, page.location()), (400, None));
    assert_refused(
        &call(&server, Method::GET, uri, token, &Value::Null).await,
        401,
        "invalid_token",
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM oauth_grant")
        .fetch_one(&server.database.pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_replacement_counts_from_the_next_request() {
    let server = TestServer::start().await;
    let made = register(&server, &web()).await;
    let app = client(&made);
    app.tokens(&server, "openid", CUSTOMER).await;
    let uri = text(&made, "registration_client_uri");
    let token = text(&made, "registration_access_token");
    let (status, read) = call(&server, Method::GET, uri, token, &Value::Null).await;
    assert_eq!((status, &read["client_name"]), (200, &"App".into()));
    assert_eq!(read["registration_access_token"], *token);

    let second = "https://app.example/second";
    let change = json!({"client_id": app.id, "redirect_uris": [second],
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256"});
    let (status, replaced) = call(&server, Method::PUT, uri, token, &change).await;
    assert_eq!(status, 200, "{replaced}");
    assert_eq!(
        replaced.get("client_name"),
        None,
        "what is not sent is gone"
    );
    assert_eq!(replaced["grant_types"], json!(["authorization_code"]));
    let old = app.request("openid").send(&Browser::new(&server)).await;
    assert_eq!(
        (old.status, old.location()),
        (400, None),
        "no longer registered"
    );
    let request = app.request("openid").with("redirect_uri", second);
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    assert_refused(
        &app.post(&server, "/token", &code.form()).await,
        401,
        "invalid_client",
    );
    let mut form = code.form();
    form.push(("client_id", &app.id));
    form.push(("client_secret", app.secret.as_deref().unwrap()));
    let (status, tokens) = server.post("/token", &form).await;
    assert_eq!(status, 200, "{tokens}");
    let alg = crate::support::flow::header(text(&tokens, "id_token"))["alg"].clone();
    assert_eq!(alg, "ES256");
}

#[tokio::test]
async fn refusals_say_which_kind_and_nobody_stores_an_answer() {
    let server = TestServer::start().await;
    for (body, code) in [
        (json!({}), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": ["http://app.example/cb"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["https://app.example/cb#f"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["javascript:alert(1)"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "scope": "bookings:write"}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "response_types": ["token"]}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "client_name": "\u{0}"}),
            "invalid_client_metadata",
        ),
        (json!([]), "invalid_client_metadata"),
    ] {
        let request = server.http.post(server.url("/register")).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_refused(
            &(answer.status().as_u16(), answer.json().await.unwrap()),
            400,
            code,
        );
    }
    let made = server
        .http
        .post(server.url("/register"))
        .json(&web())
        .send()
        .await
        .unwrap();
    assert_eq!(made.headers()[CACHE_CONTROL], "no-store");
    let made: Value = made.json().await.unwrap();
    // Another client's token, a made-up one, and an unknown client: one answer.
    let other = register(&server, &web()).await;
    let uri = text(&made, "registration_client_uri");
    let unknown = format!("{}/register/nobody", server.issuer);
    let not_text = format!("{}/register/%ff", server.issuer);
    for (uri, token) in [
        (uri, text(&other, "registration_access_token")),
        (uri, "made-up"),
        (unknown.as_str(), text(&made, "registration_access_token")),
        (not_text.as_str(), text(&made, "registration_access_token")),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let refused = call(&server, method, uri, token, &web()).await;
            assert_refused(&refused, 401, "invalid_token");
        }
    }
    let bare = server.http.get(uri).send().await.unwrap();
    assert_eq!(
        (bare.status().as_u16(), &bare.headers()[WWW_AUTHENTICATE]),
        (401, &"Bearer".parse().unwrap())
    );
}

#[tokio::test]
async fn an_initial_access_token_is_good_once_however_many_try() {
    let server =
        TestServer::with(|config| config.registration.mode = RegistrationMode::Token).await;
    let anonymous = server.http.post(server.url("/register")).json(&web());
    let anonymous = anonymous.send().await.unwrap();
    assert_eq!(
        (
            anonymous.status().as_u16(),
            &anonymous.headers()[WWW_AUTHENTICATE]
        ),
        (401, &"Bearer".parse().unwrap())
    );
    let token = Secret::generate();
    let now = server.app.clock.now();
    let expires = now + std::time::Duration::from_mins(1);
    let pool = &server.database.pool;
    store::initial_access_token::create(pool, &token.hash(), "one", 1, now, expires)
        .await
        .unwrap();
    let mut tries = JoinSet::new();
    for _ in 0..16 {
        let request = server.http.post(server.url("/register"));
        tries.spawn(send(request.bearer_auth(token.expose()).json(&web())));
    }
    let answers = tries.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status == 201);
    assert_eq!((made.len(), refused.len()), (1, 15));
    for answer in refused {
        assert_refused(answer, 401, "invalid_token");
    }
    let late = Secret::generate();
    store::initial_access_token::create(pool, &late.hash(), "late", 1, now, expires)
        .await
        .unwrap();
    server.app.clock.advance(std::time::Duration::from_secs(61));
    let uri = server.url("/register");
    let refused = call(&server, Method::POST, &uri, late.expose(), &web()).await;
    assert_refused(&refused, 401, "invalid_token");
}

#[tokio::test]
async fn a_closed_registration_is_not_advertised_and_refuses() {
    let server =
        TestServer::with(|config| config.registration.mode = RegistrationMode::Closed).await;
    let metadata = server
        .http
        .get(server.url("/.well-known/openid-configuration"));
    assert_eq!(send(metadata).await.1.get("registration_endpoint"), None);
    let uri = server.url("/register");
    let refused = call(&server, Method::POST, &uri, "x", &web()).await;
    assert_refused(&refused, 403, "access_denied");
}
