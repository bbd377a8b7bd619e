//! Two server processes on one database.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Client;
use serde_json::Value;

use super::{MANY, assert_invariants, assert_refused, at_once, count};
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, text};
use crate::support::process::Process;
use crate::support::server::{TestServer, json};

/// Two processes beside a server of this process, at which people sign in.
async fn processes(server: &TestServer) -> [Process; 2] {
    let url = &server.database.url;
    [
        Process::serve(url, &server.issuer, &[]).await,
        Process::serve(url, &server.issuer, &[]).await,
    ]
}

/// Sends the same form of `booking-app` many times at once, to both processes in turn.
async fn post_at_once(
    processes: &[Process; 2],
    path: &str,
    form: &[(&str, &str)],
) -> Vec<(u16, Value)> {
    let http = Client::builder().no_proxy().build().unwrap();
    let form: Arc<Vec<(String, String)>> = Arc::new(
        form.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    );
    at_once(MANY, |number| {
        let request = http.post(format!("{}{path}", processes[number % 2].base));
        let request = request.basic_auth(BOOKING_APP.0, Some(BOOKING_APP.1));
        let form = Arc::clone(&form);
        async move { json(request.form(&*form)).await }
    })
    .await
}

/// Asserts that no process logged a failure of its own.
pub fn assert_no_errors(processes: &[Process]) {
    for process in processes {
        let log = process.log();
        assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_redeem_one_code_once() {
    let server = TestServer::start().await;
    let processes = processes(&server).await;
    let request = Request::new("openid offline_access");
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    let answers = post_at_once(&processes, "/token", &code.form()).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.0 == 200);
    assert_eq!((won.len(), lost.len()), (1, MANY - 1));
    for answer in &lost {
        assert_refused(answer, "invalid_grant");
    }
    let form = [("token", text(&won[0].1, "refresh_token"))];
    for (status, told) in post_at_once(&processes, "/introspect", &form).await {
        assert_eq!((status, &told["active"]), (200, &false.into()));
    }
    let revoked = "SELECT count(*) FROM oauth_grant WHERE revoked_at IS NOT NULL";
    assert_eq!(count(&server.database.pool, revoked).await, 1);
    assert_invariants(&server.database.pool).await;
    assert_no_errors(&processes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_rotate_one_refresh_token_once() {
    let server = TestServer::start().await;
    let processes = processes(&server).await;
    let request = Request::new("openid offline_access");
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    let (_, tokens) = code.redeem(&server).await;
    let mut token = text(&tokens, "refresh_token").to_owned();
    for _ in 0..4 {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token)];
        let answers = post_at_once(&processes, "/token", &form).await;
        for (status, body) in &answers {
            assert_eq!(*status, 200, "{body}");
        }
        // Byte for byte: a retry at the other process gets the very answer that was lost.
        let different: BTreeSet<String> =
            answers.iter().map(|(_, body)| body.to_string()).collect();
        assert_eq!(different.len(), 1);
        token = text(&answers[0].1, "refresh_token").to_owned();
    }
    let pool = &server.database.pool;
    assert_eq!(count(pool, "SELECT count(*) FROM refresh_token").await, 5);
    assert_invariants(pool).await;
    assert_no_errors(&processes);
}
