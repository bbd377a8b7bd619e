//! The API over HTTP, with a real Postgres and tokens of a test issuer.
#![allow(clippy::expect_used, clippy::indexing_slicing)] // A test may fail by panicking.

use axum::routing::get;
use axum::{Json, Router};
use booking_kit::guard::GuardConfig;
use booking_kit::test_database::TestDatabase;
use booking_kit::test_issuer::{TestKey, serve};
use public_api::Config;
use reqwest::{Client, Method, StatusCode, header};
use serde_json::Value;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "http://localhost:3003";

struct Api {
    base: String,
    key: TestKey,
    client: Client,
    database: TestDatabase,
}

impl Api {
    async fn start() -> Self {
        let database = TestDatabase::create().await;
        let key = TestKey::new();
        let jwks = key.jwks();
        let keys = serve(Router::new().route("/jwks", get(|| async { Json(jwks) }))).await;
        let guard = GuardConfig {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            jwks_uri: Some(format!("{keys}/jwks")),
        };
        let config = Config {
            guard,
            pool: database.pool.clone(),
        };
        let base = serve(public_api::router(config).expect("a router")).await;
        Self {
            base,
            key,
            client: Client::new(),
            database,
        }
    }

    /// What the admin API does at its start.
    async fn prepare(&self) {
        let guard = GuardConfig {
            issuer: ISSUER.to_owned(),
            audience: "http://localhost:3004".to_owned(),
            jwks_uri: None,
        };
        let config = admin_api::Config {
            guard,
            pool: self.database.pool.clone(),
            demo: true,
        };
        admin_api::prepare(&config).await.expect("the schema");
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }
}

async fn json(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.expect("JSON")
}

#[tokio::test]
async fn artists_are_open_and_a_good_token_shows_more() {
    let api = Api::start().await;
    api.prepare().await;
    sqlx::raw_sql(
        "INSERT INTO booking (artist_id, sub, venue, starts_at, status)
         SELECT id, 'somebody', 'La Sirène', now() + interval '9 days', 'confirmed' FROM artist",
    )
    .execute(&api.database.pool)
    .await
    .expect("bookings");

    let open = json(api.request(Method::GET, "/artists?limit=2")).await;
    assert_eq!(open["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(open["next_offset"], 2);
    assert_eq!(open["items"][0]["name"], "Camille Roussel");
    assert_eq!(open["items"][0].get("booking_fee"), None);
    assert_eq!(open["items"][0].get("next_dates"), None);

    let token = api.key.access_token(ISSUER, AUDIENCE, "u1", &[]);
    let path = format!(
        "/artists/{}",
        open["items"][0]["id"].as_str().expect("an id")
    );
    let more = json(api.request(Method::GET, &path).bearer_auth(&token)).await;
    assert_eq!(more["booking_fee"]["cents"], 85_000);
    assert_eq!(more["next_dates"].as_array().map(Vec::len), Some(1));

    // Only the answer for everybody may be kept by caches.
    let kept = api
        .request(Method::GET, &path)
        .send()
        .await
        .expect("an answer");
    assert_eq!(kept.headers()[header::CACHE_CONTROL], "public, max-age=60");
    let not_kept = api.request(Method::GET, &path).bearer_auth(&token);
    let not_kept = not_kept.send().await.expect("an answer");
    assert_eq!(not_kept.headers()[header::CACHE_CONTROL], "no-store");
    api.database.remove().await;
}

#[tokio::test]
async fn a_bad_token_is_refused_and_the_browser_app_may_read_why() {
    let api = Api::start().await;
    api.prepare().await;
    let foreign = api
        .key
        .access_token(ISSUER, "http://localhost:3004", "u1", &[]);
    let request = api.request(Method::GET, "/artists").bearer_auth(foreign);
    let refused = request
        .header(header::ORIGIN, "https://app.example")
        .send()
        .await;
    let refused = refused.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");

    let preflight = api
        .request(Method::OPTIONS, "/artists")
        .header(header::ORIGIN, "https://app.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
        .send()
        .await
        .expect("an answer");
    assert_eq!(preflight.status(), StatusCode::OK);
    assert_eq!(
        preflight.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "authorization"
    );
    api.database.remove().await;
}

#[tokio::test]
async fn nothing_is_found_where_nothing_is_and_503_before_the_schema_is_there() {
    let api = Api::start().await;
    let early = api
        .request(Method::GET, "/artists")
        .send()
        .await
        .expect("an answer");
    assert_eq!(early.status(), StatusCode::SERVICE_UNAVAILABLE);
    api.prepare().await;
    for path in [
        "/artists/x",
        "/artists/00000000-0000-4000-8000-000000000000",
        "/nothing",
    ] {
        let response = api
            .request(Method::GET, path)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
    let response = api
        .request(Method::GET, "/artists?limit=0")
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    api.database.remove().await;
}
