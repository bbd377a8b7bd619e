//! The public API of the booking example: artists, open to everybody, also to browser apps of
//! other origins. Callers with a good access token see fees and dates as well.

mod artists;

use std::time::Duration;

use axum::Router;
use axum::http::{Method, header};
use axum::routing::get;
use booking_kit::env::EnvError;
use booking_kit::guard::GuardConfig;
use booking_kit::problem::Problem;
use sqlx::PgPool;
use tower_http::cors::{Any, CorsLayer};

/// The API's configuration.
#[derive(Clone)]
pub struct Config {
    /// Whose tokens open the extras.
    pub guard: GuardConfig,
    /// The booking database, which the admin API keeps; only read here.
    pub pool: PgPool,
}

impl Config {
    /// Reads `ISSUER`, `AUDIENCE` and `JWKS_URI`.
    pub fn from_env(pool: PgPool) -> Result<Self, EnvError> {
        Ok(Self {
            guard: GuardConfig::from_env("http://localhost:3003")?,
            pool,
        })
    }
}

/// The API's routes. The admin API may prepare the database later: until then, 503.
///
/// # Errors
/// Where the configured issuer or audience cannot be used.
pub fn router(config: Config) -> Result<Router, token_guard::BuildError> {
    let guard = config.guard.build()?;
    // Any origin may read what is public. Tokens are sent by the calling script itself, never by
    // the browser on its own, so there are no credentials in the sense of CORS.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET])
        .allow_headers([header::AUTHORIZATION])
        .expose_headers([header::WWW_AUTHENTICATE])
        .max_age(Duration::from_hours(1));
    Ok(Router::new()
        .route("/artists", get(artists::list))
        .route("/artists/{id}", get(artists::show))
        .layer(guard.optional_layer()) // no token is fine, a bad one is 401
        .layer(cors) // outside the guard: a preflight has no token, and a 401 has to be readable
        .with_state(config.pool)
        .route("/healthz", get(|| async { "ok" }))
        .fallback(|| async { Problem::not_found() }))
}
