//! The one way to fetch a URL that somebody outside gave (`jwks_uri`, `logo_uri`,
//! `sector_identifier_uri`, `request_uri`): it reaches the public internet by https and nothing
//! else, so that nobody makes this server ask its own network (server-side request forgery), and
//! everything about the answer is bounded.

mod address;
mod host_port;
mod resolve;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use reqwest::{Certificate, Client, Response, redirect};
use tokio::sync::Semaphore;
use url::{Host, Url};

pub use host_port::{HostPort, InvalidHostPort};
pub use resolve::{Found, Lookup, SystemLookup};

use resolve::{AddressRefused, CheckedResolver};

const MAX_REDIRECTS: usize = 3;
const MAX_CONCURRENT: usize = 32;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Limits of a [`Fetcher`].
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// Hosts that may have private addresses, any port and plain http.
    pub allow: Vec<HostPort>,
    /// How long a fetch may take in all, waiting for a free slot and redirects included.
    pub timeout: Duration,
    /// The largest body, in bytes.
    pub max_bytes: usize,
    /// More certificate authorities (PEM), trusted for hosts in `allow` only.
    pub root_certificate: Option<PathBuf>,
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status of the last answer, never a redirect that was followed.
    pub status: StatusCode,
    /// `Content-Type` as it was sent.
    pub content_type: Option<String>,
    /// The whole body.
    pub body: Bytes,
    /// How long the answer may be kept (RFC 9111 section 5.2); `None` if it does not say,
    /// zero if it says not to.
    pub max_age: Option<Duration>,
}

/// Why nothing came back. The texts are safe to show to whoever gave the URL: they never tell
/// what this server's network looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The scheme is not https.
    #[error("the URL must use https")]
    Scheme,
    /// The URL names a user or password.
    #[error("the URL must not contain a user name or password")]
    Credentials,
    /// A port other than 443.
    #[error("the URL must use port 443")]
    Port,
    /// The host is not public, or its name cannot be resolved: which of the two stays untold,
    /// since the answer would map the internal names.
    #[error("the host cannot be reached")]
    Host,
    /// No connection, no valid certificate, or the answer broke off.
    #[error("the host gave no usable answer")]
    Transport,
    /// It took too long.
    #[error("the answer took too long")]
    Timeout,
    /// The body is too large.
    #[error("the answer is too large")]
    TooLarge,
    /// Too many redirects, or one that leads nowhere.
    #[error("the redirect cannot be followed")]
    Redirect,
}

/// Why no fetcher could be made.
#[derive(Debug, thiserror::Error)]
pub enum FetcherError {
    /// The file of certificates.
    #[error("cannot read the certificates in {0}: {1}")]
    Certificates(PathBuf, String),
    /// The HTTP client.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// Fetches URLs that came from outside. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    public: Client,
    allowed: Client,
    allow: Arc<[HostPort]>,
    slots: Arc<Semaphore>,
    timeout: Duration,
    max_bytes: usize,
}

impl Fetcher {
    /// A fetcher over the operating system's resolver.
    pub fn new(config: &FetchConfig) -> Result<Self, FetcherError> {
        let system: Arc<dyn Lookup> = Arc::new(SystemLookup);
        Self::with_lookup(config, &system)
    }

    /// A fetcher over another resolver, as tests need it.
    pub fn with_lookup(
        config: &FetchConfig,
        lookup: &Arc<dyn Lookup>,
    ) -> Result<Self, FetcherError> {
        let roots = config
            .root_certificate
            .as_ref()
            .map_or(Ok(Vec::new()), |path| {
                let wrong = |error: String| FetcherError::Certificates(path.clone(), error);
                let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
                Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))
            })?;
        Ok(Self {
            public: client(lookup, true, Vec::new())?,
            allowed: client(lookup, false, roots)?,
            allow: config.allow.clone().into(),
            slots: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            timeout: config.timeout,
            max_bytes: config.max_bytes,
        })
    }

    /// Gets `url`, following at most three redirects, each under the same rules. `accept` is sent
    /// as the `Accept` header. A status of failure is not an error here.
    pub async fn get(&self, url: &Url, accept: &str) -> Result<Fetched, FetchError> {
        let fetch = async {
            let _slot = self
                .slots
                .acquire()
                .await
                .map_err(|_| FetchError::Transport)?;
            self.follow(url.clone(), accept).await
        };
        tokio::time::timeout(self.timeout, fetch)
            .await
            .map_err(|_| FetchError::Timeout)?
    }

    async fn follow(&self, mut url: Url, accept: &str) -> Result<Fetched, FetchError> {
        for _ in 0..=MAX_REDIRECTS {
            let client = self.vet(&url)?;
            let request = client.get(url.clone()).header(header::ACCEPT, accept);
            let answer = request.send().await.map_err(|error| explain(&error))?;
            match redirect_target(&url, &answer)? {
                Some(target) => url = target,
                None => return self.read(answer).await,
            }
        }
        Err(FetchError::Redirect)
    }

    /// Decides whether a URL may be fetched, and by which client. Names are judged when they are
    /// resolved; a literal address never gets there, so it is judged here. `Url` has already
    /// brought its odd forms (decimal, octal, hexadecimal, short) into one.
    fn vet(&self, url: &Url) -> Result<&Client, FetchError> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err(FetchError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        let host = url.host().ok_or(FetchError::Host)?;
        if self.allow.iter().any(|allowed| allowed.matches(url)) {
            return Ok(&self.allowed);
        }
        if url.scheme() != "https" {
            return Err(FetchError::Scheme);
        }
        if url.port_or_known_default() != Some(443) {
            return Err(FetchError::Port);
        }
        let literal = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        match literal {
            Some(address) if !address::is_public(address) => Err(FetchError::Host),
            _ => Ok(&self.public),
        }
    }

    async fn read(&self, mut answer: Response) -> Result<Fetched, FetchError> {
        let limit = u64::try_from(self.max_bytes).unwrap_or(u64::MAX);
        if answer.content_length().is_some_and(|length| length > limit) {
            return Err(FetchError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| explain(&error))? {
            if chunk.len() > self.max_bytes - body.len() {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let headers = answer.headers();
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        Ok(Fetched {
            status: answer.status(),
            content_type: content_type.map(str::to_owned),
            body: body.into(),
            max_age: max_age(headers),
        })
    }
}

/// A client that keeps no connection, cookie or referrer, asks no proxy and follows nothing by
/// itself.
fn client(
    lookup: &Arc<dyn Lookup>,
    public_only: bool,
    roots: Vec<Certificate>,
) -> Result<Client, reqwest::Error> {
    let resolver = CheckedResolver {
        lookup: Arc::clone(lookup),
        public_only,
    };
    let mut builder = Client::builder()
        .dns_resolver(Arc::new(resolver))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0)
        .user_agent(concat!("auth-api/", env!("CARGO_PKG_VERSION")));
    if !roots.is_empty() {
        builder = builder.tls_certs_merge(roots);
    }
    builder.build()
}

fn redirect_target(url: &Url, answer: &Response) -> Result<Option<Url>, FetchError> {
    // 300, 304 and the like are answers, not redirects (RFC 9110 section 15.4).
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = answer
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| url.join(location).ok());
    target.map(Some).ok_or(FetchError::Redirect)
}

fn explain(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.is::<AddressRefused>() {
            return FetchError::Host;
        }
        cause = current.source();
    }
    if error.is_timeout() {
        FetchError::Timeout
    } else if error.is_connect() && is_unresolved(error) {
        FetchError::Host
    } else {
        FetchError::Transport
    }
}

/// Whether the name had no address. The connector says so in words only.
fn is_unresolved(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(current) = cause {
        if current.to_string().contains("dns error") {
            return true;
        }
        cause = current.source();
    }
    false
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut found = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" | "no-cache" => return Some(Duration::ZERO),
                "max-age" => {
                    let seconds = argument.trim().trim_matches('"').parse().ok();
                    found = found.or(seconds.map(Duration::from_secs));
                }
                _ => {}
            }
        }
    }
    found
}
