//! Runs a router until the program is asked to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// How long running requests may take to end after the signal.
const GRACE: Duration = Duration::from_secs(10);

/// Writes the log to standard error: level by `RUST_LOG`, `info` by default.
pub fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call (the one-command starter has a log already) changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .try_init();
}

/// Listens on `address`, prints the address once and serves until Ctrl-C or SIGTERM; then lets
/// running requests end for up to ten seconds.
pub async fn run(name: &str, address: SocketAddr, router: Router) -> io::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|e| io::Error::new(e.kind(), format!("cannot listen on {address}: {e}")))?;
    println!("{name} listens on http://{}", listener.local_addr()?);

    let (stop, mut stopping) = tokio::sync::watch::channel(false);
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop_signal().await;
        let _ = stop.send(true);
    });
    tokio::select! {
        ended = server.into_future() => ended,
        () = async {
            let _ = stopping.changed().await;
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}

/// Ends at the first Ctrl-C or SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
