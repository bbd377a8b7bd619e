//! Fetches the issuer's metadata and JWK Set, within bounds of size and time.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap};
use serde::Deserialize;
use url::Url;

use super::jwks::{JwksError, KeySet};
use crate::algorithm::Algorithm;
use crate::builder::is_secure;

/// Knows where an issuer's keys are, and gets them.
#[derive(Debug)]
pub(crate) struct Fetcher {
    pub(crate) client: reqwest::Client,
    pub(crate) issuer: String,
    pub(crate) issuer_url: Url,
    /// From the configuration; without it the issuer's metadata tells.
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
    pub(crate) max_keys: usize,
    pub(crate) allow_insecure_http: bool,
}

/// Keys, and what the issuer says of their lifetime.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) keys: KeySet,
    pub(crate) jwks_uri: Url,
    pub(crate) max_age: Option<Duration>,
}

/// Why the keys could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    #[error("{url}: {source}")]
    Http { url: Url, source: reqwest::Error },
    #[error("{url} answers {status}")]
    Status { url: Url, status: StatusCode },
    #[error("{url} is longer than {limit} bytes")]
    TooLong { url: Url, limit: usize },
    #[error("{url} is not the metadata of an issuer: {source}")]
    Metadata { url: Url, source: serde_json::Error },
    #[error("{url} names another issuer: {named}")]
    OtherIssuer { url: Url, named: String },
    #[error("the issuer's jwks_uri is not acceptable: {0}")]
    JwksUri(String),
    #[error("{url}: {source}")]
    Jwks { url: Url, source: JwksError },
}

impl Fetcher {
    /// Fetches the keys; `known` is the `jwks_uri` of an earlier discovery.
    pub(crate) async fn fetch(&self, known: Option<Url>) -> Result<Fetched, FetchError> {
        tokio::time::timeout(self.timeout, self.fetch_unbounded(known))
            .await
            .unwrap_or(Err(FetchError::Timeout(self.timeout)))
    }

    async fn fetch_unbounded(&self, known: Option<Url>) -> Result<Fetched, FetchError> {
        let jwks_uri = match self.jwks_uri.clone().or(known) {
            Some(uri) => uri,
            None => self.discover().await?,
        };
        let (document, headers) = self.get(&jwks_uri).await?;
        let keys = KeySet::parse(&document, &self.algorithms, self.max_keys).map_err(|source| {
            FetchError::Jwks {
                url: jwks_uri.clone(),
                source,
            }
        })?;
        Ok(Fetched {
            keys,
            jwks_uri,
            max_age: max_age(&headers),
        })
    }

    /// OpenID Connect Discovery first, which most issuers have, then RFC 8414.
    async fn discover(&self) -> Result<Url, FetchError> {
        match self.metadata(self.openid_metadata_url()).await {
            Err(FetchError::Status {
                status: StatusCode::NOT_FOUND,
                ..
            }) => self.metadata(self.oauth_metadata_url()).await,
            answer => answer,
        }
    }

    fn openid_metadata_url(&self) -> Url {
        self.well_known(|path| format!("{path}/.well-known/openid-configuration"))
    }

    /// RFC 8414 §3.1: the well-known part stands before the issuer's path.
    fn oauth_metadata_url(&self) -> Url {
        self.well_known(|path| format!("/.well-known/oauth-authorization-server{path}"))
    }

    fn well_known(&self, place: impl FnOnce(&str) -> String) -> Url {
        let mut url = self.issuer_url.clone();
        let path = place(url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }

    async fn metadata(&self, url: Url) -> Result<Url, FetchError> {
        #[derive(Deserialize)]
        struct Metadata {
            issuer: String,
            jwks_uri: String,
        }
        let (document, _) = self.get(&url).await?;
        let metadata: Metadata = match serde_json::from_slice(&document) {
            Ok(metadata) => metadata,
            Err(source) => return Err(FetchError::Metadata { url, source }),
        };
        // RFC 8414 §3.3: byte for byte, or the metadata is not to be used.
        if metadata.issuer != self.issuer {
            return Err(FetchError::OtherIssuer {
                url,
                named: metadata.issuer,
            });
        }
        self.vet_jwks_uri(&metadata.jwks_uri)
            .ok_or(FetchError::JwksUri(metadata.jwks_uri))
    }

    /// The address from the metadata, if keys may be fetched from there. An https issuer must not
    /// lead down to http, be it on loopback.
    fn vet_jwks_uri(&self, uri: &str) -> Option<Url> {
        let uri = Url::parse(uri).ok()?;
        let downgrade = self.issuer_url.scheme() == "https" && uri.scheme() != "https";
        (is_secure(&uri, self.allow_insecure_http) && !downgrade).then_some(uri)
    }

    async fn get(&self, url: &Url) -> Result<(Vec<u8>, HeaderMap), FetchError> {
        let failed = |source| FetchError::Http {
            url: url.clone(),
            source,
        };
        let too_long = || FetchError::TooLong {
            url: url.clone(),
            limit: self.max_bytes,
        };
        let request = self
            .client
            .get(url.clone())
            .header(ACCEPT, "application/json");
        let mut response = request.send().await.map_err(failed)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status {
                url: url.clone(),
                status: response.status(),
            });
        }
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if document.len() + chunk.len() > self.max_bytes {
                return Err(too_long());
            }
            document.extend_from_slice(&chunk);
        }
        Ok((document, response.headers().clone()))
    }
}

/// How long the answer is fresh (RFC 9111 §4.2.1), less the time it spent in caches.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |text: &str| text.trim().trim_matches('"').parse::<u64>().ok();
    let mut max_age = None;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().split(',') {
            let (name, argument) = directive
                .trim()
                .split_once('=')
                .unwrap_or((directive.trim(), ""));
            if name.eq_ignore_ascii_case("no-store") || name.eq_ignore_ascii_case("no-cache") {
                return Some(Duration::ZERO);
            }
            if name.eq_ignore_ascii_case("max-age") {
                max_age = max_age.or_else(|| seconds(argument));
            }
        }
    }
    let age = headers
        .get(AGE)
        .and_then(|age| seconds(age.to_str().ok()?))
        .unwrap_or(0);
    max_age.map(|max_age| Duration::from_secs(max_age.saturating_sub(age)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        max_age(&headers).map(|age| age.as_secs())
    }

    fn fetcher(issuer: &str, allow_insecure_http: bool) -> Fetcher {
        Fetcher {
            client: reqwest::Client::new(),
            issuer: issuer.to_owned(),
            issuer_url: issuer.parse().unwrap(),
            jwks_uri: None,
            algorithms: Algorithm::ALL.to_vec(),
            timeout: Duration::from_secs(1),
            max_bytes: 1000,
            max_keys: 1,
            allow_insecure_http,
        }
    }

    #[test]
    fn keys_are_not_fetched_less_safely_than_the_metadata() {
        for allow_insecure_http in [false, true] {
            let https = fetcher("https://auth.example", allow_insecure_http);
            assert!(https.vet_jwks_uri("https://keys.example/jwks").is_some());
            assert!(https.vet_jwks_uri("http://keys.example/jwks").is_none());
            assert!(https.vet_jwks_uri("http://127.0.0.1/jwks").is_none());
        }
        let local = fetcher("http://localhost:3001", false);
        assert!(local.vet_jwks_uri("http://localhost:3001/jwks").is_some());
        assert!(local.vet_jwks_uri("http://keys.example/jwks").is_none());
    }

    #[test]
    fn the_well_known_places_of_an_issuer_with_a_path() {
        let fetcher = fetcher("https://auth.example/api/auth", false);
        assert_eq!(
            [
                fetcher.openid_metadata_url().as_str(),
                fetcher.oauth_metadata_url().as_str()
            ],
            [
                "https://auth.example/api/auth/.well-known/openid-configuration",
                "https://auth.example/.well-known/oauth-authorization-server/api/auth",
            ]
        );
    }

    #[test]
    fn the_lifetime_of_an_answer() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("cache-control", "public, Max-Age=300")]), Some(300));
        assert_eq!(
            of(&[("cache-control", "max-age=300"), ("age", "100")]),
            Some(200)
        );
        assert_eq!(
            of(&[("cache-control", "max-age=300"), ("age", "400")]),
            Some(0)
        );
        assert_eq!(of(&[("cache-control", "max-age=300, no-cache")]), Some(0));
        assert_eq!(of(&[("cache-control", "max-age=soon")]), None);
    }
}
