use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// Answers from a script, the last answer for ever, and counts the questions.
#[derive(Default)]
struct Script {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self {
            answers: Mutex::new(answers.iter().rev().map(parse).collect()),
            asked: Mutex::default(),
        })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Lookup for Script {
    fn lookup(&self, host: &str) -> Found {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop()
        } else {
            answers.last().cloned()
        };
        Box::pin(async move { answer.ok_or_else(|| std::io::Error::other("unknown name")) })
    }
}

fn config(allow: &[&str]) -> FetchConfig {
    FetchConfig {
        allow: allow.iter().map(|text| text.parse().unwrap()).collect(),
        timeout: Duration::from_secs(5),
        max_bytes: 1000,
        root_certificate: None,
    }
}

fn fetcher(allow: &[&str], lookup: Arc<Script>) -> Fetcher {
    let lookup: Arc<dyn Lookup> = lookup;
    Fetcher::with_lookup(&config(allow), &lookup).unwrap()
}

async fn get_from(fetcher: &Fetcher, url: &str) -> Result<Fetched, FetchError> {
    fetcher
        .get(&Url::parse(url).unwrap(), "application/json")
        .await
}

/// A server on a free loopback port; returns its address.
async fn server(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A server whose answer announces no length and never ends.
async fn unending() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // The request fits one packet; an answer before it would be none.
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 400]).await.is_ok() {}
    });
    address
}

async fn echo(request: Request<Body>) -> impl IntoResponse {
    let headers = request.headers();
    let text = |name| {
        headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
            .to_owned()
    };
    let unwanted = [
        header::COOKIE,
        header::REFERER,
        header::ACCEPT_ENCODING,
        header::AUTHORIZATION,
    ];
    assert!(
        unwanted.iter().all(|name| !headers.contains_key(name)),
        "{headers:?}"
    );
    let answer = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::SET_COOKIE, "a=b"),
    ];
    (answer, text(header::ACCEPT))
}

#[tokio::test]
async fn an_allowed_host_is_fetched_at_the_address_that_the_lookup_gave() {
    let port = server(Router::new().route("/keys", get(echo))).await.port();
    let allow = format!("intranet.test:{port}");
    let lookup = Script::new(&[&["127.0.0.1"], &["192.0.2.1"]]);
    let fetcher = fetcher(&[&allow], Arc::clone(&lookup));
    let answer = get_from(&fetcher, &format!("http://intranet.test:{port}/keys"))
        .await
        .unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.content_type.as_deref(),
        Some("application/jwk-set+json")
    );
    assert_eq!(answer.max_age, Some(Duration::from_mins(5)));
    assert_eq!(&answer.body[..], b"application/json");
    // One question for one connection: there is no second answer to rebind to.
    assert_eq!(lookup.asked(), ["intranet.test"]);
}

#[tokio::test]
async fn what_is_not_on_the_list_must_be_public_https_on_443() {
    let hits = Arc::new(Mutex::new(0));
    let count = Arc::clone(&hits);
    let router = Router::new().fallback(move || {
        *count.lock().unwrap() += 1;
        async { "secret" }
    });
    let port = server(router).await.port();
    let lookup = Script::new(&[&["127.0.0.1"]]);
    let fetcher = fetcher(&[], Arc::clone(&lookup));
    for (url, error) in [
        (format!("http://127.0.0.1:{port}/"), FetchError::Scheme),
        (format!("https://127.0.0.1:{port}/"), FetchError::Port),
        ("ftp://example.com/".into(), FetchError::Scheme),
        ("file:///etc/passwd".into(), FetchError::Scheme),
        ("data:,x".into(), FetchError::Scheme),
        ("http://example.com/".into(), FetchError::Scheme),
        ("https://example.com:22/".into(), FetchError::Port),
        ("https://user@example.com/".into(), FetchError::Credentials),
        ("https://:pass@example.com/".into(), FetchError::Credentials),
        ("https://127.0.0.1/".into(), FetchError::Host),
        ("https://2130706433/".into(), FetchError::Host),
        ("https://0x7f.1/".into(), FetchError::Host),
        ("https://0177.0.0.1/".into(), FetchError::Host),
        ("https://127.1/".into(), FetchError::Host),
        (
            "https://169.254.169.254/latest/meta-data".into(),
            FetchError::Host,
        ),
        ("https://[::1]/".into(), FetchError::Host),
        ("https://[::ffff:10.0.0.1]/".into(), FetchError::Host),
        ("https://[64:ff9b::a00:1]/".into(), FetchError::Host),
    ] {
        assert_eq!(get_from(&fetcher, &url).await.unwrap_err(), error, "{url}");
    }
    assert!(lookup.asked().is_empty());
    assert_eq!(*hits.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_name_with_a_private_address_is_refused_even_among_public_ones() {
    for addresses in [&["10.0.0.1"][..], &["1.1.1.1", "127.0.0.1"], &["fd00::1"]] {
        let fetcher = fetcher(&[], Script::new(&[addresses]));
        let error = get_from(&fetcher, "https://rebind.test/")
            .await
            .unwrap_err();
        assert_eq!(error, FetchError::Host, "{addresses:?}");
        assert!(!error.to_string().contains("10."), "{error}");
    }
    let unknown = fetcher(&[], Arc::default());
    assert_eq!(
        get_from(&unknown, "https://a.test/").await.unwrap_err(),
        FetchError::Host
    );
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_checked_at_every_connection() {
    let lookup: Arc<dyn Lookup> = Script::new(&[&["1.1.1.1"], &["127.0.0.1"]]);
    let resolver = CheckedResolver {
        lookup,
        public_only: true,
    };
    use reqwest::dns::Resolve as _;
    let first: Vec<_> = resolver
        .resolve("a.test".parse().unwrap())
        .await
        .unwrap()
        .collect();
    assert_eq!(first, ["1.1.1.1:0".parse().unwrap()]);
    assert!(resolver.resolve("a.test".parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn redirects_are_bounded_and_each_is_checked() {
    let router = Router::new()
        .route("/twice", get(|| async { Redirect::temporary("/once") }))
        .route("/once", get(|| async { Redirect::permanent("/end") }))
        .route("/end", get(|| async { "end" }))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route(
            "/inside",
            get(|| async { Redirect::temporary("https://10.0.0.1/") }),
        )
        .route(
            "/name",
            get(|| async { Redirect::temporary("https://private.test/") }),
        )
        .route(
            "/plain",
            get(|| async { Redirect::temporary("http://example.com/") }),
        )
        .route("/nowhere", get(|| async { StatusCode::FOUND }));
    let address = server(router).await.to_string();
    let fetcher = fetcher(&[&address], Script::new(&[&["10.0.0.1"]]));
    let url = |path: &str| format!("http://{address}{path}");
    assert_eq!(
        &get_from(&fetcher, &url("/twice")).await.unwrap().body[..],
        b"end"
    );
    for (path, error) in [
        ("/loop", FetchError::Redirect),
        ("/inside", FetchError::Host),
        ("/name", FetchError::Host),
        ("/plain", FetchError::Scheme),
        ("/nowhere", FetchError::Redirect),
    ] {
        assert_eq!(
            get_from(&fetcher, &url(path)).await.unwrap_err(),
            error,
            "{path}"
        );
    }
}

#[tokio::test]
async fn size_and_time_are_bounded() {
    let router = Router::new()
        .route("/exact", get(|| async { vec![b'x'; 1000] }))
        .route("/large", get(|| async { vec![b'x'; 1001] }))
        .route("/never", get(std::future::pending::<()>));
    let address = server(router).await.to_string();
    let unending = unending().await.to_string();
    let mut fetcher = fetcher(&[&address, &unending], Arc::default());
    let answer = get_from(&fetcher, &format!("http://{unending}/")).await;
    assert_eq!(answer.unwrap_err(), FetchError::TooLarge);
    let url = |path: &str| format!("http://{address}{path}");
    assert_eq!(
        get_from(&fetcher, &url("/exact")).await.unwrap().body.len(),
        1000
    );
    assert_eq!(
        get_from(&fetcher, &url("/large")).await.unwrap_err(),
        FetchError::TooLarge
    );
    fetcher.timeout = Duration::from_millis(50);
    assert_eq!(
        get_from(&fetcher, &url("/never")).await.unwrap_err(),
        FetchError::Timeout
    );
}

#[test]
fn cache_control_is_read_conservatively() {
    let parse = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, text.parse().unwrap());
        max_age(&headers)
    };
    assert_eq!(parse("Max-Age=60"), Some(Duration::from_mins(1)));
    assert_eq!(parse("max-age=60, no-store"), Some(Duration::ZERO));
    assert_eq!(parse("public"), None);
    assert_eq!(parse("max-age=soon"), None);
    assert_eq!(max_age(&HeaderMap::new()), None);
}
