//! The API over HTTP, with a real Postgres and tokens of a test issuer.
#![allow(clippy::expect_used, clippy::indexing_slicing)] // A test may fail by panicking.

use admin_api::Config;
use axum::routing::get;
use axum::{Json, Router};
use booking_kit::guard::GuardConfig;
use booking_kit::test_database::TestDatabase;
use booking_kit::test_issuer::{TestKey, serve};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "http://localhost:3004";

struct Api {
    base: String,
    key: TestKey,
    client: Client,
    database: TestDatabase,
}

impl Api {
    async fn start(demo: bool) -> Self {
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
            demo,
        };
        admin_api::prepare(&config).await.expect("the schema");
        let base = serve(admin_api::router(config).expect("a router")).await;
        Self {
            base,
            key,
            client: Client::new(),
            database,
        }
    }

    fn token(&self, sub: &str, permissions: &[&str]) -> String {
        self.key.access_token(ISSUER, AUDIENCE, sub, permissions)
    }

    /// Sends a request; gives status and body, `null` where there is none.
    async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> (StatusCode, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let text = response.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, Some(token), None).await
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, Some(token), Some(body)).await
    }
}

fn artist(name: &str) -> Value {
    json!({"name": name, "discipline": "Jazz", "city": "Nantes", "booking_fee": 50_000})
}

#[tokio::test]
async fn each_call_needs_its_permission() {
    let api = Api::start(false).await;
    let id = "00000000-0000-4000-8000-000000000000";
    let calls = [
        (Method::GET, "/artists".to_owned(), "artists:read"),
        (Method::GET, format!("/artists/{id}"), "artists:read"),
        (Method::POST, "/artists".to_owned(), "artists:write"),
        (Method::PUT, format!("/artists/{id}"), "artists:write"),
        (Method::DELETE, format!("/artists/{id}"), "artists:write"),
        (Method::GET, "/bookings".to_owned(), "bookings:read"),
        (Method::GET, format!("/bookings/{id}"), "bookings:read"),
        (Method::GET, "/me/bookings".to_owned(), "bookings:read"),
        (Method::POST, "/bookings".to_owned(), "bookings:write"),
        (Method::PUT, format!("/bookings/{id}"), "bookings:write"),
        (Method::DELETE, format!("/bookings/{id}"), "bookings:write"),
    ];
    let all = [
        "artists:read",
        "artists:write",
        "bookings:read",
        "bookings:write",
    ];
    for (method, path, permission) in calls {
        let (status, _) = api.send(method.clone(), &path, None, None).await;
        assert_eq!(
            status,
            StatusCode::UNAUTHORIZED,
            "{method} {path} without a token"
        );

        let others: Vec<_> = all
            .into_iter()
            .filter(|other| *other != permission)
            .collect();
        let token = api.token("u1", &others);
        let (status, _) = api.send(method.clone(), &path, Some(&token), None).await;
        assert_eq!(
            status,
            StatusCode::FORBIDDEN,
            "{method} {path} without {permission}"
        );

        let token = api.token("u1", &[permission]);
        let (status, _) = api.send(method.clone(), &path, Some(&token), None).await;
        assert!(
            ![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status),
            "{method} {path} with {permission}: {status}"
        );
    }
    // A token for another API opens nothing.
    let foreign = api
        .key
        .access_token(ISSUER, "http://localhost:3003", "u1", &all);
    assert_eq!(
        api.get("/artists", &foreign).await.0,
        StatusCode::UNAUTHORIZED
    );
    let (status, _) = api.send(Method::GET, "/healthz", None, None).await;
    assert_eq!(status, StatusCode::OK);
    api.database.remove().await;
}

#[tokio::test]
async fn artists_are_made_changed_and_removed() {
    let api = Api::start(false).await;
    let token = api.token("staff", &["artists:read", "artists:write"]);

    let (status, made) = api.post("/artists", &token, artist("  Zoé  ")).await;
    assert_eq!(
        (status, &made["name"]),
        (StatusCode::CREATED, &json!("Zoé"))
    );
    let path = format!("/artists/{}", made["id"].as_str().expect("an id"));
    assert_eq!(api.get(&path, &token).await, (StatusCode::OK, made));

    let (status, changed) = api
        .send(Method::PUT, &path, Some(&token), Some(artist("Zoé & Léa")))
        .await;
    assert_eq!(
        (status, &changed["name"]),
        (StatusCode::OK, &json!("Zoé & Léa"))
    );

    let (status, _) = api.send(Method::DELETE, &path, Some(&token), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for method in [Method::GET, Method::DELETE] {
        let (status, problem) = api.send(method, &path, Some(&token), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(problem["type"], "urn:booking:problem:not-found");
    }
    assert_eq!(
        api.get("/artists/not-an-id", &token).await.0,
        StatusCode::NOT_FOUND
    );
    api.database.remove().await;
}

#[tokio::test]
async fn wrong_input_is_told_field_by_field() {
    let api = Api::start(false).await;
    let token = api.token(
        "staff",
        &["artists:read", "artists:write", "bookings:write"],
    );

    let body =
        json!({"name": " ", "discipline": "a\u{0}b", "city": "x".repeat(81), "booking_fee": -1});
    let (status, problem) = api.post("/artists", &token, body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let errors = problem["errors"].as_array().expect("errors");
    let fields: Vec<_> = errors.iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, ["name", "discipline", "city", "booking_fee"]);

    let mut unknown_field = artist("A");
    unknown_field["id"] = json!("mine");
    assert_eq!(
        api.post("/artists", &token, unknown_field).await.0,
        StatusCode::BAD_REQUEST
    );

    let booking = json!({
        "artist_id": "00000000-0000-4000-8000-000000000000",
        "venue": "La Sirène", "starts_at": "2027-01-02T20:00:00Z",
    });
    let (status, problem) = api.post("/bookings", &token, booking).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "artist_id");

    for query in ["limit=0", "limit=101", "offset=-1", "offset=10001"] {
        let (status, _) = api.get(&format!("/artists?{query}"), &token).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    assert_eq!(
        api.get("/artists?limit=x", &token).await.0,
        StatusCode::BAD_REQUEST
    );
    api.database.remove().await;
}

#[tokio::test]
async fn lists_come_in_parts() {
    let api = Api::start(false).await;
    let token = api.token("staff", &["artists:read", "artists:write"]);
    for name in ["C", "A", "B"] {
        api.post("/artists", &token, artist(name)).await;
    }
    let (_, first) = api.get("/artists?limit=2", &token).await;
    assert_eq!(first["items"][0]["name"], "A");
    assert_eq!(first["next_offset"], 2);
    let (_, second) = api.get("/artists?limit=2&offset=2", &token).await;
    assert_eq!(second["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["items"][0]["name"], "C");
    assert_eq!(second["next_offset"], Value::Null);
    api.database.remove().await;
}

#[tokio::test]
async fn reading_alone_shows_only_ones_own_bookings() {
    let api = Api::start(false).await;
    let staff = api.token(
        "staff",
        &[
            "artists:read",
            "artists:write",
            "bookings:read",
            "bookings:write",
        ],
    );
    let (_, made) = api.post("/artists", &staff, artist("A")).await;
    let booking = |sub: &str| {
        json!({
            "artist_id": made["id"], "sub": sub, "venue": "La Sirène",
            "starts_at": "2027-01-02T20:00:00Z", "status": "confirmed",
        })
    };
    let (status, of_alice) = api.post("/bookings", &staff, booking("alice")).await;
    assert_eq!(
        (status, &of_alice["artist_name"]),
        (StatusCode::CREATED, &json!("A"))
    );
    api.post("/bookings", &staff, booking("bob")).await;

    let bob = api.token("bob", &["bookings:read"]);
    let path = format!("/bookings/{}", of_alice["id"].as_str().expect("an id"));
    assert_eq!(api.get(&path, &bob).await.0, StatusCode::NOT_FOUND);
    for list in ["/bookings", "/me/bookings"] {
        let (_, seen) = api.get(list, &bob).await;
        assert_eq!(seen["items"].as_array().map(Vec::len), Some(1), "{list}");
        assert_eq!(seen["items"][0]["sub"], "bob");
    }
    let (_, all) = api.get("/bookings", &staff).await;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2));
    let (_, own) = api.get("/me/bookings", &staff).await;
    assert_eq!(own["items"], json!([]));

    // A change leaves the booking with whom it was made for.
    let (status, changed) = api
        .send(Method::PUT, &path, Some(&staff), Some(booking("bob")))
        .await;
    assert_eq!((status, &changed["sub"]), (StatusCode::OK, &json!("alice")));

    // An artist with bookings stays.
    let artist_path = format!("/artists/{}", made["id"].as_str().expect("an id"));
    let (status, _) = api
        .send(Method::DELETE, &artist_path, Some(&staff), None)
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = api.send(Method::DELETE, &path, Some(&staff), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    api.database.remove().await;
}

#[tokio::test]
async fn the_demonstration_gives_bookings_once() {
    let api = Api::start(true).await;
    let all = ["bookings:read", "bookings:write"];
    let token = api.token("newcomer", &all);
    let (status, seen) = api.get("/me/bookings", &token).await;
    let items = seen["items"].as_array().expect("items").clone();
    assert_eq!((status, items.len()), (StatusCode::OK, 3));
    for item in items {
        let path = format!("/bookings/{}", item["id"].as_str().expect("an id"));
        api.send(Method::DELETE, &path, Some(&token), None).await;
    }
    let (_, seen) = api.get("/me/bookings", &token).await;
    assert_eq!(seen["items"], json!([]));
    api.database.remove().await;
}
