mod issuer;
mod key;
mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use issuer::{Issuer, Mode};
pub use key::{Key, base64url};
pub use token::Token;
use token_guard::{Claims, InvalidToken, Reason, Rejection, TokenGuard, TokenGuardBuilder};

pub const AUDIENCE: &str = "https://api.example";

/// A clock that only the test moves.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000)))
    }

    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.now())
    }
}

/// An issuer with one key, a guard for it, and their clock.
pub struct World {
    pub issuer: Issuer,
    pub clock: TestClock,
    pub guard: TokenGuard,
    pub key: Key,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Key::new("k1", "ES256"), |builder| builder).await
    }

    pub async fn with(
        key: Key,
        configure: impl FnOnce(TokenGuardBuilder) -> TokenGuardBuilder,
    ) -> Self {
        let issuer = Issuer::start().await;
        issuer.publish(&[&key]);
        let clock = TestClock::new();
        let guard = configure(guard_builder(&issuer, &clock)).build().unwrap();
        Self {
            issuer,
            clock,
            guard,
            key,
        }
    }

    pub fn token(&self) -> Token<'_> {
        self.token_by(&self.key)
    }

    pub fn token_by<'a>(&self, key: &'a Key) -> Token<'a> {
        Token::new(&self.issuer.url, self.clock.now(), key)
    }

    pub async fn validate(&self, token: &str) -> Result<Claims, Rejection> {
        self.guard.validate(token).await
    }

    /// The reason why a token is refused.
    pub async fn refusal(&self, token: &str) -> Reason {
        self.validate(token).await.unwrap_err().reason().clone()
    }
}

pub fn guard_builder(issuer: &Issuer, clock: &TestClock) -> TokenGuardBuilder {
    let clock = clock.clone();
    TokenGuard::builder(&issuer.url, AUDIENCE).clock(move || clock.time())
}

pub fn invalid(reason: InvalidToken) -> Reason {
    Reason::InvalidToken(reason)
}
