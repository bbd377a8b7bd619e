//! The application's cookies: random ids only, out of reach of scripts.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// Names and attributes of the cookies. Ports do not separate cookies: the issuer and the APIs on
/// the same host see them too, so the names carry the application's own.
pub struct Cookies {
    session: &'static str,
    browser: &'static str,
    sign_out: &'static str,
    attributes: &'static str,
}

impl Cookies {
    /// With `https`, the `__Host-` prefix binds the cookies to this very host and to TLS.
    pub fn new(https: bool) -> Self {
        if https {
            Self {
                session: "__Host-booking_session",
                browser: "__Host-booking_browser",
                sign_out: "__Host-booking_sign_out",
                attributes: "Path=/; HttpOnly; SameSite=Lax; Secure",
            }
        } else {
            Self {
                session: "booking_session",
                browser: "booking_browser",
                sign_out: "booking_sign_out",
                attributes: "Path=/; HttpOnly; SameSite=Lax",
            }
        }
    }

    /// The id of the signed-in session.
    pub fn session<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        value(headers, self.session)
    }

    /// The id that binds sign-ins under way to the browser that started them.
    pub fn browser<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        value(headers, self.browser)
    }

    /// The `state` that was sent to the issuer at sign-out.
    pub fn sign_out<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        value(headers, self.sign_out)
    }

    pub fn set_session(&self, headers: &mut HeaderMap, id: &str, lifetime: Duration) {
        self.set(headers, self.session, id, lifetime);
    }

    pub fn set_browser(&self, headers: &mut HeaderMap, id: &str, lifetime: Duration) {
        self.set(headers, self.browser, id, lifetime);
    }

    pub fn set_sign_out(&self, headers: &mut HeaderMap, state: &str, lifetime: Duration) {
        self.set(headers, self.sign_out, state, lifetime);
    }

    pub fn clear_session(&self, headers: &mut HeaderMap) {
        self.set(headers, self.session, "", Duration::ZERO);
    }

    pub fn clear_sign_out(&self, headers: &mut HeaderMap) {
        self.set(headers, self.sign_out, "", Duration::ZERO);
    }

    fn set(&self, headers: &mut HeaderMap, name: &str, value: &str, lifetime: Duration) {
        let text = format!(
            "{name}={value}; {}; Max-Age={}",
            self.attributes,
            lifetime.as_secs()
        );
        // Names are constant and values base64url, so this is always a header value.
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.append(header::SET_COOKIE, value);
        }
    }
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
}
