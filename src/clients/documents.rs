//! Documents that a client points to: `jwks_uri`, `sector_identifier_uri`. How they are fetched
//! (address rules, size, time) is the fetcher's; here is only what the client modules need of it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use url::Url;

use crate::foundation::fetcher::Fetcher;

/// Why a document could not be had. For the log, not for the wire.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(pub String);

type Fetching = Pin<Box<dyn Future<Output = Result<Value, DocumentError>> + Send>>;

/// Gets JSON documents from the addresses that clients registered.
#[derive(Clone)]
pub struct Documents(Arc<dyn Fn(Url) -> Fetching + Send + Sync>);

impl Documents {
    /// Wraps a function that gets the JSON document at a URL.
    pub fn new<F, R>(get: F) -> Self
    where
        F: Fn(Url) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, DocumentError>> + Send + 'static,
    {
        Self(Arc::new(move |url| Box::pin(get(url))))
    }

    /// Fetches under the server's rules: public hosts by https, bounded size and time.
    pub fn from_fetcher(fetcher: Fetcher) -> Self {
        Self::new(move |url| {
            let fetcher = fetcher.clone();
            async move {
                let fetched = fetcher
                    .get(&url, "application/json, application/jwk-set+json;q=0.9")
                    .await
                    .map_err(|error| DocumentError(error.to_string()))?;
                if fetched.status != StatusCode::OK {
                    return Err(DocumentError(format!("status {}", fetched.status)));
                }
                serde_json::from_slice(&fetched.body)
                    .map_err(|_| DocumentError("the answer is not JSON".to_owned()))
            }
        })
    }

    /// The document at `url`.
    ///
    /// # Errors
    /// [`DocumentError`] where it cannot be fetched, or is not JSON.
    pub async fn get(&self, url: &str) -> Result<Value, DocumentError> {
        let url = Url::parse(url).map_err(|error| DocumentError(error.to_string()))?;
        (self.0)(url).await
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}
