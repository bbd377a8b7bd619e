//! A database that cannot be reached, behind a proxy that can be stopped and started.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_api::app::{App, db};
use auth_api::foundation::clock::Clock;
use auth_api::foundation::secret::Secret;
use auth_api::http::listen::Shutdown;
use auth_api::routes;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Request, Response, header};
use sqlx::postgres::PgConnectOptions;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::support::server::{TestServer, kek};

mod keys;

/// Far below the pool's patience, far above what an answer takes on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

/// Passes connections on to PostgreSQL until it is dropped, and then refuses them.
struct Proxy {
    at: SocketAddr,
    _passing: JoinSet<()>,
}

impl Proxy {
    async fn start(at: &str, database: &PgConnectOptions) -> Self {
        // A connection of another test may have the port for a moment.
        let began = Instant::now();
        let listener = loop {
            match TcpListener::bind(at).await {
                Ok(listener) => break listener,
                Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let at = listener.local_addr().unwrap();
        let database = database.clone();
        let mut passing = JoinSet::new();
        passing.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let database = database.clone();
                connections.spawn(async move {
                    if let Some(directory) = database.get_socket() {
                        let socket = format!(".s.PGSQL.{}", database.get_port());
                        let server = UnixStream::connect(directory.join(socket)).await;
                        let _ = copy_bidirectional(&mut client, &mut server.unwrap()).await;
                    } else {
                        let address = (database.get_host(), database.get_port());
                        let server = TcpStream::connect(address).await;
                        let _ = copy_bidirectional(&mut client, &mut server.unwrap()).await;
                    }
                });
            }
        });
        Self {
            at,
            _passing: passing,
        }
    }
}

struct Replica {
    app: Arc<App>,
    jobs: JoinSet<()>,
}

impl Replica {
    async fn behind(proxy: &Proxy, server: &TestServer) -> Self {
        let mut config = server.app.config.clone();
        let mut url = server.database.url.parse::<url::Url>().unwrap();
        url.set_query(None);
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(proxy.at.port())).unwrap();
        config.database.url = Some(Secret::new(url.as_str()));
        config.database.acquire_timeout = PATIENCE;
        let pool = db::connect(&config.database).await.unwrap();
        let app = App::start(config, pool, kek(), Clock::default(), Shutdown::default());
        let app = app.await.unwrap();
        let (mut jobs, clients) = (JoinSet::new(), Arc::clone(&app.clients));
        jobs.spawn(async move { clients.follow_changes().await });
        Self { app, jobs }
    }

    /// Asks for a page with a session cookie, which the database alone knows.
    async fn ask(&self) -> Response<Body> {
        self.get("/account", header::COOKIE, "auth_session=abc")
            .await
    }

    /// Asks for a client's metadata with a token (RFC 7592), which the database alone knows.
    async fn ask_for_client(&self) -> Response<Body> {
        self.get("/register/some-client", header::AUTHORIZATION, "Bearer abc")
            .await
    }

    async fn get(&self, path: &str, name: HeaderName, value: &str) -> Response<Body> {
        let request = Request::get(path).header(name, value).body(Body::empty());
        self.answer(request.unwrap()).await
    }

    async fn answer(&self, mut request: Request<Body>) -> Response<Body> {
        let host = HeaderValue::from_static("localhost");
        request.headers_mut().insert(header::HOST, host);
        let router = routes::router(&self.app);
        router.oneshot(request).await.unwrap()
    }

    /// The sign-in page's form, filled in.
    async fn signing_in(&self) -> Request<Body> {
        let page = self.get("/login", header::ACCEPT_LANGUAGE, "en").await;
        let cookie = page.headers()[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let page = text(page).await;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let csrf = csrf.split('"').next().unwrap();
        let fields = format!("csrf={csrf}&username=a%40booking.test&password=b");
        Request::post("/login")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(fields.into())
            .unwrap()
    }

    /// Asks until the answer has a status.
    async fn until(&self, status: u16) {
        let began = Instant::now();
        while self.ask().await.status() != status {
            assert!(began.elapsed() < PATIENCE, "no {status}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn listens(&self, server: &TestServer) {
        let listening = "SELECT count(*) FROM pg_stat_activity \
                         WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        let count = async || {
            let count = sqlx::query_scalar::<_, i64>(listening);
            count.fetch_one(&server.database.pool).await.unwrap()
        };
        let began = Instant::now();
        while count().await == 0 {
            assert!(began.elapsed() < PATIENCE, "nobody listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn end(mut self) {
        self.jobs.shutdown().await;
        self.app.pool.close().await;
    }
}

async fn text(answer: Response<Body>) -> String {
    let body = to_bytes(answer.into_body(), 100_000).await.unwrap();
    String::from_utf8(body.into()).unwrap()
}

#[tokio::test]
async fn nobody_waits_for_a_database_that_is_known_to_be_down() {
    let server = TestServer::start().await;
    let options: PgConnectOptions = server.database.url.parse().unwrap();
    let proxy = Proxy::start("127.0.0.1:0", &options).await;
    let at = proxy.at.to_string();
    let replica = Replica::behind(&proxy, &server).await;
    replica.listens(&server).await;
    assert_eq!(replica.ask().await.status(), 303, "to sign in");
    let refused = replica.answer(replica.signing_in().await).await;
    assert_eq!(refused.status(), 422, "a wrong password");
    let signing_in = replica.signing_in().await;
    drop(proxy);
    // A request may be in the middle of waiting when the outage is noticed; it does not wait on.
    for _ in 0..20 {
        let began = Instant::now();
        let answer = replica.ask().await;
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        let page = text(answer).await;
        assert!(page.contains("id=\"error-code\"") && page.contains("temporarily_unavailable"));
    }
    let answer = replica.answer(signing_in).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
    let refused = replica.ask_for_client().await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()[header::RETRY_AFTER], "1");
    let body: serde_json::Value = serde_json::from_str(&text(refused).await).unwrap();
    assert_eq!(body["error"], "temporarily_unavailable");
    let proxy = Proxy::start(&at, &options).await;
    replica.until(303).await;
    replica.listens(&server).await;
    drop(proxy);
    replica.until(503).await;
    replica.end().await;
}

/// Losing the connection that tells of an outage is none.
#[tokio::test]
async fn where_the_database_answers_a_request_waits_for_a_connection_as_ever() {
    let server = TestServer::start().await;
    let options: PgConnectOptions = server.database.url.parse().unwrap();
    let proxy = Proxy::start("127.0.0.1:0", &options).await;
    let replica = Replica::behind(&proxy, &server).await;
    replica.listens(&server).await;
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    sqlx::query(ended)
        .execute(&server.database.pool)
        .await
        .unwrap();
    let mut held = Vec::new();
    for _ in 0..replica.app.pool.options().get_max_connections() {
        // Made anew, or waited for until the listener gave up its own.
        let taken = tokio::time::timeout(Duration::from_millis(500), replica.app.pool.acquire());
        let Ok(taken) = taken.await else { break };
        held.push(taken.unwrap());
    }
    let mut asking = Box::pin(replica.ask());
    let early = tokio::time::timeout(Duration::from_millis(1500), &mut asking);
    assert!(early.await.is_err(), "answered without a connection");
    held.clear();
    let answer = asking.as_mut().await;
    assert_eq!(answer.status(), 303);
    drop(asking);
    replica.end().await;
}
