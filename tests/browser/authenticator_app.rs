//! The app on a person's phone that shows six digits (RFC 6238).

use std::time::Duration;

use auth_api::foundation::clock::Clock;
use totp_rs::{Builder, Secret, Totp};

/// The length of a time step.
const STEP: Duration = Duration::from_secs(30);

/// One entry of the app.
pub struct AuthenticatorApp {
    totp: Totp,
    clock: Clock,
}

impl AuthenticatorApp {
    /// An entry made with the key that the page shows, with or without spaces. The phone's clock
    /// is right: it is the server's.
    pub fn with_key(shown: &str, clock: Clock) -> Self {
        let key: String = shown.split_whitespace().collect();
        let key = Secret::try_from_base32(key.to_uppercase()).unwrap();
        let totp = Builder::new().with_secret(key).build().unwrap();
        Self { totp, clock }
    }

    /// What it shows now.
    pub fn code(&self) -> String {
        let now = self.clock.now().unix_timestamp();
        self.totp.generate(u64::try_from(now).unwrap()).to_string()
    }

    /// What it shows as soon as the present code is over: each is good once.
    pub fn next_code(&self) -> String {
        self.clock.advance(STEP);
        self.code()
    }
}
