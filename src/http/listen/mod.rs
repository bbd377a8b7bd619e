//! Listening and serving: HTTP/1.1 and HTTP/2, with native TLS if wanted, defended against slow
//! and hoarding clients, and drained at shutdown.

mod guard;
mod shutdown;
#[cfg(test)]
mod tests;
mod tls;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use shutdown::Shutdown;
pub use tls::{Tls, TlsError};

use crate::config::Server;
use guard::GuardAcceptor;

/// How much one client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long connections are taken after shutdown began: balancers see by `/readyz` that it has.
    pub drain_delay: Duration,
    /// How long requests in flight may take after that.
    pub drain_timeout: Duration,
    /// How long a client may take to send the head of a request.
    pub header_timeout: Duration,
    /// After which silence a connection is closed; longer than any request takes.
    pub idle_timeout: Duration,
    /// The largest head of a request, in bytes (HTTP/1.1: at least 8192).
    pub max_header_bytes: u32,
    /// Connections open at once on all addresses together.
    pub max_connections: usize,
}

impl Limits {
    /// The limits that follow from the configuration.
    pub fn of(server: &Server) -> Self {
        Self {
            drain_delay: server.drain_delay,
            drain_timeout: server.drain_timeout,
            header_timeout: Duration::from_secs(10),
            idle_timeout: server.request_timeout + Duration::from_secs(30),
            max_header_bytes: 32 * 1024,
            max_connections: server.max_connections,
        }
    }
}

/// Binds every address. An IPv6 loopback address is skipped where the machine has no IPv6.
pub fn bind(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for &address in addresses {
        match TcpListener::bind(address) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                listeners.push(listener);
            }
            Err(error) if is_missing_ipv6(address, &error) && addresses.len() > 1 => {
                tracing::warn!(%address, %error, "not listening on this address");
            }
            Err(error) => {
                let message = format!("cannot listen on {address}: {error}");
                return Err(io::Error::new(error.kind(), message));
            }
        }
    }
    Ok(listeners)
}

fn is_missing_ipv6(address: SocketAddr, error: &io::Error) -> bool {
    let kinds = [io::ErrorKind::AddrNotAvailable, io::ErrorKind::Unsupported];
    // EAFNOSUPPORT has no kind of its own.
    let unsupported = error
        .raw_os_error()
        .is_some_and(|code| matches!(code, 47 | 97));
    address.is_ipv6()
        && address.ip().is_loopback()
        && (kinds.contains(&error.kind()) || unsupported)
}

/// Serves `router` on all listeners until `shutdown` begins and for `limits.drain_delay` after, then
/// takes no more connections and waits for requests in flight, at most `limits.drain_timeout`. Handlers
/// find the peer in `ConnectInfo<SocketAddr>`.
pub async fn serve(
    router: Router,
    listeners: Vec<TcpListener>,
    tls: Option<Tls>,
    limits: &Limits,
    shutdown: Shutdown,
) -> io::Result<()> {
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    let make = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = Handle::new();
    let mut servers = JoinSet::new();
    for listener in listeners {
        spawn(
            &mut servers,
            listener,
            tls.as_ref(),
            &permits,
            limits,
            handle.clone(),
            make.clone(),
        )?;
    }
    let draining = {
        let (handle, limits) = (handle.clone(), *limits);
        async move {
            shutdown.wait().await;
            // Whoever balances load asks every few seconds only, and sends requests meanwhile.
            tokio::time::sleep(limits.drain_delay).await;
            tracing::info!(connections = handle.connection_count(), "draining");
            handle.graceful_shutdown(Some(limits.drain_timeout));
        }
    };
    let draining = tokio::spawn(draining);
    let mut outcome = Ok(());
    while let Some(ended) = servers.join_next().await {
        let ended = ended.map_err(io::Error::other).flatten();
        if ended.is_err() {
            // One address lost: end the others in order rather than serve by halves.
            handle.graceful_shutdown(Some(limits.drain_timeout));
            outcome = outcome.and(ended);
        }
    }
    draining.abort();
    outcome
}

type Make = IntoMakeServiceWithConnectInfo<Router, SocketAddr>;

fn spawn(
    servers: &mut JoinSet<io::Result<()>>,
    listener: TcpListener,
    tls: Option<&Tls>,
    permits: &Arc<Semaphore>,
    limits: &Limits,
    handle: Handle<SocketAddr>,
    make: Make,
) -> io::Result<()> {
    let server = axum_server::from_tcp(listener)?.handle(handle);
    if let Some(tls) = tls {
        let acceptor = RustlsAcceptor::new(tls.config())
            .handshake_timeout(limits.header_timeout)
            .acceptor(NoDelayAcceptor::new());
        let acceptor = GuardAcceptor::new(acceptor, Arc::clone(permits), limits);
        let mut server = server.acceptor(acceptor);
        configure(server.http_builder(), limits);
        servers.spawn(server.serve(make));
    } else {
        let acceptor = GuardAcceptor::new(NoDelayAcceptor::new(), Arc::clone(permits), limits);
        let mut server = server.acceptor(acceptor);
        configure(server.http_builder(), limits);
        servers.spawn(server.serve(make));
    }
    Ok(())
}

fn configure(builder: &mut Builder<TokioExecutor>, limits: &Limits) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.max_header_bytes.max(8192) as usize)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.max_header_bytes)
        .max_concurrent_streams(100);
}
