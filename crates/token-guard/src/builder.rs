//! Builds a guard, and refuses configurations that would not be safe.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use url::{Host, Url};

use crate::algorithm::Algorithm;
use crate::guard::{Now, TokenGuard};
use crate::keys::{Fetcher, KeyCache, Policy};
use crate::validate::Rules;

/// More than this is no clock skew any more.
const MAX_LEEWAY: Duration = Duration::from_mins(5);

/// Collects the settings of a [`TokenGuard`]; see [`TokenGuard::builder`].
pub struct TokenGuardBuilder {
    issuer: String,
    audience: String,
    realm: Option<String>,
    jwks_uri: Option<String>,
    algorithms: Vec<Algorithm>,
    leeway: Duration,
    policy: Policy,
    fetch_timeout: Duration,
    max_document_bytes: usize,
    max_keys: usize,
    allow_insecure_http: bool,
    http_client: Option<reqwest::Client>,
    now: Now,
}

/// Why a guard cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Not a URL, or one with a query or a fragment (RFC 8414 §2).
    #[error("{what} is not a usable URL: {url}")]
    Url {
        /// Which setting.
        what: &'static str,
        /// Its value.
        url: String,
    },
    /// Keys fetched over plain http could be anybody's.
    #[error(
        "{what} must be https: {url} (http is for loopback only, unless allow_insecure_http() is set)"
    )]
    InsecureUrl {
        /// Which setting.
        what: &'static str,
        /// Its value.
        url: String,
    },
    /// A setting has a value that makes no sense.
    #[error("{0}")]
    Setting(&'static str),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    HttpClient(#[from] reqwest::Error),
}

impl TokenGuardBuilder {
    pub(crate) fn new(issuer: String, audience: String) -> Self {
        Self {
            issuer,
            audience,
            realm: None,
            jwks_uri: None,
            algorithms: Algorithm::ALL.to_vec(),
            leeway: Duration::from_secs(30),
            policy: Policy::default(),
            fetch_timeout: Duration::from_secs(5),
            max_document_bytes: 256 * 1024,
            max_keys: 64,
            allow_insecure_http: false,
            http_client: None,
            #[allow(
                clippy::disallowed_methods,
                reason = "this crate's only clock; tests inject theirs"
            )]
            now: Arc::new(SystemTime::now),
        }
    }

    /// Where the keys are. Default: the `jwks_uri` of the issuer's metadata.
    #[must_use]
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.jwks_uri = Some(uri.into());
        self
    }

    /// The only signature algorithms to accept. Default: [`Algorithm::ALL`].
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How far the issuer's clock may be off, up to five minutes. Default: 30 s.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The realm in `WWW-Authenticate`. Default: the audience.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// For how long keys are used before they are fetched again: the `max-age` of the issuer's
    /// answer (five minutes where it has none), kept within these bounds. The upper bound is also
    /// how long a withdrawn key can stay trusted while the issuer answers. Default: 30 s to 1 h.
    #[must_use]
    pub fn key_lifetime(mut self, at_least: Duration, at_most: Duration) -> Self {
        self.policy.min_lifetime = at_least;
        self.policy.max_lifetime = at_most;
        self
    }

    /// For how long beyond their lifetime keys are used while the issuer cannot be reached.
    /// Default: 1 h.
    #[must_use]
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.policy.max_stale = max_stale;
        self
    }

    /// The least time between two fetches caused by unknown key ids, after a burst of three.
    /// Tokens with made-up key ids cause no more fetches than that. Default: 5 s.
    #[must_use]
    pub fn refetch_floor(mut self, floor: Duration) -> Self {
        self.policy.refetch_floor = floor;
        self
    }

    /// The time within which the issuer must have answered in full, discovery included.
    /// Default: 5 s.
    #[must_use]
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch_timeout = timeout;
        self
    }

    /// The longest document to read from the issuer, in bytes. Default: 256 KiB.
    #[must_use]
    pub fn max_document_bytes(mut self, bytes: usize) -> Self {
        self.max_document_bytes = bytes;
        self
    }

    /// The largest number of keys in the issuer's set; a larger set is refused whole. Default: 64.
    #[must_use]
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self
    }

    /// Accepts an issuer and a `jwks_uri` over plain http on any host. Whoever controls the
    /// network in between can then sign tokens: for a closed network of containers only.
    #[must_use]
    pub fn allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// The HTTP client to fetch with, for example one that trusts a private CA. It should follow
    /// no redirects. Default: a client without redirects and proxies.
    #[must_use]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// The clock, for tests. Default: the system's.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Builds the guard. Fetches nothing yet: see [`TokenGuard::warm_up`].
    pub fn build(self) -> Result<TokenGuard, BuildError> {
        let insecure = self.allow_insecure_http;
        let issuer_url = vet_url("the issuer", &self.issuer, insecure)?;
        // RFC 8414 §2: the issuer has no query and no fragment.
        if issuer_url.query().is_some() || issuer_url.fragment().is_some() {
            return Err(BuildError::Url {
                what: "the issuer",
                url: self.issuer,
            });
        }
        let jwks_uri = self
            .jwks_uri
            .map(|uri| vet_url("the jwks_uri", &uri, insecure))
            .transpose()?;
        if self.audience.is_empty() {
            return Err(BuildError::Setting("the audience is empty"));
        }
        if self.algorithms.is_empty() {
            return Err(BuildError::Setting("the list of algorithms is empty"));
        }
        if self.leeway > MAX_LEEWAY {
            return Err(BuildError::Setting("the leeway is more than five minutes"));
        }
        if self.policy.min_lifetime > self.policy.max_lifetime {
            return Err(BuildError::Setting(
                "the bounds of the key lifetime are swapped",
            ));
        }
        let realm = self.realm.unwrap_or_else(|| self.audience.clone());
        // RFC 9110 §5.6.4: what a quoted-string may hold without escapes.
        if !realm
            .chars()
            .all(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'))
        {
            return Err(BuildError::Setting(
                "the realm must be printable ASCII without quotes",
            ));
        }
        let client = match self.http_client {
            Some(client) => client,
            None => reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .connect_timeout(self.fetch_timeout)
                .user_agent(concat!("token-guard/", env!("CARGO_PKG_VERSION")))
                .build()?,
        };
        let fetcher = Fetcher {
            client,
            issuer: self.issuer.clone(),
            issuer_url,
            jwks_uri,
            algorithms: self.algorithms.clone(),
            timeout: self.fetch_timeout,
            max_bytes: self.max_document_bytes,
            max_keys: self.max_keys,
            allow_insecure_http: insecure,
        };
        let rules = Rules {
            issuer: self.issuer,
            audience: self.audience,
            algorithms: self.algorithms,
            leeway: self.leeway,
        };
        let keys = Arc::new(KeyCache::new(fetcher, self.policy, Arc::clone(&self.now)));
        Ok(TokenGuard::new(rules, Arc::from(realm), keys, self.now))
    }
}

/// Parses a URL that keys hang on: https, or http on loopback or where allowed.
fn vet_url(what: &'static str, text: &str, allow_insecure: bool) -> Result<Url, BuildError> {
    let url = Url::parse(text)
        .ok()
        .filter(Url::has_host)
        .ok_or_else(|| BuildError::Url {
            what,
            url: text.to_owned(),
        })?;
    if is_secure(&url, allow_insecure) {
        Ok(url)
    } else {
        Err(BuildError::InsecureUrl {
            what,
            url: text.to_owned(),
        })
    }
}

/// Whether keys may be fetched from there.
pub(crate) fn is_secure(url: &Url, allow_insecure: bool) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => allow_insecure || is_loopback(url),
        _ => false,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
