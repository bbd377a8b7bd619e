//! Clients' logos from this server's own origin: which pictures are passed on, which are not, and
//! how long either is remembered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth_api::config::Config;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::flow::{CALLBACK, Request, text};
use crate::support::server::{TestServer, json as send};

/// The first bytes of a PNG. Nobody decodes it.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A server of pictures, on the allow-list.
struct Pictures {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Pictures {
    async fn start() -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let router = Router::new()
            .route("/{file}", get(picture))
            .with_state(Arc::clone(&asked));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    async fn server(&self) -> TestServer {
        let allowed = self.address.parse().unwrap();
        TestServer::with(|config: &mut Config| {
            config.fetch.allow = vec![allowed];
            config.fetch.max_bytes = 2000;
        })
        .await
    }

    fn url(&self, file: &str) -> String {
        format!("http://{}/{file}", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn picture(State(asked): State<Arc<AtomicUsize>>, Path(file): Path<String>) -> Response {
    let before = asked.fetch_add(1, Ordering::Relaxed);
    let of = |kind: &'static str, body: Vec<u8>| ([(header::CONTENT_TYPE, kind)], body);
    match file.as_str() {
        "broken-once" if before == 0 => StatusCode::BAD_GATEWAY.into_response(),
        "a.png" | "broken-once" => of("image/png", PNG.to_vec()).into_response(),
        "b.gif" => of("IMAGE/GIF; x=y", b"GIF89a".to_vec()).into_response(),
        "fr.webp" => of("image/webp", b"RIFF".to_vec()).into_response(),
        "drawing" => of("image/svg+xml", b"<svg onload='x()'/>".to_vec()).into_response(),
        "page" => of("text/html", b"<script>x()</script>".to_vec()).into_response(),
        "untyped" => PNG.to_vec().into_response(),
        "large" => of("image/png", vec![0; 2001]).into_response(),
        "never" => std::future::pending().await,
        "inside" => Redirect::temporary("http://127.0.0.1:9/").into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn register(server: &TestServer, logos: Value) -> Value {
    let mut metadata = json!({"redirect_uris": [CALLBACK], "client_name": "App"});
    metadata
        .as_object_mut()
        .unwrap()
        .extend(logos.as_object().unwrap().clone());
    let (status, made) = send(server.http.post(server.url("/register")).json(&metadata)).await;
    assert_eq!(status, 201, "{made}");
    made
}

async fn ask(server: &TestServer, path: &str) -> (u16, HeaderMap, Vec<u8>) {
    let answer = server.http.get(server.url(path)).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap().to_vec())
}

async fn logo(server: &TestServer, made: &Value) -> (u16, HeaderMap, Vec<u8>) {
    let path = format!("/clients/{}/logo", text(made, "client_id"));
    ask(server, &path).await
}

/// A 404 in the endpoints' own form, which nobody keeps.
fn assert_none((status, headers, body): (u16, HeaderMap, Vec<u8>), case: &str) {
    assert_eq!(status, 404, "{case}");
    assert_eq!(headers["content-type"], "application/json", "{case}");
    assert_eq!(headers["cache-control"], "no-store", "{case}");
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"], "invalid_request", "{case}");
}

#[tokio::test]
async fn a_picture_is_passed_on_and_can_be_nothing_else() {
    let pictures = Pictures::start().await;
    let server = pictures.server().await;
    for (file, kind, content) in [
        ("a.png", "image/png", PNG),
        ("b.gif", "image/gif", b"GIF89a"),
    ] {
        let made = register(&server, json!({"logo_uri": pictures.url(file)})).await;
        let (status, headers, body) = logo(&server, &made).await;
        assert_eq!(status, 200, "{file}");
        assert_eq!(headers["content-type"], kind);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(
            headers["content-security-policy"],
            "default-src 'none'; sandbox"
        );
        assert_eq!(body, content);
    }
}

#[tokio::test]
async fn what_is_no_picture_too_large_or_private_is_refused() {
    let pictures = Pictures::start().await;
    let server = pictures.server().await;
    for file in ["drawing", "page", "untyped", "large", "inside", "nowhere"] {
        let made = register(&server, json!({"logo_uri": pictures.url(file)})).await;
        assert_none(logo(&server, &made).await, file);
    }
    assert_eq!(pictures.asked(), 6);
    // Not on the list: nothing private, whatever its name.
    let port = pictures.address.rsplit_once(':').unwrap().1;
    for url in [
        format!("http://localhost:{port}/a.png"),
        "https://10.0.0.1/a.png".into(),
        "https://169.254.169.254/a.png".into(),
        "https://[::1]/a.png".into(),
    ] {
        let made = register(&server, json!({"logo_uri": url})).await;
        assert_none(logo(&server, &made).await, &url);
    }
    assert_eq!(pictures.asked(), 6);
}

#[tokio::test]
async fn whoever_has_no_logo_gets_none() {
    let pictures = Pictures::start().await;
    let server = pictures.server().await;
    for path in [
        "/clients/nobody/logo",
        "/clients/booking-app/logo",
        "/clients/booking-app/logo?lang=fr&lang=en",
        "/clients/booking-app/logo?lang=%FF",
        "/clients/%FF/logo",
    ] {
        assert_none(ask(&server, path).await, path);
    }
}

#[tokio::test]
async fn a_reader_sees_the_logo_of_their_language() {
    let pictures = Pictures::start().await;
    let server = pictures.server().await;
    let french = json!({"logo_uri#fr": pictures.url("fr.webp")});
    let made = register(&server, french).await;
    let request = Request::new("openid").with("client_id", text(&made, "client_id"));
    let page = request.clone().with("ui_locales", "fr");
    let page = page.send(&Browser::new(&server)).await;
    let (_, rest) = page.body.split_once("<img class=\"logo\" src=\"").unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    let (status, headers, _) = ask(&server, path).await;
    assert_eq!(status, 200, "{path}");
    assert_eq!(headers["content-type"], "image/webp");
    // Who reads another language is shown no picture that is not there.
    let page = request.with("ui_locales", "en");
    let page = page.send(&Browser::new(&server)).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<img class=\"logo\""), "{}", page.body);
    assert_none(logo(&server, &made).await, "no plain logo");

    let both = json!({
        "logo_uri": pictures.url("a.png"), "logo_uri#fr": pictures.url("fr.webp"),
    });
    let made = register(&server, both).await;
    let path = format!("/clients/{}/logo", text(&made, "client_id"));
    for (query, kind) in [
        ("", "image/png"),
        ("?lang=en", "image/png"),
        ("?lang=fr", "image/webp"),
        ("?lang=nonsense", "image/png"),
    ] {
        let (_, headers, _) = ask(&server, &format!("{path}{query}")).await;
        assert_eq!(headers["content-type"], kind, "{query}");
    }
}

#[tokio::test]
async fn a_logo_is_fetched_once_and_another_one_shows_at_once() {
    let pictures = Pictures::start().await;
    let server = pictures.server().await;
    let made = register(&server, json!({"logo_uri": pictures.url("broken-once")})).await;
    for _ in 0..3 {
        assert_none(logo(&server, &made).await, "a failure is kept for a moment");
    }
    assert_eq!(pictures.asked(), 1);
    let uri = text(&made, "registration_client_uri");
    let replaced = json!({
        "client_id": made["client_id"], "client_name": "App",
        "redirect_uris": [CALLBACK], "logo_uri": pictures.url("a.png"),
    });
    let request = server.http.put(uri).json(&replaced);
    let token = text(&made, "registration_access_token");
    let (status, body) = send(request.bearer_auth(token)).await;
    assert_eq!(status, 200, "{body}");
    for _ in 0..3 {
        assert_eq!(logo(&server, &made).await.0, 200);
    }
    assert_eq!(pictures.asked(), 2);
}

/// Clients' keys are fetched by the same fetcher.
#[tokio::test]
async fn pictures_that_never_come_do_not_take_all_fetches() {
    let pictures = Pictures::start().await;
    let server = pictures.server().await;
    let made = register(&server, json!({"logo_uri": pictures.url("never")})).await;
    let path = format!("/clients/{}/logo", text(&made, "client_id"));
    let waiting = (0..40).map(|_| server.http.get(server.url(&path)).send());
    let mut waiting: tokio::task::JoinSet<_> = waiting.collect();
    // All but eight are answered at once: without a picture.
    for _ in 0..32 {
        let answer = waiting.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(answer.status(), 404);
    }
    let began = std::time::Instant::now();
    while pictures.asked() < 8 {
        assert!(began.elapsed() < std::time::Duration::from_secs(3), "asked");
        tokio::task::yield_now().await;
    }
    let other = pictures.url("a.png").parse().unwrap();
    let other = server.app.fetcher.get(&other, "image/*").await;
    assert_eq!(other.unwrap().status, StatusCode::OK);
    assert_eq!((pictures.asked(), waiting.len()), (9, 8), "they wait on");
}
