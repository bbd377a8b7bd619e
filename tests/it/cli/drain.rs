//! How `serve` ends: seen by balancers first, then closed to new connections, then without what takes
//! too long.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::ISSUER;
use crate::support::database::TestDatabase;
use crate::support::process::Process;

/// For what a process does by itself, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);
const BODY: &str = r#"{"token":"x"}"#;

async fn serve(database: &TestDatabase, settings: &[(&str, &str)]) -> Process {
    Process::serve(&database.url, ISSUER, settings).await
}

/// Asks over a connection of its own; `None` where none is taken.
async fn ask(process: &Process, path: &str) -> Option<(u16, String)> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(format!("{}{path}", process.base)).send().await;
    let answer = answer.ok()?;
    Some((answer.status().as_u16(), answer.text().await.unwrap()))
}

/// A request whose handler waits for its body.
async fn begin(process: &Process) -> TcpStream {
    let address = process.base.replace("http://localhost", "127.0.0.1");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/auth/verify-token HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        BODY.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut goes_on = [0; 25];
    stream.read_exact(&mut goes_on).await.unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

async fn until_no_connection_is_taken(process: &Process) {
    let began = Instant::now();
    let mut poll = tokio::time::interval(POLL);
    while ask(process, "/healthz").await.is_some() {
        poll.tick().await;
        assert!(began.elapsed() < PATIENCE, "{}", process.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn balancers_see_it_while_requests_are_still_served_and_a_second_signal_ends_it() {
    let database = TestDatabase::new().await;
    let mut process = serve(&database, &[("AUTH_SERVER__DRAIN_DELAY", "1h")]).await;
    process.signal("TERM").await;
    let began = Instant::now();
    let mut poll = tokio::time::interval(POLL);
    let told = loop {
        let (status, told) = ask(&process, "/readyz").await.unwrap();
        if status != 200 {
            break (status, told);
        }
        poll.tick().await;
        assert!(began.elapsed() < PATIENCE, "{}", process.log());
    };
    assert_eq!(told, (503, "draining\n".to_owned()));
    for path in [
        "/healthz",
        "/.well-known/openid-configuration",
        "/.well-known/jwks.json",
        "/login",
    ] {
        let (status, body) = ask(&process, path).await.unwrap();
        assert_eq!(status, 200, "{path}: {body}");
    }
    assert!(process.is_running());
    // 128 + SIGINT, as shells count.
    assert_eq!(process.stop("TERM").await.code(), Some(130));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_delay_it_is_closed_and_ends_with_the_last_request() {
    const DELAY: Duration = Duration::from_secs(1);
    let database = TestDatabase::new().await;
    let mut process = serve(&database, &[("AUTH_SERVER__DRAIN_DELAY", "1s")]).await;
    let mut request = begin(&process).await;
    let told = Instant::now();
    process.signal("TERM").await;
    until_no_connection_is_taken(&process).await;
    assert!(told.elapsed() >= DELAY, "{:?}", told.elapsed());
    assert!(process.is_running());
    request.write_all(BODY.as_bytes()).await.unwrap();
    let mut answer = String::new();
    request.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#"{"active":false}"#), "{answer}");
    assert!(process.ended().await.success(), "{}", process.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_never_ends_does_not_keep_it() {
    let database = TestDatabase::new().await;
    let mut process = serve(&database, &[("AUTH_SERVER__DRAIN_TIMEOUT", "100ms")]).await;
    let mut request = begin(&process).await;
    assert!(process.stop("TERM").await.success(), "{}", process.log());
    let mut answer = Vec::new();
    // Closed or reset, without an answer.
    let _ = request.read_to_end(&mut answer).await;
    assert!(answer.is_empty(), "{answer:?}");
}
