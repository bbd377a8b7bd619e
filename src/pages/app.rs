//! The app that a person comes from, as the pages show it.

use super::text::{display_name, local_path, web_link};

/// A client in the eyes of a person. Its strings may come from a stranger's registration: they are
/// cleaned here, on their way into a page.
#[derive(Clone, Debug, Default)]
pub struct AppView {
    /// `client_name`; the host stands in for it where there is none.
    pub name: Option<String>,
    /// Path of the logo on this server, which fetched it: a page loads nothing from elsewhere.
    pub logo_url: Option<String>,
    /// Host of the redirect URI (or a native app's scheme): where the person will be sent back.
    pub host: String,
    /// `policy_uri`.
    pub policy_uri: Option<String>,
    /// `tos_uri`.
    pub tos_uri: Option<String>,
    /// `client_uri`.
    pub client_uri: Option<String>,
    /// The app belongs to whoever runs this server, as an administrator flagged it.
    pub verified: bool,
}

impl AppView {
    pub(super) fn name(&self) -> String {
        let name = self
            .name
            .as_deref()
            .map(display_name)
            .filter(|name| !name.is_empty());
        name.unwrap_or_else(|| self.host())
    }

    pub(super) fn host(&self) -> String {
        display_name(&self.host)
    }

    pub(super) fn logo(&self) -> Option<&str> {
        self.logo_url.as_deref().and_then(local_path)
    }

    pub(super) fn initial(&self) -> String {
        initial(&self.name())
    }

    pub(super) fn policy(&self) -> Option<String> {
        self.policy_uri.as_deref().and_then(web_link)
    }

    pub(super) fn terms(&self) -> Option<String> {
        self.tos_uri.as_deref().and_then(web_link)
    }

    pub(super) fn site(&self) -> Option<String> {
        self.client_uri.as_deref().and_then(web_link)
    }
}

/// The letter that stands for a name where there is no picture.
pub(super) fn initial(name: &str) -> String {
    let first = name.chars().find(|char| char.is_alphanumeric());
    first.map_or_else(|| "•".to_owned(), |char| char.to_uppercase().collect())
}
