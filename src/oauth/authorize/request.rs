//! A vetted authorization request. Only [`ReturnAddress`] holds a redirect target, and only the
//! checks make one: a redirect to an unverified address cannot be written.

use serde::{Deserialize, Serialize};

use super::acr::AcrRequest;
use crate::clients::Client;
use crate::clients::validation::is_loopback_redirect;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::scope::Scope;

/// OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1; OAuth 2.0 Form Post Response
/// Mode 1.0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// The default of `response_type=code`.
    #[default]
    Query,
    Fragment,
    FormPost,
}

impl ResponseMode {
    /// The mode of a `response_mode` value.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "query" => Some(Self::Query),
            "fragment" => Some(Self::Fragment),
            "form_post" => Some(Self::FormPost),
            _ => None,
        }
    }
}

/// Where the answer goes: a registered redirect URI, with the mode and the `state` to repeat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReturnAddress {
    redirect_uri: String,
    /// Whether the request named it, so that the token request must repeat it.
    sent: bool,
    pub response_mode: ResponseMode,
    pub state: Option<String>,
}

impl ReturnAddress {
    /// Finds the client's registered URI that a request means (RFC 9700, section 2.1: compared as
    /// text; RFC 8252, section 7.3: any port of a loopback address). `None` for any other, and for
    /// none when several are registered.
    pub fn find(client: &Client, sent: Option<&str>) -> Option<Self> {
        let registered = &client.metadata.redirect_uris;
        let redirect_uri = match (sent, registered.as_slice()) {
            (None, [only]) => only.clone(),
            (None, _) => return None,
            (Some(sent), _) if registered.iter().any(|uri| uri == sent) => sent.to_owned(),
            (Some(sent), _) => registered
                .iter()
                .any(|uri| is_loopback_redirect(uri) && differs_by_port_only(uri, sent))
                .then(|| sent.to_owned())?,
        };
        Some(Self {
            redirect_uri,
            sent: sent.is_some(),
            response_mode: ResponseMode::default(),
            state: None,
        })
    }

    /// The redirect URI, as it was registered or sent.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Whether nothing assures that the client answers there: a native app's loopback address or
    /// private-use scheme (RFC 8252, section 8.6).
    pub fn is_unassured(&self) -> bool {
        let web = ["https://", "http://"]
            .iter()
            .any(|scheme| self.redirect_uri.starts_with(scheme));
        !web || is_loopback_redirect(&self.redirect_uri)
    }

    /// Whether the request named the URI.
    pub fn was_sent(&self) -> bool {
        self.sent
    }
}

/// Compares as text, with the port between host and path left out.
fn differs_by_port_only(registered: &str, sent: &str) -> bool {
    match (without_port(registered), without_port(sent)) {
        (Some(registered), Some(sent)) => registered == sent,
        _ => false,
    }
}

fn without_port(uri: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find(|h| uri.starts_with(h))?;
    let rest = uri.get(host.len()..)?;
    let after_port = match rest.strip_prefix(':') {
        None => rest,
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            port.get(..digits)?.parse::<u16>().ok()?;
            port.get(digits..)?
        }
    };
    (after_port.is_empty() || after_port.starts_with(['/', '?'])).then_some((host, after_port))
}

/// The `prompt` values (OpenID Connect Core 1.0, section 3.1.2.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
    /// Initiating User Registration via OpenID Connect 1.0, section 4.1.
    #[serde(default)]
    pub create: bool,
}

impl Prompt {
    /// Parses the list. A value that is not known is an error, which section 3.1.2.1 of the errata set
    /// 2 allows and Initiating User Registration 1.0 asks for: ignored, a mistyped `login` would sign
    /// in silently. `none` stands alone.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut prompt = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                "create" => prompt.create = true,
                _ => return Err("a prompt value is not supported"),
            }
        }
        let others = prompt.login || prompt.consent || prompt.select_account || prompt.create;
        if prompt.none && others {
            return Err("prompt none must stand alone");
        }
        Ok(prompt)
    }
}

/// A request that passed every check that needs no person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    pub client_id: String,
    pub return_address: ReturnAddress,
    pub scope: Scope,
    pub resource: Vec<String>,
    pub nonce: Option<String>,
    pub code_challenge: Option<String>,
    pub prompt: Prompt,
    /// Seconds (section 3.1.2.1).
    pub max_age: Option<u32>,
    #[serde(default)]
    pub acr: AcrRequest,
    pub login_hint: Option<String>,
    /// The `sub` of the `id_token_hint`, or of `claims`, as this client knows it.
    pub wanted_sub: Option<String>,
    pub ui_locales: Option<String>,
    pub claims: Option<ClaimsRequest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_loopback_address_may_differ() {
        let same = |sent| differs_by_port_only("http://127.0.0.1/callback", sent);
        assert!(same("http://127.0.0.1:49152/callback"));
        assert!(same("http://127.0.0.1/callback"));
        for other in [
            "http://127.0.0.1:49152/other",
            "http://127.0.0.1:99999/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1:/callback?x",
            "https://127.0.0.1:1/callback",
            "http://[::1]:1/callback",
        ] {
            assert!(!same(other), "{other}");
        }
    }

    #[test]
    fn none_stands_alone() {
        assert!(Prompt::parse("none").unwrap().none);
        assert!(Prompt::parse("login consent").is_ok());
        assert!(Prompt::parse("none login").is_err());
        assert!(Prompt::parse("create").unwrap().create);
        assert!(Prompt::parse("none create").is_err());
        assert!(Prompt::parse("logon").is_err());
    }
}
