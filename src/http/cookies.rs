//! The server's own cookies. Over https their names begin with `__Host-`, so that a neighbouring
//! host cannot set them (draft-ietf-httpbis-rfc6265bis-22, section 4.1.3.2). In development an app on
//! another port of `localhost` shares them (RFC 6265, section 8.5): the names must not be those that
//! frameworks use, or signing in here would sign out there.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use crate::foundation::secret::Secret;

/// Which cookie. All are `HttpOnly`, `Path=/` and `SameSite=Lax`: an authorization request is a
/// top-level navigation from another site, and must find the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The signed-in session.
    Session,
    /// The browser before and after sign-in: binds forms and continuations to it.
    Browser,
    /// A browser in which somebody signed in: known at the next time, and its guesses are counted
    /// apart from strangers'.
    Device,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-session",
            (Self::Session, false) => "auth_session",
            (Self::Browser, true) => "__Host-browser",
            (Self::Browser, false) => "auth_browser",
            (Self::Device, true) => "__Host-device",
            (Self::Device, false) => "auth_device",
        }
    }

    /// The cookie's value, if the request has it once and it is at most 128 bytes.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<Secret> {
        read_plain(headers, self.name(secure)).map(Secret::new)
    }

    /// A `Set-Cookie` value. `lifetime` of `None` ends with the browser.
    pub fn set(self, value: &Secret, lifetime: Option<Duration>, secure: bool) -> HeaderValue {
        let age = lifetime
            .map(|age| format!("; Max-Age={}", age.as_secs()))
            .unwrap_or_default();
        self.header(&format!("{}{age}", value.expose()), secure)
    }

    /// A `Set-Cookie` value that removes the cookie.
    pub fn remove(self, secure: bool) -> HeaderValue {
        self.header("; Max-Age=0", secure)
    }

    fn header(self, value_and_age: &str, secure: bool) -> HeaderValue {
        let secure_flag = if secure { "; Secure" } else { "" };
        let text = format!(
            "{}={value_and_age}; Path=/; HttpOnly; SameSite=Lax{secure_flag}",
            self.name(secure)
        );
        let mut header =
            HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

/// The value of a cookie, if it has at most 128 bytes.
pub fn read_plain(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= 128)
        .map(|(_, value)| value.to_owned())
}
