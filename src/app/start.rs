//! Puts an [`App`] together.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use url::Url;
use webauthn_rs::prelude::WebauthnError;

use super::{App, Issuer, Logos};
use crate::authn::factors::passkey::Passkeys;
use crate::authn::password::{PasswordError, Passwords};
use crate::authn::throttle::LocalLimit;
use crate::clients::Clients;
use crate::clients::authenticate::Authenticator;
use crate::clients::documents::Documents;
use crate::clients::registration::AnonymousLimit;
use crate::clients::resources::Resources;
use crate::config::Config;
use crate::foundation::cipher::KeyEncryptionKey;
use crate::foundation::clock::Clock;
use crate::foundation::fetcher::{Fetcher, FetcherError};
use crate::foundation::kept::KeptConnections;
use crate::http::document::Document;
use crate::http::listen::Shutdown;
use crate::keys::{KeySettings, Keys, KeysError};
use crate::mail::{Outbox, OutboxError};
use crate::pages::{Brand, BrandError, BrandSettings};

/// Tokens that are none of ours: as many at once from one address, for the clients behind it may be
/// many, and one more a second.
const FOREIGN_AT_ONCE: u32 = 300;
const FOREIGN_EVERY: Duration = Duration::from_secs(1);

/// Why the server cannot start: told to whoever starts it, so in plain words.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the issuer is no URL: {0}")]
    Issuer(#[from] url::ParseError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    #[error("the people's password hashes cannot be read: {0}")]
    Hashes(#[from] sqlx::Error),
    #[error("the fetcher of clients' documents cannot be set up: {0}")]
    Fetcher(#[from] FetcherError),
    #[error("passkeys cannot be had for this issuer: {0:?}")]
    Passkeys(WebauthnError),
    #[error("the branding cannot be used: {0}")]
    Brand(#[from] BrandError),
    #[error(transparent)]
    Mail(#[from] OutboxError),
    #[error("branding.logo ({path}) cannot be used: {why}")]
    Logo { path: String, why: String },
}

impl App {
    /// Checks the key-encryption key, makes the first signing keys and builds what is served from
    /// memory. The database has been migrated.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        config: Config,
        pool: PgPool,
        kek: KeyEncryptionKey,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Result<Arc<Self>, StartError> {
        let issuer = Issuer::new(&config.server.issuer)?;
        let kek = Arc::new(kek);
        let mail = outbox(&config, &issuer, Arc::clone(&kek))?;
        let keys = Keys::start(pool.clone(), kek, key_settings(&config), clock.now()).await?;
        let fetcher = Fetcher::new(&config.fetch.to_fetcher())?;
        let documents = Documents::from_fetcher(fetcher.clone());
        let clients = Arc::new(Clients::new(pool.clone()));
        let passwords = Passwords::new()?;
        passwords.learn_costs(&pool).await?;
        Ok(Arc::new(Self {
            authenticator: Authenticator::new(
                Arc::clone(&clients),
                pool.clone(),
                documents.clone(),
                issuer.as_str().to_owned(),
                issuer.url("/token"),
            ),
            registration_endpoint: Url::parse(&issuer.url("/register"))?,
            registration_limit: AnonymousLimit::per_address(config.registration.anonymous_per_hour),
            foreign_tokens: LocalLimit::new(FOREIGN_AT_ONCE, FOREIGN_EVERY),
            resources: Resources::new(pool.clone()),
            passwords,
            passkeys: Passkeys::new(&Url::parse(issuer.as_str())?, &config.branding.name)
                .map_err(StartError::Passkeys)?,
            brand: brand(&config, &issuer)?,
            brand_logo: brand_logo(&config)?,
            logos: Logos::new(),
            mail,
            issuer,
            kept: KeptConnections::new(
                pool.clone(),
                KeptConnections::share_of(config.database.max_connections),
            ),
            pool,
            clock,
            keys,
            clients,
            documents,
            fetcher,
            shutdown,
            config,
        }))
    }
}

/// How the configuration's keys follow one another.
pub fn key_settings(config: &Config) -> KeySettings {
    KeySettings {
        rotation_interval: config.keys.rotation_interval,
        publish_ahead: config.keys.publish_ahead,
        jwks_max_age: config.keys.jwks_max_age,
        longest_token_ttl: config
            .tokens
            .access_token_ttl
            .max(config.tokens.id_token_ttl),
        rsa_bits: config.keys.rsa_bits,
        hint_retention: config.keys.hint_retention,
    }
}

/// Where letters to people are posted: for the server and for commands.
///
/// # Errors
/// See [`StartError`].
pub fn outbox(
    config: &Config,
    issuer: &Issuer,
    kek: Arc<KeyEncryptionKey>,
) -> Result<Outbox, StartError> {
    let url = Url::parse(issuer.as_str())?;
    let host = url.host_str().unwrap_or("localhost");
    let issuer = (issuer.as_str(), host);
    Ok(Outbox::new(
        &config.mail,
        kek,
        &config.branding.name,
        issuer,
    )?)
}

fn brand(config: &Config, issuer: &Issuer) -> Result<Brand, BrandError> {
    let branding = &config.branding;
    let radius = branding.radius.trim_end_matches("px").parse().ok();
    Brand::new(&BrandSettings {
        name: branding.name.clone(),
        logo_url: branding.logo.is_some().then(|| issuer.path("/static/logo")),
        accent: Some(branding.accent.clone()),
        accent_dark: Some(branding.accent_dark.clone()),
        radius_px: radius,
    })
}

/// The operator's own logo, read once; its type by its name.
fn brand_logo(config: &Config) -> Result<Option<Document>, StartError> {
    let Some(path) = &config.branding.logo else {
        return Ok(None);
    };
    let refused = |why: String| StartError::Logo {
        path: path.display().to_string(),
        why,
    };
    let content_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        _ => return Err(refused("it is not an .svg, .png or .webp file".to_owned())),
    };
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    Ok(Some(Document::new(
        bytes.into(),
        content_type,
        "public, max-age=3600",
    )))
}
