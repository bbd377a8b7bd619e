//! A token whose key this replica does not know yet, while it cannot ask the database for it: that is
//! not a bad token.

use auth_api::keys::Lead;
use axum::body::Body;
use axum::http::{Request, Response, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;

use super::{Duration, Instant, PATIENCE, Proxy, Replica, text};
use crate::support::flow::{self, BOOKING_APP, CUSTOMER, encoded, tokens};
use crate::support::server::TestServer;

const FORM: &str = "application/x-www-form-urlencoded";

fn with_bearer(method: &str, path: &str, token: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(if method == "POST" { "{}" } else { "" }.into())
        .unwrap()
}

fn by_booking_app(path: &str, token: &str) -> Request<Body> {
    let basic = STANDARD.encode(format!("{}:{}", BOOKING_APP.0, BOOKING_APP.1));
    Request::post(path)
        .header(header::AUTHORIZATION, format!("Basic {basic}"))
        .header(header::CONTENT_TYPE, FORM)
        .body(format!("token={token}").into())
        .unwrap()
}

fn to_verify(token: &str) -> Request<Body> {
    Request::post("/api/auth/verify-token")
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({ "token": token }).to_string().into())
        .unwrap()
}

impl Replica {
    /// Shows the token until the answer is another, which is `then`.
    async fn answers(&self, first: u16, then: u16, token: &str) {
        let began = Instant::now();
        let status = loop {
            let answer = self.answer(with_bearer("GET", "/userinfo", token));
            let status = answer.await.status();
            if status != first {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "{status}, no end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(status, then);
    }
}

/// Everything that looks at an access token.
fn requests(token: &str) -> [Request<Body>; 6] {
    [
        with_bearer("GET", "/userinfo", token),
        with_bearer("GET", "/api/auth/me", token),
        with_bearer("POST", "/api/auth/logout", token),
        by_booking_app("/introspect", token),
        by_booking_app("/revoke", token),
        to_verify(token),
    ]
}

async fn body(answer: Response<Body>) -> Value {
    serde_json::from_str(&text(answer).await).unwrap()
}

/// The token with a key identifier of nobody.
fn with_made_up_key(token: &str) -> String {
    let mut header = flow::header(token);
    header["kid"] = json!("made-up");
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// An authorization request whose hint is that ID token.
async fn hinted(replica: &Replica, id_token: &str) -> String {
    let request = flow::Request::new("openid").with("prompt", "none");
    let request = request.with("id_token_hint", id_token);
    let query = encoded(&request.pairs());
    let request = Request::get(format!("/authorize?{query}"));
    let answer = replica.answer(request.body(Body::empty()).unwrap()).await;
    let location = answer.headers()[header::LOCATION].to_str().unwrap();
    location.to_owned()
}

#[tokio::test]
async fn a_token_whose_key_cannot_be_looked_for_is_not_called_bad() {
    let server = TestServer::start().await;
    let options: PgConnectOptions = server.database.url.parse().unwrap();
    let proxy = Proxy::start("127.0.0.1:0", &options).await;
    let at = proxy.at.to_string();
    let replica = Replica::behind(&proxy, &server).await;
    replica.listens(&server).await;
    let known = tokens(&server, "openid", CUSTOMER).await;
    let before = hinted(&replica, flow::text(&known, "id_token")).await;
    assert!(before.contains("error=login_required"), "{before}");
    let known = flow::text(&known, "access_token").to_owned();
    // The client is known from now on, and the database works: a made-up key is nobody's.
    let made_up = with_made_up_key(&known);
    for (request, status) in requests(&made_up)
        .into_iter()
        .zip([401, 401, 204, 200, 200, 200])
    {
        let path = request.uri().clone();
        let answer = replica.answer(request).await;
        assert_eq!(answer.status(), status, "{path}");
    }
    server
        .app
        .keys
        .rotate(None, Lead::Now, server.app.clock.now())
        .await
        .unwrap();
    let new = tokens(&server, "openid", CUSTOMER).await;
    let (token, id_token) = (
        flow::text(&new, "access_token"),
        flow::text(&new, "id_token"),
    );
    drop(proxy);
    replica.until(503).await;
    // Within a second of the last reading an unknown key is nobody's.
    replica.answers(401, 503, token).await;
    for request in requests(token).into_iter().chain(requests(&made_up)) {
        let path = request.uri().clone();
        let answer = replica.answer(request).await;
        assert_eq!(answer.status(), 503, "{path}");
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1", "{path}");
        let body = text(answer).await;
        assert!(body.contains("temporarily_unavailable"), "{path}: {body}");
    }
    let location = hinted(&replica, id_token).await;
    assert!(
        location.contains("error=temporarily_unavailable"),
        "{location}"
    );
    // What needs no key is refused as ever.
    let malformed = replica.answer(with_bearer("GET", "/userinfo", "a.b.c"));
    assert_eq!(malformed.await.status(), 401);

    let _proxy = Proxy::start(&at, &options).await;
    replica.until(303).await;
    replica.answers(503, 200, token).await;
    let location = hinted(&replica, id_token).await;
    assert!(location.contains("error=login_required"), "{location}");
    let revoked = replica.answer(by_booking_app("/revoke", token)).await;
    assert_eq!(revoked.status(), 200);
    let told = body(replica.answer(by_booking_app("/introspect", token)).await).await;
    assert_eq!(told, json!({ "active": false }));
    replica.end().await;
}
