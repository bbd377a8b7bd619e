//! Where everything is. The defaults fit `cargo run -- dev` of the auth server.

use booking_kit::env::{self, EnvError};

/// The application's configuration. URLs have no slash at their end.
#[derive(Clone)]
pub struct Config {
    /// The issuer identifier, as in its discovery document.
    pub issuer: String,
    /// The issuer's address as seen from this program, where it differs from what browsers use
    /// (containers behind a gateway). Only requests of this program go there.
    pub issuer_internal: Option<String>,
    /// The address of this application as browsers see it.
    pub public_url: String,
    /// This application's `client_id` at the issuer.
    pub client_id: String,
    /// This application's `client_secret` at the issuer.
    pub client_secret: String,
    /// Where the artists' API answers.
    pub public_api: String,
    /// Where the bookings' API answers.
    pub admin_api: String,
    /// The identifier of the bookings' API: the `aud` of the tokens it accepts (RFC 8707).
    pub admin_api_audience: String,
}

impl Config {
    /// Reads `ISSUER`, `ISSUER_INTERNAL`, `PUBLIC_URL`, `CLIENT_ID`, `CLIENT_SECRET`,
    /// `PUBLIC_API`, `ADMIN_API` and `ADMIN_API_AUDIENCE`.
    pub fn from_env() -> Result<Self, EnvError> {
        Ok(Self {
            issuer: env::base_url("ISSUER", "http://localhost:3001")?,
            issuer_internal: match env::optional("ISSUER_INTERNAL") {
                Some(_) => Some(env::base_url("ISSUER_INTERNAL", "")?),
                None => None,
            },
            public_url: env::base_url("PUBLIC_URL", "http://localhost:3002")?,
            client_id: env::text("CLIENT_ID", "booking-app"),
            // A secret that everybody can read is for a demonstration on one's own machine only.
            client_secret: env::text("CLIENT_SECRET", "booking-app-secret"),
            public_api: env::base_url("PUBLIC_API", "http://localhost:3003")?,
            admin_api: env::base_url("ADMIN_API", "http://localhost:3004")?,
            admin_api_audience: env::base_url("ADMIN_API_AUDIENCE", "http://localhost:3004")?,
        })
    }

    /// Whether browsers reach this application by TLS, so that cookies can demand it.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
