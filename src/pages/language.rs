//! The language switch: a plain link in the footer to `GET /language?to=fr&return=/path`, which
//! keeps the choice in a cookie and leads back.

use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::text::local_path;
use crate::i18n::Locale;

/// The cookie that keeps a person's choice. It is no secret and grants nothing.
pub const LANGUAGE_COOKIE: &str = "lang";

/// The query of `GET /language`. Every value is accepted: a strange one changes nothing.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SwitchLanguage {
    /// The tag of the language chosen.
    #[serde(default)]
    pub to: String,
    /// Where to go back to: a path of this server, as the browser sees it.
    #[serde(default, rename = "return")]
    pub return_to: String,
}

impl SwitchLanguage {
    /// Leads back to `return` if that is a path of this server, else to its start page, with the
    /// choice in a cookie. `secure` wherever the issuer is https.
    pub fn respond(&self, base_path: &str, secure: bool) -> Response {
        let start = format!("{base_path}/");
        let to = local_path(&self.return_to).unwrap_or(&start);
        let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.insert(header::LOCATION, location);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(locale) = Locale::from_tag(&self.to) {
            let secure = if secure { "; Secure" } else { "" };
            let cookie = format!(
                "{LANGUAGE_COOKIE}={}; Path={start}; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}",
                locale.tag()
            );
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                headers.insert(header::SET_COOKIE, cookie);
            }
        }
        response
    }
}

/// The link that switches to `locale` and comes back to `here`.
pub(super) fn switch_path(locale: Locale, here: &str) -> String {
    let mut path = format!("/language?to={}&return=", locale.tag());
    for byte in here.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch(to: &str, return_to: &str) -> (String, Option<String>) {
        let query = SwitchLanguage {
            to: to.to_owned(),
            return_to: return_to.to_owned(),
        };
        let response = query.respond("", true);
        let text = |name| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        (text(header::LOCATION).unwrap(), text(header::SET_COOKIE))
    }

    #[test]
    fn it_leads_back_and_keeps_the_choice() {
        let (location, cookie) = switch("fr", "/login?c=1");
        assert_eq!(location, "/login?c=1");
        let cookie = cookie.unwrap();
        assert!(
            cookie.starts_with("lang=fr; Path=/; ") && cookie.ends_with("; Secure"),
            "{cookie}"
        );
    }

    #[test]
    fn it_never_leads_elsewhere() {
        for bad in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "",
            "x",
        ] {
            assert_eq!(switch("en", bad).0, "/", "{bad}");
        }
    }

    #[test]
    fn an_unknown_language_sets_nothing() {
        assert_eq!(switch("tlh; Domain=x", "/").1, None);
    }

    #[test]
    fn the_link_survives_the_round_trip() {
        assert_eq!(
            switch_path(Locale::Fr, "/login?c=a b&d=1"),
            "/language?to=fr&return=/login%3Fc%3Da%20b%26d%3D1"
        );
    }
}
