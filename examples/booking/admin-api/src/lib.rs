//! The admin API of the booking example: artists and bookings, each call guarded by a permission
//! of the caller's access token.
//!
//! | call | permission |
//! |---|---|
//! | `GET /artists`, `GET /artists/{id}` | `artists:read` |
//! | `POST /artists`, `PUT`, `DELETE /artists/{id}` | `artists:write` |
//! | `GET /bookings`, `GET /bookings/{id}`, `GET /me/bookings` | `bookings:read` |
//! | `POST /bookings`, `PUT`, `DELETE /bookings/{id}` | `bookings:write` |
//!
//! `bookings:read` alone shows the caller's own bookings; together with `bookings:write`, those of
//! everybody.

mod artists;
mod bookings;
mod demo;
mod extract;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use booking_kit::env::{self, EnvError};
use booking_kit::guard::GuardConfig;
use booking_kit::problem::Problem;
use sqlx::PgPool;

/// The longest request body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The API's configuration.
#[derive(Clone)]
pub struct Config {
    /// Whose tokens are accepted.
    pub guard: GuardConfig,
    /// The booking database.
    pub pool: PgPool,
    /// Whether to make up artists and bookings, so that the example has something to show.
    pub demo: bool,
}

impl Config {
    /// Reads `ISSUER`, `AUDIENCE`, `JWKS_URI` and `DEMO`.
    pub fn from_env(pool: PgPool) -> Result<Self, EnvError> {
        let guard = GuardConfig::from_env("http://localhost:3004")?;
        Ok(Self {
            guard,
            pool,
            demo: env::switch("DEMO", true)?,
        })
    }
}

/// Brings the database to the present schema and, for the demonstration, adds artists to an empty
/// one.
pub async fn prepare(config: &Config) -> Result<(), sqlx::Error> {
    sqlx::migrate!("./migrations").run(&config.pool).await?;
    if config.demo {
        demo::add_artists(&config.pool).await?;
    }
    Ok(())
}

/// What handlers share.
#[derive(Clone)]
struct App {
    pool: PgPool,
    demo: bool,
}

/// The API's routes. The database has to be prepared.
///
/// # Errors
/// Where the configured issuer or audience cannot be used.
pub fn router(config: Config) -> Result<Router, token_guard::BuildError> {
    let guard = config.guard.build()?;
    let app = App {
        pool: config.pool,
        demo: config.demo,
    };
    Ok(Router::new()
        .merge(artists::routes(&guard))
        .merge(bookings::routes(&guard))
        .layer(guard.layer()) // 401 without a good token
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::map_response(no_store))
        .with_state(app)
        .route("/healthz", get(|| async { "ok" }))
        .fallback(|| async { Problem::not_found() }))
}

/// What a token opens is for its bearer alone (RFC 9111, section 3.5).
async fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}
