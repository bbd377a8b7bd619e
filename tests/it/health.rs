//! `/healthz` and `/readyz`: what a supervisor and a balancer are told.

use std::time::Duration;

use auth_api::routes;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _};
use tower::ServiceExt as _;

use crate::support::server::TestServer;

const READY: (u16, &str) = (200, "ready\n");
const GONE: (u16, &str) = (503, "the database does not answer\n");

async fn ask(server: &TestServer, path: &str) -> (u16, String) {
    let response = server.http.get(server.url(path)).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Asks the router without a connection: a server that drains takes none.
async fn ask_inside(server: &TestServer, path: &str) -> (u16, String) {
    let request = Request::get(path)
        .header(header::HOST, "localhost")
        .body(Body::empty())
        .unwrap();
    let response = routes::router(&server.app).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    (status, String::from_utf8(body.into()).unwrap())
}

#[track_caller]
fn assert_told(told: &(u16, String), expected: (u16, &str)) {
    assert_eq!((told.0, told.1.as_str()), expected);
}

async fn assert_alive(server: &TestServer) {
    assert_told(&ask(server, "/healthz").await, (200, "ok\n"));
}

#[tokio::test]
async fn a_server_is_alive_and_ready() {
    let server = TestServer::start().await;
    assert_alive(&server).await;
    assert_told(&ask(&server, "/readyz").await, READY);
}

#[tokio::test]
async fn a_server_that_drains_is_alive_and_not_ready() {
    let server = TestServer::start().await;
    assert_told(&ask_inside(&server, "/readyz").await, READY);
    server.app.shutdown.begin();
    let told = ask_inside(&server, "/readyz").await;
    assert_told(&told, (503, "draining\n"));
    assert_told(&ask_inside(&server, "/healthz").await, (200, "ok\n"));
}

#[tokio::test]
async fn a_closed_pool_is_not_ready() {
    let server = TestServer::start().await;
    server.app.pool.close().await;
    assert_told(&ask(&server, "/readyz").await, GONE);
    assert_alive(&server).await;
}

#[tokio::test]
async fn a_lost_database_is_not_ready_until_it_is_back() {
    let server = TestServer::start().await;
    let options: PgConnectOptions = server.database.url.parse().unwrap();
    let name = options.get_database().unwrap().to_owned();
    let mut admin = options.database("postgres").connect().await.unwrap();
    let drop = AssertSqlSafe(format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
    sqlx::raw_sql(drop).execute(&mut admin).await.unwrap();
    assert_told(&ask(&server, "/readyz").await, GONE);
    assert_alive(&server).await;
    let create = AssertSqlSafe(format!("CREATE DATABASE \"{name}\" TEMPLATE template0"));
    sqlx::raw_sql(create).execute(&mut admin).await.unwrap();
    assert_told(&ask(&server, "/readyz").await, READY);
}

#[tokio::test]
async fn a_database_that_keeps_silent_is_not_ready() {
    let server = TestServer::start().await;
    let mut held = Vec::new();
    for _ in 0..server.app.pool.options().get_max_connections() {
        held.push(server.app.pool.acquire().await.unwrap());
    }
    // A probe has its own deadline, so the answer must not wait for the pool's, which is longer.
    let told = tokio::time::timeout(Duration::from_secs(5), ask(&server, "/readyz"));
    assert_told(&told.await.unwrap(), GONE);
    assert_alive(&server).await;
    drop(held);
    assert_told(&ask(&server, "/readyz").await, READY);
}
