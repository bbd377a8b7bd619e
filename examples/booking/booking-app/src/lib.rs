//! The web application of the booking example: a relying party of OpenID Connect.
//!
//! It shows what a real application does with the auth server: sign-in by authorization code with
//! PKCE, state and nonce; UserInfo; an API called with the access token and kept alive with the
//! refresh token; sign-out here and there. Tokens stay on the server: the browser only holds a
//! random session id in an `HttpOnly` cookie.

mod apis;
mod app;
mod config;
mod cookies;
mod expiring;
mod home;
mod http_client;
mod page;
mod provider;
mod session;
mod sign_in;
mod sign_out;
mod tokens;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;
pub use crate::config::Config;

/// The application's routes. Nothing is asked of the issuer or the APIs before the first request
/// needs it, so that they may start later.
///
/// # Errors
/// Where the machine cannot set up a TLS client, or the issuer is not a URL.
pub fn router(config: Config) -> Result<Router, BuildError> {
    let app = Arc::new(App::new(config)?);
    Ok(Router::new()
        .route("/", get(home::show))
        .route("/sign-in", get(sign_in::start))
        .route("/callback", get(sign_in::callback))
        .route("/sign-out", post(sign_out::sign_out))
        .route(&page::STYLE_PATH, get(page::style))
        .route("/healthz", get(|| async { "ok" }))
        .fallback(page::not_found)
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&app),
            page::security_headers,
        ))
        .with_state(app))
}

/// The application cannot be built from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The TLS client of the machine.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The issuer or the own address.
    #[error("not a usable URL: {0}")]
    Url(#[from] url::ParseError),
}
