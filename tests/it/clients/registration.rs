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

#[tokio::test]
async fn a_client_registers_reads_replaces_and_deletes_itself() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("client_id");
    let token = made.text("registration_access_token");
    assert_eq!(
        made.text("registration_client_uri"),
        format!("https://op.example/register/{id}")
    );
    assert_eq!(made.body["client_secret_expires_at"], 0);
    assert!(made.body["client_id_issued_at"].is_i64());
    assert_eq!(
        made.text("token_endpoint_auth_method"),
        "client_secret_basic"
    );
    assert_eq!(made.body["redirect_uris"], web()["redirect_uris"]);
    assert_eq!(made.body["require_pkce"], true);
    let secret = made.text("client_secret");

    let path = format!("/register/{id}");
    let read = server
        .call(Method::GET, &path, Some(token), Value::Null)
        .await;
    assert_eq!(read.status, 200);
    assert_eq!(read.text("client_name"), "App");
    assert_eq!(read.text("registration_access_token"), token);
    assert!(
        read.body.get("client_secret").is_none(),
        "only its hash is kept"
    );

    // What was read, sent back with a change; members that it no longer has are gone.
    let mut change = read.body.clone();
    change["client_secret"] = json!(secret);
    change["client_name"] = Value::Null;
    change["tos_uri"] = json!("https://app.example/tos");
    let replaced = server.call(Method::PUT, &path, Some(token), change).await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.text("tos_uri"), "https://app.example/tos");
    assert!(replaced.body.get("client_name").is_none());
    assert_eq!(replaced.text("registration_access_token"), token);
    let stored = store::client::find(&server.state.pool, id)
        .await
        .unwrap()
        .unwrap();
    assert!(
        stored.secret_matches(&Secret::new(secret)),
        "the secret stays"
    );

    let gone = server
        .call(Method::DELETE, &path, Some(token), Value::Null)
        .await;
    assert_eq!((gone.status.as_u16(), gone.body), (204, Value::Null));
    assert_eq!(server.count().await, 0);
    for method in [Method::GET, Method::DELETE] {
        let after = server.call(method, &path, Some(token), Value::Null).await;
        assert!(after.is(401, "invalid_token"));
    }
    server.database.drop().await;
}

#[tokio::test]
async fn a_wrong_token_and_an_unknown_client_look_the_same() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    let other = server.register(web()).await;
    let path = format!("/register/{}", made.text("client_id"));
    let wrong = Some(other.text("registration_access_token"));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let mismatch = server.call(method.clone(), &path, wrong, web()).await;
        let unknown = server
            .call(method.clone(), "/register/nobody", wrong, web())
            .await;
        assert!(mismatch.is(401, "invalid_token"));
        assert_eq!(
            mismatch.headers[header::WWW_AUTHENTICATE],
            "Bearer error=\"invalid_token\""
        );
        assert_eq!(mismatch.status, unknown.status);
        assert_eq!(mismatch.body, unknown.body);
        assert_eq!(mismatch.headers, unknown.headers);
        let bare = server.call(method, &path, None, web()).await;
        assert_eq!(
            (
                bare.status.as_u16(),
                &bare.headers[header::WWW_AUTHENTICATE]
            ),
            (401, &"Bearer".parse().unwrap())
        );
    }
    assert_eq!(server.count().await, 2);
    server.database.drop().await;
}

#[tokio::test]
async fn refusals_are_json_and_store_nothing() {
    let server = Server::new(RegistrationMode::Open).await;
    let redirect = server
        .register(json!({"redirect_uris": ["https://app.example/#x"]}))
        .await;
    assert!(
        redirect.is(400, "invalid_redirect_uri"),
        "{}",
        redirect.body
    );
    let mut metadata = web();
    metadata["jwks"] = json!({"keys": [{"kty": "EC", "kid": "nul\u{0}"}]});
    assert!(
        server
            .register(metadata)
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        server
            .register(json!([]))
            .await
            .is(400, "invalid_client_metadata")
    );
    for (uris, sector, status) in [
        (json!(["https://app.example/cb"]), SECTOR, 201),
        (
            json!(["https://app.example/cb", "https://app.example/2"]),
            SECTOR,
            400,
        ),
        (
            json!(["https://app.example/cb"]),
            "https://app.example/none",
            400,
        ),
    ] {
        let body = json!({"redirect_uris": uris, "sector_identifier_uri": sector,
            "subject_type": "pairwise"});
        assert_eq!(server.register(body).await.status, status, "{sector}");
    }
    let raw = |kind: &str, body: String| {
        let request = Request::post("/register").header(header::CONTENT_TYPE, kind);
        server.send(request.body(Body::from(body)).unwrap())
    };
    assert_eq!(raw("text/plain", web().to_string()).await.status, 415);
    assert!(
        raw("application/json", "{".into())
            .await
            .is(400, "invalid_client_metadata")
    );
    assert_eq!(
        raw("application/json", " ".repeat(70_000)).await.status,
        413
    );
    assert_eq!(server.count().await, 1);
    server.database.drop().await;
}

#[tokio::test]
async fn an_initial_access_token_registers_as_many_clients_as_it_says() {
    let server = Server::new(RegistrationMode::Token).await;
    let anonymous = server.register(web()).await;
    assert_eq!(anonymous.status, 401);
    assert_eq!(anonymous.headers[header::WWW_AUTHENTICATE], "Bearer");
    let token = Secret::generate();
    let now = server.state.clock.now();
    let expires = now + Duration::from_mins(1);
    let pool = &server.state.pool;
    store::initial_access_token::create(pool, &token.hash(), "one", 1, now, expires)
        .await
        .unwrap();
    let with = async |token: &str, body: Value| {
        server
            .call(Method::POST, "/register", Some(token), body)
            .await
    };
    assert!(with("made-up", web()).await.is(401, "invalid_token"));
    let refused = with(token.expose(), json!({"redirect_uris": []})).await;
    assert!(
        refused.is(400, "invalid_redirect_uri"),
        "and the token keeps its use"
    );
    let (one, two) = tokio::join!(with(token.expose(), web()), with(token.expose(), web()));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401]);
    assert_eq!(server.count().await, 1);
    server.database.drop().await;
}

#[tokio::test]
async fn a_closed_or_exhausted_registration_says_so() {
    let mut server = Server::new(RegistrationMode::Closed).await;
    assert!(server.register(web()).await.is(403, "access_denied"));
    server.state.mode = RegistrationMode::Open;
    server.state.anonymous_limit =
        AnonymousLimit::new(|_| std::future::ready(Err(Duration::from_secs(7))));
    let limited = server.register(web()).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.headers[header::RETRY_AFTER], "7");
    assert_eq!(server.count().await, 0);
    server.database.drop().await;
}

#[tokio::test]
async fn a_replacement_names_its_client_and_does_not_choose_the_secret() {
    let server = Server::new(RegistrationMode::Open).await;
    let mut public = web();
    public["token_endpoint_auth_method"] = json!("none");
    let made = server.register(public.clone()).await;
    assert!(made.body.get("client_secret").is_none());
    assert!(made.body.get("client_secret_expires_at").is_none());
    let id = made.text("client_id");
    let path = format!("/register/{id}");
    let token = made.text("registration_access_token");
    let put = async |changes: Value| {
        let mut body = public.clone();
        body["client_id"] = json!(id);
        body.as_object_mut()
            .unwrap()
            .extend(changes.as_object().unwrap().clone());
        server.call(Method::PUT, &path, Some(token), body).await
    };
    assert!(
        put(json!({"client_id": null}))
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        put(json!({"client_id": "other"}))
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        put(json!({"client_secret": "mine"}))
            .await
            .is(400, "invalid_client_metadata")
    );
    assert!(
        put(json!({"redirect_uris": []}))
            .await
            .is(400, "invalid_redirect_uri")
    );
    assert!(
        put(json!({"scope": "bookings:write"}))
            .await
            .is(400, "invalid_client_metadata")
    );

    // A client that becomes confidential gets its secret now.
    let confidential = put(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
    assert_eq!(confidential.status, 200, "{}", confidential.body);
    assert_eq!(confidential.body["client_secret_expires_at"], 0);
    let secret = Secret::new(confidential.text("client_secret"));
    let chosen = json!({"token_endpoint_auth_method": "client_secret_post",
        "client_secret": "mine"});
    assert!(put(chosen).await.is(400, "invalid_client_metadata"));

    // The change is in force at once, and so is the next.
    let on = Authenticator::new(
        Arc::clone(&server.state.clients),
        server.state.pool.clone(),
        server.state.documents.clone(),
        "https://op.example".to_owned(),
        "https://op.example/token".to_owned(),
    );
    let presented = PresentedCredentials {
        client_id: Some(id),
        client_secret: Some(&secret),
        ..PresentedCredentials::default()
    };
    let now = server.state.clock.now();
    assert!(on.authenticate(&presented, now).await.is_ok());
    assert_eq!(put(json!({})).await.status, 200);
    assert!(
        on.authenticate(&presented, now).await.is_err(),
        "public again, without a secret"
    );
    server.database.drop().await;
}

#[tokio::test]
async fn permissions_that_an_administrator_gave_survive_a_replacement() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    let id = made.text("client_id");
    let pool = &server.state.pool;
    let mut client = store::client::find(pool, id).await.unwrap().unwrap();
    client.metadata.scope = "openid bookings:read".to_owned().try_into().unwrap();
    client.first_party = true;
    store::client::update(pool, &client).await.unwrap();
    let mut body = web();
    body["client_id"] = json!(id);
    body["scope"] = json!("openid bookings:read");
    let token = Some(made.text("registration_access_token"));
    let replaced = server
        .call(Method::PUT, &format!("/register/{id}"), token, body)
        .await;
    assert_eq!(replaced.status, 200, "{}", replaced.body);
    assert_eq!(replaced.text("scope"), "openid bookings:read");
    let after = store::client::find(pool, id).await.unwrap().unwrap();
    assert!(after.first_party, "a replacement does not touch it");
    server.database.drop().await;
}

#[tokio::test]
async fn what_was_granted_to_a_client_goes_with_it() {
    let server = Server::new(RegistrationMode::Open).await;
    let made = server.register(web()).await;
    let id = made.text("client_id");
    let pool = &server.state.pool;
    sqlx::query("INSERT INTO users (email, password_hash) VALUES ('a@b.example', 'x')")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO oauth_grant (id, client_id, id_user, scope, resource, auth_time, acr, amr,
           created_at, expires_at)
         SELECT gen_random_uuid(), $1, id_user, '{openid}', '{}', now(), '1', '{pwd}', now(),
           now() + interval '1 day' FROM users",
    )
    .bind(id)
    .execute(pool)
    .await
    .unwrap();
    let token = Some(made.text("registration_access_token"));
    let path = format!("/register/{id}");
    assert_eq!(
        server
            .call(Method::DELETE, &path, token, Value::Null)
            .await
            .status,
        204
    );
    let grants: i64 = sqlx::query_scalar("SELECT count(*) FROM oauth_grant")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(grants, 0);
    server.database.drop().await;
}
