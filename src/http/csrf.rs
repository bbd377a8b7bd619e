//! Protection of our forms against other sites: each carries a token derived from the browser
//! cookie, which other sites can neither read nor, over https, set.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::foundation::secret::{Secret, sha256};

/// The form field that carries the token.
pub const FIELD: &str = "csrf";

/// The token of a browser: a hash, so that a page that leaks it does not leak the cookie.
pub fn token(browser: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(sha256(format!("csrf\0{}", browser.expose()).as_bytes()))
}

/// Whether the form's token is the browser's, in constant time.
pub fn matches(browser: Option<&Secret>, sent: Option<&str>) -> bool {
    match (browser, sent) {
        (Some(browser), Some(sent)) => token(browser).as_bytes().ct_eq(sent.as_bytes()).into(),
        _ => false,
    }
}
