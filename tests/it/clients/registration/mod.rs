//! Registration and its management over a small router of their own.

mod create;
mod manage;

use std::sync::Arc;
use std::time::Duration;

use auth_api::clients::authenticate::{Authenticator, PresentedCredentials};
use auth_api::clients::documents::{DocumentError, Documents};
use auth_api::clients::registration::{self, AnonymousLimit, RegistrationState};
use auth_api::clients::{Clients, store};
use auth_api::config::RegistrationMode;
use auth_api::foundation::clock::Clock;
use auth_api::foundation::secret::Secret;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::database::TestDatabase;

const SECTOR: &str = "https://app.example/sector.json";

struct Server {
    database: TestDatabase,
    state: RegistrationState,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, member: &str) -> &str {
        self.body[member]
            .as_str()
            .unwrap_or_else(|| panic!("no {member} in {}", self.body))
    }

    fn is(&self, status: u16, error: &str) -> bool {
        self.status == status && self.body["error"] == error
    }
}

impl Server {
    async fn new(mode: RegistrationMode) -> Self {
        let database = TestDatabase::new().await;
        let documents = Documents::new(|url| {
            std::future::ready(match url.as_str() {
                SECTOR => Ok(json!(["https://app.example/cb"])),
                _ => Err(DocumentError("unknown".to_owned())),
            })
        });
        let state = RegistrationState {
            pool: database.pool.clone(),
            clients: Arc::new(Clients::new(database.pool.clone())),
            documents,
            clock: Clock::default(),
            registration_endpoint: "https://op.example/register".parse().unwrap(),
            mode,
            anonymous_limit: AnonymousLimit::none(),
        };
        Self { database, state }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let one = get(registration::read)
            .put(registration::replace)
            .delete(registration::delete);
        let router = Router::new()
            .route("/register", post(registration::register))
            .route("/register/{client_id}", one)
            .with_state(self.state.clone());
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            assert_eq!(parts.headers[header::CONTENT_TYPE], "application/json");
            serde_json::from_slice(&bytes).unwrap()
        };
        assert_eq!(parts.headers[header::CACHE_CONTROL], "no-store");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        };
        self.send(request.body(body).unwrap()).await
    }

    async fn register(&self, body: Value) -> Answer {
        self.call(Method::POST, "/register", None, body).await
    }

    async fn count(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM client")
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }
}

fn web() -> Value {
    json!({"redirect_uris": ["https://app.example/cb"], "client_name": "App"})
}
