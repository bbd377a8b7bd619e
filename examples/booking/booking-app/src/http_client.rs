//! Requests to the issuer. `openidconnect` brings no HTTP client of our reqwest version, so this
//! adapts the one that the rest of the program uses.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::config::Config;

/// The longest answer that is read: a discovery document or key set is far smaller.
const MAX_ANSWER: usize = 1024 * 1024;

/// The HTTP client, with limits on time and size.
pub struct HttpClient {
    client: reqwest::Client,
    /// The issuer's public prefix of URLs, and what to put in its place.
    rewrite: Option<(String, String)>,
}

/// A request got no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("no answer: {0}")]
    Request(#[from] reqwest::Error),
    #[error("the answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("not a request: {0}")]
    Build(#[from] openidconnect::http::Error),
    #[error("not a URL to send a request to")]
    Url,
}

impl HttpClient {
    pub fn new(config: &Config) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            // The issuer's endpoints never redirect; following one would let it, or whoever
            // answers in its place, aim our requests at other hosts.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(10))
            .build()?;
        let rewrite = config
            .issuer_internal
            .as_ref()
            .map(|internal| (config.issuer.clone(), internal.clone()));
        Ok(Self { client, rewrite })
    }

    /// The client itself, for the APIs.
    pub fn plain(&self) -> reqwest::Client {
        self.client.clone()
    }

    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if let Some((issuer, internal)) = &self.rewrite {
            let uri = request.uri().to_string();
            if let Some(rest) = uri.strip_prefix(issuer.as_str())
                && (rest.is_empty() || rest.starts_with(['/', '?']))
            {
                *request.uri_mut() = format!("{internal}{rest}")
                    .parse()
                    .map_err(|_| HttpError::Url)?;
            }
        }
        let request = reqwest::Request::try_from(request)?;
        let mut response = self.client.execute(request).await?;

        let mut answer = openidconnect::http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            *headers = response.headers().clone();
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
