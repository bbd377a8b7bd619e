//! A `jwks_uri` that takes its time, and people who do not wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_api::clients::authenticate::ASSERTION_TYPE;
use auth_api::routes;
use axum::Json;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use super::client::add;
use super::key::Key;
use super::private_key_jwt::{claims, machine};
use crate::support::flow::encoded;
use crate::support::server::TestServer;

/// A client's own server that answers only when told.
#[derive(Clone)]
struct KeyServer {
    address: String,
    asked: Arc<Semaphore>,
    told: Arc<Semaphore>,
    answers: Arc<AtomicUsize>,
}

impl KeyServer {
    async fn start(jwks: Value) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self {
            address: listener.local_addr().unwrap().to_string(),
            asked: Arc::new(Semaphore::new(0)),
            told: Arc::new(Semaphore::new(0)),
            answers: Arc::default(),
        };
        let of_route = it.clone();
        let answer = get(move || {
            let (it, jwks) = (of_route.clone(), jwks.clone());
            async move {
                it.asked.add_permits(1);
                it.told.acquire().await.unwrap().forget();
                it.answers.fetch_add(1, Ordering::SeqCst);
                Json(jwks)
            }
        });
        let router = axum::Router::new().route("/jwks", answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        it
    }
}

/// Asks for a token by the router, whose future ends with the connection. Aborted, it is dropped.
fn ask(server: &TestServer, jwt: &str) -> JoinHandle<StatusCode> {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", jwt),
    ];
    let request = Request::post("/token")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(encoded(&fields)))
        .unwrap();
    let router = routes::router(&server.app);
    tokio::spawn(async move { router.oneshot(request).await.unwrap().status() })
}

#[tokio::test]
async fn whoever_hangs_up_in_the_middle_of_a_fetch_does_not_end_it_for_the_others() {
    let key = Key::generate("ES256", "k");
    let keys = KeyServer::start(key.jwks()).await;
    let server = TestServer::with(|config| {
        config.fetch.allow = vec![keys.address.parse().unwrap()];
        config.fetch.timeout = std::time::Duration::from_secs(30);
    })
    .await;
    let members = json!({"jwks_uri": format!("http://{}/jwks", keys.address)});
    add(&server, "machine", machine(&members)).await;
    // Anybody can write such a thing who knows a client_id.
    let junk = Key::generate("ES256", "k").sign(&claims(&server));
    let stranger = ask(&server, &junk);
    keys.asked.acquire().await.unwrap().forget();
    stranger.abort();
    assert!(stranger.await.unwrap_err().is_cancelled());

    // All within ten seconds of the clock, in which nothing is fetched again.
    let waiting = [0; 3].map(|_| ask(&server, &key.sign(&claims(&server))));
    keys.told.add_permits(1);
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), 200);
    }
    assert_eq!(ask(&server, &junk).await.unwrap(), 401);
    assert_eq!(keys.answers.load(Ordering::SeqCst), 1);
    assert_eq!(keys.asked.available_permits(), 0, "asked once");
}
