//! `dev` killed in the midst of things: its private database, its keys and its sessions survive.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Code, Request, text};
use crate::support::process::Process;
use crate::support::server::json;
use auth_api::foundation::secret::random_bytes;

/// A directory of one test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let name = format!("auth-api-dev-{:016x}", u64::from_ne_bytes(random_bytes()));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const ISSUER: &str = "http://localhost:3001";

async fn dev(directory: &Path) -> Process {
    Process::start(&["dev"], directory, &[("AUTH_SERVER__ISSUER", ISSUER)]).await
}

async fn token(server: &Process, form: &[(&str, &str)]) -> Value {
    let request = reqwest::Client::new().post(format!("{}/token", server.base));
    let request = request.basic_auth(BOOKING_APP.0, Some(BOOKING_APP.1));
    let (status, body) = json(request.form(form)).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_dev_loses_nothing() {
    let directory = Directory::new();
    let mut server = dev(&directory.0).await;
    let scope = "openid offline_access";
    let browser = Browser::at(&server.base);
    let redeemed: Code = Request::new(scope).code(&browser, CUSTOMER).await;
    let waiting: Code = Request::new(scope).code(&browser, CUSTOMER).await;
    let tokens = token(&server, &redeemed.form()).await;
    let keys = key_set(&server).await;
    server.kill().await;

    let mut server = dev(&directory.0).await;
    assert_eq!(key_set(&server).await, keys);
    let url = format!("{}/userinfo", server.base);
    let userinfo = reqwest::Client::new().get(url);
    let userinfo = userinfo.bearer_auth(text(&tokens, "access_token"));
    assert_eq!(
        json(userinfo).await.1["sub"].as_str().map(str::len),
        Some(36)
    );
    token(&server, &waiting.form()).await;
    let refresh_token = text(&tokens, "refresh_token");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    token(&server, &form).await;
    server.kill().await;
}

async fn key_set(server: &Process) -> String {
    let url = format!("{}/.well-known/jwks.json", server.base);
    reqwest::get(url).await.unwrap().text().await.unwrap()
}
