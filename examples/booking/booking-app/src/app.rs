//! What all handlers share.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use url::Url;

use crate::BuildError;
use crate::apis::Apis;
use crate::config::Config;
use crate::cookies::Cookies;
use crate::expiring::Expiring;
use crate::http_client::HttpClient;
use crate::provider::Provider;
use crate::session::{Attempt, Session};

/// How long a person may take at the issuer's pages.
pub const ATTEMPT_LIFETIME: Duration = Duration::from_mins(15);
/// How long a session of this application lasts at most.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(8);
/// Bounds on memory: the oldest entry leaves when one too many comes.
const MAX_ATTEMPTS: usize = 10_000;
const MAX_SESSIONS: usize = 10_000;

/// The application. Sessions live in memory: this example runs as one process, and its users sign
/// in again (without a password, by the issuer's session) after a restart.
pub struct App {
    pub config: Config,
    pub http: HttpClient,
    pub provider: Provider,
    pub apis: Apis,
    pub cookies: Cookies,
    /// Sign-ins under way, by `state`.
    pub attempts: Expiring<Attempt>,
    /// Signed-in browsers, by session id.
    pub sessions: Expiring<Arc<Session>>,
    /// The `Content-Security-Policy` of every page.
    pub content_security_policy: String,
}

impl App {
    pub fn new(config: Config) -> Result<Self, BuildError> {
        let issuer = Url::parse(&config.issuer)?;
        Url::parse(&config.public_url)?;
        let http = HttpClient::new(&config)?;
        // The sign-out form is answered with a redirect to the issuer, and browsers apply
        // form-action to redirects too.
        let content_security_policy = format!(
            "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {}; \
             base-uri 'none'; frame-ancestors 'none'",
            issuer.origin().ascii_serialization()
        );
        Ok(Self {
            provider: Provider::new(&config)?,
            apis: Apis::new(&config, http.plain()),
            cookies: Cookies::new(config.is_https()),
            attempts: Expiring::new(ATTEMPT_LIFETIME, MAX_ATTEMPTS),
            sessions: Expiring::new(SESSION_LIFETIME, MAX_SESSIONS),
            content_security_policy,
            http,
            config,
        })
    }

    /// Whom the access token is for (RFC 8707): the issuer's UserInfo and the bookings' API.
    pub fn resources(&self) -> [String; 2] {
        [
            self.config.issuer.clone(),
            self.config.admin_api_audience.clone(),
        ]
    }

    /// The session of the browser that sent these headers.
    pub fn session(&self, headers: &HeaderMap) -> Option<Arc<Session>> {
        self.sessions.get(self.cookies.session(headers)?)
    }
}
