//! The issuer identifier, and the addresses under it.

use url::Url;

/// The issuer, byte for byte as configured: it is compared as text by everyone (RFC 9207, section
/// 2.4; OpenID Connect Discovery 1.0, section 4.3).
#[derive(Clone, Debug)]
pub struct Issuer {
    text: String,
    base_path: String,
    secure: bool,
}

impl Issuer {
    /// # Errors
    /// When the text is no URL; the configuration has checked the rest.
    pub fn new(text: &str) -> Result<Self, url::ParseError> {
        let url = Url::parse(text)?;
        Ok(Self {
            text: text.to_owned(),
            base_path: url.path().trim_end_matches('/').to_owned(),
            secure: url.scheme() == "https",
        })
    }

    /// The identifier.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL's path without the last slash: empty where the server has a host of its own.
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// Whether cookies are `Secure`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The absolute URL of a path below the issuer.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The path of an endpoint as the browser sees it.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base_path)
    }
}
