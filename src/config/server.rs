//! `[server]`: who this server is, where it listens and how much it takes.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use super::Checks;
use super::section::section;

section! {
    /// Who this server is, where it listens and how much it takes.
    pub struct Server in "server" {
        /// The issuer identifier: the public https URL of this server, without a slash at the end.
        /// It is sent exactly as written here; http is allowed on loopback hosts only.
        issuer: String = "",
        /// The addresses to listen on.
        listen: Vec<SocketAddr> = "0.0.0.0:3001",
        /// The certificate chain in PEM, to serve TLS without a proxy; needs `tls_private_key` too.
        /// Both files are read again when they change and on SIGHUP.
        tls_certificate: Option<PathBuf> = "",
        /// The certificate's private key in PEM.
        tls_private_key: Option<PathBuf> = "",
        /// The networks of the reverse proxies whose `X-Forwarded-For` is believed.
        trusted_proxies: Vec<IpNet> = "",
        /// How long connections are still taken after SIGTERM, while `/readyz` answers 503: as long as
        /// the load balancer needs to see that and to send nobody here any more.
        drain_delay: Duration = "5s",
        /// How long requests in flight may take to end once no connection is taken any more.
        drain_timeout: Duration = "30s",
        /// The largest request body, in bytes.
        max_body_bytes: usize = "65536",
        /// How long a request may take in all.
        request_timeout: Duration = "30s",
        /// How many connections may be open at once; more are closed unanswered.
        max_connections: usize = "10000",
    }
}

/// The two files that native TLS needs.
#[derive(Clone, Copy, Debug)]
pub struct TlsFiles<'a> {
    /// The certificate chain, PEM.
    pub certificate: &'a Path,
    /// The private key, PEM.
    pub private_key: &'a Path,
}

impl Server {
    /// The files to serve TLS with; `None` to serve plain HTTP.
    pub fn tls(&self) -> Option<TlsFiles<'_>> {
        Some(TlsFiles {
            certificate: self.tls_certificate.as_deref()?,
            private_key: self.tls_private_key.as_deref()?,
        })
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if let Err(message) = check_issuer(&self.issuer) {
            checks.fail("server.issuer", message);
        }
        if self.listen.is_empty() {
            checks.fail("server.listen", "names no address to listen on");
        }
        if self.tls_certificate.is_some() != self.tls_private_key.is_some() {
            let message = "server.tls_certificate and server.tls_private_key go together: set both";
            checks.fail("server.tls_certificate", message);
        }
        checks.positive("server.drain_timeout", self.drain_timeout);
        checks.positive("server.request_timeout", self.request_timeout);
        let hour = Duration::from_hours(1);
        checks.no_longer("server.drain_delay", self.drain_delay, hour);
        checks.sane("server.drain_timeout", self.drain_timeout);
        checks.sane("server.request_timeout", self.request_timeout);
        checks.within("server.max_body_bytes", self.max_body_bytes, 1024, 16 << 20);
        checks.within("server.max_connections", self.max_connections, 1, 1 << 20);
    }
}

/// OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2: an https URL without query and
/// fragment. It is compared as text (RFC 9207 section 2.4), so a form that URL parsers silently
/// rewrite is refused.
fn check_issuer(issuer: &str) -> Result<(), String> {
    if issuer.is_empty() {
        return Err(
            "is required: the public URL of this server, like https://auth.example.com".into(),
        );
    }
    let wrong = |what: &str| Err(format!("`{issuer}` {what}"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]@!$&'()*+,;=%".contains(c);
    if issuer.contains(['?', '#']) {
        return wrong("must have neither a query nor a fragment");
    }
    if !issuer.chars().all(plain) {
        return wrong("has characters that a URL cannot have");
    }
    let Ok(url) = Url::parse(issuer) else {
        return wrong("is not an absolute URL, like https://auth.example.com");
    };
    if !issuer.starts_with("https://") && !issuer.starts_with("http://") {
        return wrong("must begin with https://");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return wrong("must use https: http is for loopback hosts only");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("must not contain a user name or password");
    }
    if issuer.ends_with('/') {
        return wrong("must not end with a slash");
    }
    if format!("{}/", url.path()).starts_with("/api/auth/") {
        return wrong("must not have a path below /api/auth: the JSON API is there");
    }
    Ok(())
}

/// Whether a URL's host is this machine: `localhost` or a loopback address.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_loopback_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The same for a host as text, as in the URL of a database.
pub(super) fn is_loopback_name(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    // RFC 6761 section 6.3: `localhost` and the names below it are loopback.
    address.map_or_else(
        |_| host.eq_ignore_ascii_case("localhost") || host.ends_with(".localhost"),
        |address| address.is_loopback(),
    )
}
