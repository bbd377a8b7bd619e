//! Whom a request is addressed to: one server, said once. Nothing here reads the name, for the issuer
//! is a setting; a proxy before us may have chosen by another one than we were told.

use axum::extract::Request;
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::oauth::error;

/// Refuses a request that [`has_one_host`] does not like.
pub async fn one_host(request: Request, next: Next) -> Response {
    if has_one_host(&request) {
        return next.run(request).await;
    }
    let description = "the request must have one host";
    error::json(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// RFC 9112, section 3.2: one Host header. Beside an absolute target it is ignored, whatever it says
/// (section 3.2.2). RFC 9113, section 8.3.1: none is needed, but one that names another server than
/// `:authority` makes the request malformed.
pub fn has_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => request.version() != Version::HTTP_2 || names(host, request.uri()),
        (Some(_), Some(_)) => false,
    }
}

/// Whether a Host header names the server that the target does, where that names one: names without
/// case, the scheme's own port said or not (RFC 3986, section 6.2).
fn names(host: &HeaderValue, target: &Uri) -> bool {
    let Some(authority) = target.authority() else {
        return true;
    };
    let host = host.to_str().ok().filter(|host| !host.contains('@'));
    let Some(host) = host.and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let port = |of: &Authority| match (of.port_u16(), target.scheme_str()) {
        (None, Some("https")) => Some(443),
        (None, Some("http")) => Some(80),
        (port, _) => port,
    };
    host.host().eq_ignore_ascii_case(authority.host()) && port(&host) == port(authority)
}
