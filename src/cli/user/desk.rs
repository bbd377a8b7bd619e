//! What a command about a person needs beside the database: it writes them mail, with links.

use sqlx::PgPool;

use crate::account::delete::Registry;
use crate::app::Issuer;
use crate::cli::{CommandError, outbox};
use crate::config::Config;
use crate::mail::Outbox;

/// Made once for a command.
pub struct Desk<'a> {
    pool: &'a PgPool,
    config: &'a Config,
    issuer: Issuer,
    mail: Outbox,
}

impl<'a> Desk<'a> {
    /// # Errors
    /// When the settings name no usable issuer or mail server.
    pub fn new(pool: &'a PgPool, config: &'a Config) -> Result<Self, CommandError> {
        let issuer = Issuer::new(&config.server.issuer)?;
        let mail = outbox(config, &issuer)?;
        Ok(Self {
            pool,
            config,
            issuer,
            mail,
        })
    }

    /// In the operator's language, for people who have said no other.
    pub fn registry(&self) -> Registry<'_> {
        Registry {
            pool: self.pool,
            mail: &self.mail,
            issuer: &self.issuer,
            config: self.config,
            locale: None,
        }
    }
}
