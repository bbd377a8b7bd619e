//! What every handler may know of its request: the time, the request id, who calls from where.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::foundation::clock::Clock;
use crate::foundation::secret::random_bytes;

/// The response header that carries the request id; the error page shows it, the log holds it.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// One request's facts. `now` is taken once, so that one request has one time.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The request's time.
    pub now: OffsetDateTime,
    /// A random id: 128 bits as a UUID.
    pub request_id: Uuid,
    /// The caller's address, taken from `X-Forwarded-For` only behind a trusted proxy.
    pub ip: Option<IpAddr>,
    /// The `User-Agent`, at most 400 characters.
    pub user_agent: Option<String>,
}

impl RequestContext {
    /// For what no request brought about: a job, a command.
    pub fn none(now: OffsetDateTime) -> Self {
        Self {
            now,
            request_id: random_id(),
            ip: None,
            user_agent: None,
        }
    }

    /// The caller's address as Postgres's `inet` takes it.
    pub fn inet(&self) -> Option<IpNet> {
        self.ip.map(IpNet::from)
    }
}

/// What the middleware needs to make a [`RequestContext`].
#[derive(Clone)]
pub struct ContextSource {
    /// The server's clock.
    pub clock: Clock,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: std::sync::Arc<[IpNet]>,
}

/// A new random UUID (RFC 9562, version 4).
pub fn random_id() -> Uuid {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
}

/// Gives the request its context and the response its request id, and opens the log span.
pub async fn middleware(source: ContextSource, mut request: Request, next: Next) -> Response {
    use tracing::Instrument as _;
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let context = RequestContext {
        now: source.clock.now(),
        request_id: random_id(),
        ip: caller(peer, request.headers(), &source.trusted_proxies),
        user_agent: request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|value| value.chars().take(400).collect()),
    };
    let request_id = context.request_id;
    // The path only: a query may hold codes and tokens.
    let span = tracing::info_span!(
        "request", %request_id, method = %request.method(), path = %request.uri().path(),
    );
    request.extensions_mut().insert(context);
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::from_str(&request_id.to_string()) {
        response.headers_mut().insert(REQUEST_ID_HEADER, value);
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        span.in_scope(|| tracing::info!(status = response.status().as_u16(), "request failed"));
    }
    response
}

/// The caller behind trusted proxies: the last address in `X-Forwarded-For` that is not one of
/// them. What an untrusted peer says of itself is not believed.
fn caller(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    // A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d.
    let peer = peer?.to_canonical();
    if !is_trusted(&peer) {
        return Some(peer);
    }
    let mut caller = peer;
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in forwarded.iter().rev() {
        let Ok(ip) = hop.trim().parse() else { break };
        caller = ip;
        if !is_trusted(&ip) {
            break;
        }
    }
    Some(caller)
}

impl RequestContext {
    /// The context of a request. Every route stands behind the middleware; the default keeps a
    /// forgotten one harmless.
    pub fn of(parts: &Parts) -> Self {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self::none(Clock::default().now()))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(forwarded: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
        headers
    }

    #[test]
    fn believes_only_trusted_proxies() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        assert_eq!(
            caller(ip("1.1.1.1"), &headers("2.2.2.2"), &trusted),
            ip("1.1.1.1")
        );
        assert_eq!(
            caller(ip("10.0.0.1"), &headers("2.2.2.2"), &trusted),
            ip("2.2.2.2")
        );
        assert_eq!(
            caller(
                ip("10.0.0.1"),
                &headers("9.9.9.9, 2.2.2.2, 10.0.0.2"),
                &trusted
            ),
            ip("2.2.2.2")
        );
        assert_eq!(
            caller(ip("10.0.0.1"), &headers("rubbish"), &trusted),
            ip("10.0.0.1")
        );
    }
}
