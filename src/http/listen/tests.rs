use std::future::IntoFuture as _;

use axum::extract::ConnectInfo;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

const LIMITS: Limits = Limits {
    drain_delay: Duration::ZERO,
    drain_timeout: Duration::from_secs(20),
    header_timeout: Duration::from_secs(10),
    idle_timeout: Duration::from_mins(1),
    max_header_bytes: 16 * 1024,
    max_connections: 100,
};

struct Running {
    addresses: Vec<SocketAddr>,
    shutdown: Shutdown,
    ended: JoinHandle<io::Result<()>>,
}

fn start(router: Router, addresses: &[&str], tls: Option<Tls>, limits: Limits) -> Running {
    let addresses: Vec<SocketAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    let listeners = bind(&addresses).unwrap();
    let addresses = listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap())
        .collect();
    let shutdown = Shutdown::default();
    let stop = shutdown.clone();
    let ended = tokio::spawn(async move { serve(router, listeners, tls, &limits, stop).await });
    Running {
        addresses,
        shutdown,
        ended,
    }
}

fn peer_router() -> Router {
    Router::new().route(
        "/",
        get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
    )
}

#[tokio::test]
async fn every_address_is_served_and_handlers_see_the_peer() {
    let running = start(peer_router(), &["127.0.0.1:0", "127.0.0.2:0"], None, LIMITS);
    assert_eq!(running.addresses.len(), 2);
    for address in &running.addresses {
        let answer = reqwest::get(format!("http://{address}/")).await.unwrap();
        assert!(answer.text().await.unwrap().starts_with("127.0.0."));
    }
    running.shutdown.begin();
    running.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_in_flight_ends_during_shutdown_and_no_other_begins() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (enter, wait) = (Arc::clone(&entered), Arc::clone(&release));
    let slow = move || async move {
        enter.notify_one();
        wait.notified().await;
        "done"
    };
    let router = Router::new().route("/slow", get(slow));
    let running = start(router, &["127.0.0.1:0"], None, LIMITS);
    let address = running.addresses[0];
    let request = tokio::spawn(reqwest::get(format!("http://{address}/slow")).into_future());
    entered.notified().await;
    running.shutdown.begin();
    // The listener closes as soon as its task runs.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.ended.is_finished());
    release.notify_one();
    assert_eq!(
        request.await.unwrap().unwrap().text().await.unwrap(),
        "done"
    );
    running.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn draining_does_not_wait_for_ever() {
    let entered = Arc::new(Notify::new());
    let enter = Arc::clone(&entered);
    let never = move || async move {
        enter.notify_one();
        std::future::pending::<()>().await;
    };
    let limits = Limits {
        drain_timeout: Duration::from_millis(50),
        ..LIMITS
    };
    let router = Router::new().route("/never", get(never));
    let running = start(router, &["127.0.0.1:0"], None, limits);
    let url = format!("http://{}/never", running.addresses[0]);
    let request = tokio::spawn(reqwest::get(url).into_future());
    entered.notified().await;
    running.shutdown.begin();
    running.ended.await.unwrap().unwrap();
    assert!(request.await.unwrap().is_err());
}

/// What the server sends until it closes the connection.
async fn until_closed(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent).await.unwrap();
    let mut received = Vec::new();
    let reading = stream.read_to_end(&mut received);
    let _ = tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .expect("stays open");
    received
}

#[tokio::test]
async fn slow_clients_are_cut() {
    let short = Duration::from_millis(400);
    let limits = Limits {
        header_timeout: short,
        idle_timeout: short,
        ..LIMITS
    };
    let certificate = Certificate::new();
    let plain = start(peer_router(), &["127.0.0.1:0"], None, limits);
    let secure = start(
        peer_router(),
        &["127.0.0.1:0"],
        Some(certificate.tls()),
        limits,
    );
    let (plain, secure) = (plain.addresses[0], secure.addresses[0]);
    // Silence, what may still become HTTP/2, a head that never ends, a handshake that never
    // begins, a connection that is kept alive and not used. Without the deadlines each of these
    // waits for ever.
    let (.., kept_alive) = tokio::join!(
        until_closed(plain, b""),
        until_closed(plain, b"PRI"),
        until_closed(plain, b"GET / HTTP/1.1\r\nhost: a\r\nx-header: "),
        until_closed(secure, b""),
        until_closed(plain, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"),
    );
    assert!(
        kept_alive.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&kept_alive)
    );
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let running = start(peer_router(), &["127.0.0.1:0"], None, LIMITS);
    let head = format!(
        "GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n",
        "x".repeat(16 * 1024)
    );
    let received = until_closed(running.addresses[0], head.as_bytes()).await;
    assert!(
        received.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&received)
    );
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed() {
    let limits = Limits {
        max_connections: 1,
        ..LIMITS
    };
    let running = start(peer_router(), &["127.0.0.1:0"], None, limits);
    let address = running.addresses[0];
    let mut first = TcpStream::connect(address).await.unwrap();
    first
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let mut buffer = [0; 12];
    first.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"HTTP/1.1 200");
    assert_eq!(
        until_closed(address, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await,
        b""
    );
    drop(first);
    // The place is free again as soon as the server saw the end of the first connection.
    while until_closed(address, b"GET / HTTP/1.0\r\n\r\n")
        .await
        .is_empty()
    {}
}

/// A directory with a certificate for `localhost`, removed at the end.
struct Certificate {
    directory: std::path::PathBuf,
    pem: String,
}

impl Certificate {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("auth-api-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&directory).unwrap();
        let mut certificate = Self {
            directory,
            pem: String::new(),
        };
        certificate.renew();
        certificate
    }

    fn renew(&mut self) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        self.pem = made.cert.pem();
        std::fs::write(self.directory.join("chain.pem"), &self.pem).unwrap();
        std::fs::write(
            self.directory.join("key.pem"),
            made.signing_key.serialize_pem(),
        )
        .unwrap();
    }

    fn tls(&self) -> Tls {
        let (certificate, private_key) = (
            self.directory.join("chain.pem"),
            self.directory.join("key.pem"),
        );
        Tls::load(crate::config::TlsFiles {
            certificate: &certificate,
            private_key: &private_key,
        })
        .unwrap()
    }

    fn client(&self) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.pem.as_bytes()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([root])
            .build()
            .unwrap()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test]
async fn tls_is_served_with_http2_and_the_certificate_can_be_renewed() {
    let mut certificate = Certificate::new();
    let tls = certificate.tls();
    let running = start(peer_router(), &["127.0.0.1:0"], Some(tls.clone()), LIMITS);
    let url = format!("https://localhost:{}/", running.addresses[0].port());
    let answer = certificate.client().get(&url).send().await.unwrap();
    assert_eq!(answer.version(), axum::http::Version::HTTP_2);
    assert_eq!(answer.text().await.unwrap(), "127.0.0.1");

    let former = certificate.client();
    certificate.renew();
    tls.reload().unwrap();
    assert_eq!(
        certificate
            .client()
            .get(&url)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    // The renewed certificate is what a new connection gets: who knows the former only, fails.
    assert!(former.get(&url).send().await.is_err());

    std::fs::write(certificate.directory.join("key.pem"), "nonsense").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::Pem(..))));
    assert_eq!(
        certificate
            .client()
            .get(&url)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn the_fetcher_trusts_a_private_authority_for_allowed_hosts() {
    use crate::foundation::fetcher::{FetchConfig, FetchError, Fetcher};

    let certificate = Certificate::new();
    let running = start(
        peer_router(),
        &["127.0.0.1:0"],
        Some(certificate.tls()),
        LIMITS,
    );
    let host = format!("localhost:{}", running.addresses[0].port());
    let url = url::Url::parse(&format!("https://{host}/")).unwrap();
    let trusting = FetchConfig {
        allow: vec![host.parse().unwrap()],
        timeout: Duration::from_secs(10),
        max_bytes: 1000,
        root_certificate: Some(certificate.directory.join("chain.pem")),
    };
    let answer = Fetcher::new(&trusting)
        .unwrap()
        .get(&url, "*/*")
        .await
        .unwrap();
    assert_eq!(&answer.body[..], b"127.0.0.1");
    let doubting = FetchConfig {
        root_certificate: None,
        ..trusting
    };
    let answer = Fetcher::new(&doubting).unwrap().get(&url, "*/*").await;
    assert_eq!(answer.unwrap_err(), FetchError::Transport);
}

#[test]
fn an_address_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind(&[address]).unwrap_err().to_string();
    assert!(error.contains(&address.to_string()), "{error}");
}

/// Runs itself again as a process that waits for signals, since a signal is for a whole process.
#[cfg(unix)]
#[test]
fn the_first_signal_drains_and_the_second_ends_the_process() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    const CHILD: &str = "AUTH_API_TEST_SIGNALS";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let shutdown = Shutdown::on_signals().unwrap();
            eprintln!("ready {}", shutdown.has_begun());
            shutdown.wait().await;
            eprintln!("draining {}", shutdown.has_begun());
            std::future::pending::<()>().await;
        });
    }
    let name = "http::listen::tests::the_first_signal_drains_and_the_second_ends_the_process";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let signal = |name: &str| {
        let kill = format!("kill -{name} {}", child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    };
    assert_eq!(lines.next().unwrap().unwrap(), "ready false");
    signal("TERM");
    assert_eq!(lines.next().unwrap().unwrap(), "draining true");
    signal("INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
