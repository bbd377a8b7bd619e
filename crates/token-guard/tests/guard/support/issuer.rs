//! An issuer over HTTP that counts, fails and lies on demand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Key;

/// How the issuer answers.
#[derive(Clone, PartialEq)]
pub enum Mode {
    Up,
    /// 503 to everything.
    Down,
    /// Takes the request for keys and never answers.
    Hangs,
    /// These bytes for a key set.
    Says(Vec<u8>),
    /// A redirect to a good key set.
    Redirects,
}

pub struct Issuer {
    pub url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    url: String,
    mode: Mutex<Mode>,
    jwks: Mutex<Value>,
    metadata: Mutex<Option<Value>>,
    cache_control: Mutex<Option<&'static str>>,
    metadata_fetches: AtomicUsize,
    jwks_fetches: watch::Sender<usize>,
    gate: watch::Sender<bool>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Issuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            url: url.clone(),
            mode: Mutex::new(Mode::Up),
            jwks: Mutex::new(json!({"keys": []})),
            metadata: Mutex::new(Some(
                json!({"issuer": url, "jwks_uri": format!("{url}/jwks")}),
            )),
            cache_control: Mutex::new(Some("max-age=300")),
            metadata_fetches: AtomicUsize::new(0),
            jwks_fetches: watch::Sender::new(0),
            gate: watch::Sender::new(true),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(openid_metadata))
            .route(
                "/.well-known/oauth-authorization-server",
                get(oauth_metadata),
            )
            .route("/jwks", get(jwks))
            .route("/elsewhere", get(good_jwks))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            shared,
            server,
        }
    }

    pub fn publish(&self, keys: &[&Key]) {
        self.publish_jwks(keys.iter().map(|key| key.jwk()).collect());
    }

    pub fn publish_jwks(&self, keys: Vec<Value>) {
        self.shared.jwks.lock().unwrap()["keys"] = Value::Array(keys);
    }

    pub fn set_mode(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap() = mode;
    }

    /// `None`: no OpenID metadata (404), only that of RFC 8414.
    pub fn set_metadata(&self, metadata: Option<Value>) {
        *self.shared.metadata.lock().unwrap() = metadata;
    }

    pub fn set_cache_control(&self, value: Option<&'static str>) {
        *self.shared.cache_control.lock().unwrap() = value;
    }

    pub fn fetches(&self) -> usize {
        *self.shared.jwks_fetches.borrow()
    }

    pub fn metadata_fetches(&self) -> usize {
        self.shared.metadata_fetches.load(Ordering::SeqCst)
    }

    /// Holds the answers for keys back until [`Self::open_gate`].
    pub fn close_gate(&self) {
        self.shared.gate.send_replace(false);
    }

    pub fn open_gate(&self) {
        self.shared.gate.send_replace(true);
    }

    /// Waits until keys were asked for so many times in all.
    pub async fn fetched(&self, times: usize) {
        let mut fetches = self.shared.jwks_fetches.subscribe();
        fetches.wait_for(|fetches| *fetches >= times).await.unwrap();
    }
}

async fn openid_metadata(State(shared): State<Arc<Shared>>) -> Response {
    shared.metadata_fetches.fetch_add(1, Ordering::SeqCst);
    if *shared.mode.lock().unwrap() == Mode::Down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match &*shared.metadata.lock().unwrap() {
        Some(metadata) => axum::Json(metadata).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn oauth_metadata(State(shared): State<Arc<Shared>>) -> Response {
    shared.metadata_fetches.fetch_add(1, Ordering::SeqCst);
    let url = &shared.url;
    axum::Json(json!({"issuer": url, "jwks_uri": format!("{url}/jwks")})).into_response()
}

async fn jwks(State(shared): State<Arc<Shared>>) -> Response {
    // Taken before the gate: what a slow issuer answers is what it knew when it was asked.
    let document = shared.jwks.lock().unwrap().to_string().into_bytes();
    let mode = shared.mode.lock().unwrap().clone();
    let cache_control = *shared.cache_control.lock().unwrap();
    shared.jwks_fetches.send_modify(|fetches| *fetches += 1);
    shared
        .gate
        .subscribe()
        .wait_for(|open| *open)
        .await
        .unwrap();
    let document = match mode {
        Mode::Up => document,
        Mode::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mode::Hangs => std::future::pending().await,
        Mode::Says(bytes) => bytes,
        Mode::Redirects => {
            return (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response();
        }
    };
    let mut response = document.into_response();
    if let Some(cache_control) = cache_control {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, cache_control.parse().unwrap());
    }
    response
}

async fn good_jwks(State(shared): State<Arc<Shared>>) -> Response {
    shared.jwks.lock().unwrap().to_string().into_response()
}
