//! `dev`: what it tells, what it keeps, what it leaves behind.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use auth_api::cli::demo;
use serde_json::json;
use tokio::process::Command;

use super::{Directory, ISSUER, refuses, run};
use crate::support::flow::{CALLBACK, text};
use crate::support::process::Process;
use crate::support::server::json as send;

/// A restart has nothing to make; the bound is for a debug build on a busy machine.
const RESTART: Duration = Duration::from_secs(5);

async fn dev(directory: &Directory, args: &[&str]) -> Process {
    let args = [&["dev"], args].concat();
    let settings = [("AUTH_SERVER__ISSUER", ISSUER)];
    Process::start(&args, directory.path(), &settings).await
}

/// The file with the process id of the directory's PostgreSQL, where one runs.
fn pid_file(directory: &Directory) -> Option<PathBuf> {
    let homes = fs::read_dir(directory.path().join(".dev")).unwrap();
    homes
        .map(|entry| entry.unwrap().path().join("data/postmaster.pid"))
        .find(|path| path.is_file())
}

async fn runs(pid: &str) -> bool {
    let mut kill = Command::new("kill");
    let asked = kill.args(["-0", pid]).output().await.unwrap();
    asked.status.success()
}

/// Interrupts it as Ctrl-C does; neither it nor its PostgreSQL is left.
async fn interrupt(mut server: Process, directory: &Directory) {
    let content = fs::read_to_string(pid_file(directory).unwrap()).unwrap();
    let pid = content.lines().next().unwrap();
    assert!(runs(pid).await);
    let status = server.stop("INT").await;
    assert!(status.success(), "{status}: {}", server.log());
    assert!(!runs(pid).await, "PostgreSQL is still there");
    assert_eq!(pid_file(directory), None, "it was not stopped in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dev_tells_what_there_is_stops_cleanly_and_keeps_its_data() {
    let directory = Directory::new();
    let server = dev(&directory, &[]).await;
    let told = server.log();
    for word in [
        "http://localhost:3001\n",
        "http://localhost:3001/.well-known/openid-configuration",
        "http://localhost:3001/docs",
        "admin@booking.test",
        "manager@booking.test",
        "customer@booking.test",
        demo::PASSWORD,
        "booking-app     secret booking-app-secret",
        "http://localhost:3002/callback",
        "booking-spa     public, PKCE",
        "http://localhost:3005/callback",
        "booking-batch   secret booking-batch-secret",
        "Ctrl-C",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let metadata = json!({"redirect_uris": [CALLBACK]});
    let request = http.post(format!("{}/register", server.base));
    let (status, made) = send(request.json(&metadata)).await;
    assert_eq!(status, 201, "{made}");
    let path = &text(&made, "registration_client_uri")[ISSUER.len()..];
    let token = text(&made, "registration_access_token");
    let known = async |server: &Process| {
        let request = http.get(format!("{}{path}", server.base));
        send(request.bearer_auth(token)).await.0
    };
    assert_eq!(known(&server).await, 200);
    interrupt(server, &directory).await;

    let began = Instant::now();
    let server = dev(&directory, &[]).await;
    let took = began.elapsed();
    assert!(took < RESTART, "the second start took {took:?}");
    assert_eq!(known(&server).await, 200, "the data was kept");
    interrupt(server, &directory).await;

    let server = dev(&directory, &["--reset"]).await;
    assert_eq!(known(&server).await, 401, "started afresh");
    interrupt(server, &directory).await;
}

#[tokio::test]
async fn dev_resets_nobody_elses_database() {
    let output = run("postgres://auth@127.0.0.1:1/auth", &["dev", "--reset"]).await;
    refuses(&output, &["--reset removes the private database only"]);
    let output = run("postgres://auth@db.example.com/auth", &["dev"]).await;
    refuses(&output, &["not on this machine"]);
}
