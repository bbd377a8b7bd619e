//! The baseline of every ratio: an axum handler that does nothing but answer bytes.

use std::net::Ipv4Addr;
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::Outcome;

/// The one path that it serves.
pub const PATH: &str = "/document";

/// Serves a file's bytes until the process is killed.
pub async fn serve(port: u16, body: &Path) -> Outcome {
    let body = Bytes::from(std::fs::read(body)?);
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], body) };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    axum::serve(listener, Router::new().route(PATH, get(answer))).await?;
    Ok(())
}
