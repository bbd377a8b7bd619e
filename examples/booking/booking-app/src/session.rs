//! What the server remembers of a browser: a sign-in under way, then a session.

use std::time::{Duration, Instant};

use openidconnect::core::CoreTokenResponse;
use openidconnect::{AccessToken, CsrfToken, Nonce, OAuth2TokenResponse as _, RefreshToken};
use tokio::sync::Mutex;

/// How long an access token without `expires_in` is used before it is refreshed.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(5);

/// A sign-in that waits for the issuer's answer; found again by its `state`.
#[derive(Clone)]
pub struct Attempt {
    /// The browser that started it: only that one may finish it, or an attacker could plant their
    /// own code in a victim's browser (RFC 6749, section 10.12).
    pub browser: String,
    /// RFC 7636; kept as text, because openidconnect's type can't be cloned.
    pub pkce_verifier: String,
    pub nonce: Nonce,
}

/// A person signed in.
pub struct Session {
    pub name: String,
    pub roles: Vec<String>,
    /// The ID token as it came: the hint at sign-out. It may be expired by then
    /// (RP-Initiated Logout 1.0, section 2).
    pub id_token: String,
    /// Sent with the sign-out form: pages of other origins can't know it.
    pub form_token: String,
    /// The tokens; whoever refreshes holds the lock, so that a refresh token is used once.
    pub tokens: Mutex<Tokens>,
}

/// The tokens for the APIs.
pub struct Tokens {
    pub access: AccessToken,
    pub refresh: Option<RefreshToken>,
    pub expires: Instant,
}

impl Tokens {
    /// From the answer of the token endpoint that came just now. An answer to a refresh may leave
    /// the refresh token as it was (RFC 6749, section 6).
    pub fn new(answer: &CoreTokenResponse, earlier_refresh: Option<RefreshToken>) -> Self {
        Self {
            access: answer.access_token().clone(),
            refresh: answer.refresh_token().cloned().or(earlier_refresh),
            expires: Instant::now() + answer.expires_in().unwrap_or(DEFAULT_LIFETIME),
        }
    }
}

/// A random id of 256 bits, base64url.
pub fn random_id() -> String {
    CsrfToken::new_random_len(32).into_secret()
}
