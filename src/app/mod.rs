//! What the handlers share: the pool, the clock, the keys, the caches, the configuration.

pub mod db;
mod issuer;
mod logos;
mod start;
mod turn;
mod visitor;

use std::sync::Arc;

use sqlx::PgPool;
use url::Url;

use crate::authn::Services;
use crate::authn::factors::passkey::Passkeys;
use crate::authn::password::Passwords;
use crate::authn::session::Lifetimes;
use crate::authn::throttle::LocalLimit;
use crate::clients::Clients;
use crate::clients::authenticate::Authenticator;
use crate::clients::documents::Documents;
use crate::clients::registration::AnonymousLimit;
use crate::clients::resources::Resources;
use crate::config::Config;
use crate::foundation::clock::Clock;
use crate::foundation::fetcher::Fetcher;
use crate::foundation::kept::KeptConnections;
use crate::http::document::Document;
use crate::http::listen::Shutdown;
use crate::keys::Keys;
use crate::mail::Outbox;
use crate::pages::Brand;

pub use issuer::Issuer;
pub use logos::{Logo, Logos};
pub use start::{StartError, key_settings, outbox};
pub use turn::{Asked, Posted, Sent, see_other};
pub use visitor::{Fault, PageFacts, Visitor};

/// The state of one server process. Everything that two requests share and must survive stands in
/// Postgres; what is here can be lost.
pub struct App {
    pub config: Config,
    pub issuer: Issuer,
    pub pool: PgPool,
    /// For the statements of the busiest requests.
    pub kept: KeptConnections,
    pub clock: Clock,
    pub keys: Keys,
    pub clients: Arc<Clients>,
    pub authenticator: Authenticator,
    pub resources: Resources,
    pub fetcher: Fetcher,
    pub documents: Documents,
    /// The public URL of `POST /register`.
    pub registration_endpoint: Url,
    /// How many clients a stranger may register.
    pub registration_limit: AnonymousLimit,
    /// Tokens that are none of ours, by who asks about them.
    pub foreign_tokens: LocalLimit,
    /// Clients' logos, or that there is none.
    pub logos: Logos,
    pub shutdown: Shutdown,
    pub passwords: Passwords,
    /// Where letters to people are posted.
    pub mail: Outbox,
    /// WebAuthn for the issuer's host.
    pub passkeys: Passkeys,
    pub brand: Brand,
    /// The operator's logo.
    pub brand_logo: Option<Document>,
}

impl App {
    /// What signing in works with.
    pub fn authn(&self) -> Services<'_> {
        Services {
            pool: &self.pool,
            kept: &self.kept,
            passwords: &self.passwords,
            kek: self.keys.key_encryption_key(),
            mail: &self.mail,
            passkeys: &self.passkeys,
            locale: visitor::default_locale(self),
        }
    }

    /// How long sessions live.
    pub fn session_lifetimes(&self) -> Lifetimes {
        Lifetimes {
            idle: self.config.session.idle_ttl,
            absolute: self.config.session.absolute_ttl,
        }
    }
}
