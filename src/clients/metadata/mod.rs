//! Client metadata: RFC 7591, section 2; OpenID Connect Dynamic Client Registration 1.0,
//! section 2; the three OpenID Connect logout specifications.
//!
//! The types here describe metadata that was validated ([`super::validation`]): the column
//! `client.metadata` and the registration endpoint's answers. Unknown members are dropped (RFC 7591,
//! section 2). `openidconnect`'s `ClientMetadata` is not used: it insists on `redirect_uris` and
//! types the algorithms by what a relying party may send, not by what this server does.
//!
//! Extensions of this server:
//! - `access_token_signed_response_alg`: the algorithm of the client's JWT access tokens, by
//!   default RS256.
//! - `require_pkce`: see [`super::validation`]; it is a column, not a member of the document.
//!
//! `software_statement` is ignored: this server trusts no issuer of software statements, and
//! RFC 7591, section 2, has a server ignore what it does not understand. It is not echoed, which
//! tells the client that it had no effect.

mod localized;
mod scope;
mod values;

pub use localized::Localized;
pub(super) use localized::split as split_localized;
pub use scope::{InvalidScope, ScopeList};
pub use values::{
    ApplicationType, ClientSigningAlg, GrantType, RequestObjectSigningAlg, ResponseType,
    SigningAlg, SubjectType, TokenEndpointAuthMethod,
};

use serde::{Deserialize, Serialize};
use url::Url;

use super::jwk::PublicJwkSet;

/// A client's validated metadata. URIs are kept as the client wrote them: they are compared and
/// echoed byte for byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMetadata {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    pub response_types: Vec<ResponseType>,
    pub grant_types: Vec<GrantType>,
    pub application_type: ApplicationType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Where the client's keys are fetched; never together with `jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<PublicJwkSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    pub subject_type: SubjectType,
    pub id_token_signed_response_alg: SigningAlg,
    /// Where absent, UserInfo answers plain JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<RequestObjectSigningAlg>,
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// The only algorithm of the client's assertions; any supported one where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<ClientSigningAlg>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    pub require_auth_time: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// Every scope that the client may ask for; nothing outside of it is ever granted.
    #[serde(skip_serializing_if = "ScopeList::is_empty")]
    pub scope: ScopeList,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    pub backchannel_logout_session_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<String>,
    pub frontchannel_logout_session_required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// This server's extension: the algorithm of the client's JWT access tokens.
    pub access_token_signed_response_alg: SigningAlg,
    /// Members like `client_name#fr` (RFC 7591, section 2.2).
    #[serde(flatten)]
    pub localized: Localized,
}

impl Default for ClientMetadata {
    /// The defaults that the specifications give to absent members.
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            response_types: vec![ResponseType::Code],
            grant_types: vec![GrantType::AuthorizationCode],
            application_type: ApplicationType::default(),
            contacts: Vec::new(),
            client_name: None,
            logo_uri: None,
            client_uri: None,
            policy_uri: None,
            tos_uri: None,
            jwks_uri: None,
            jwks: None,
            sector_identifier_uri: None,
            subject_type: SubjectType::default(),
            id_token_signed_response_alg: SigningAlg::RS256,
            userinfo_signed_response_alg: None,
            request_object_signing_alg: None,
            token_endpoint_auth_method: TokenEndpointAuthMethod::default(),
            token_endpoint_auth_signing_alg: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            initiate_login_uri: None,
            request_uris: Vec::new(),
            scope: ScopeList::default(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            frontchannel_logout_uri: None,
            frontchannel_logout_session_required: false,
            software_id: None,
            software_version: None,
            access_token_signed_response_alg: SigningAlg::RS256,
            localized: Localized::default(),
        }
    }
}

impl ClientMetadata {
    /// Whether the client may use `grant_type`.
    pub fn allows_grant(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// The name to show to a person who reads `language` (a BCP 47 tag).
    pub fn client_name_in(&self, language: &str) -> Option<&str> {
        self.localized
            .get("client_name", language)
            .or(self.client_name.as_deref())
    }

    /// The logo for a person who reads `language`.
    pub fn logo_uri_in(&self, language: &str) -> Option<&str> {
        self.localized
            .get("logo_uri", language)
            .or(self.logo_uri.as_deref())
    }

    /// The home page for a person who reads `language`.
    pub fn client_uri_in(&self, language: &str) -> Option<&str> {
        self.localized
            .get("client_uri", language)
            .or(self.client_uri.as_deref())
    }

    /// The privacy policy for a person who reads `language`.
    pub fn policy_uri_in(&self, language: &str) -> Option<&str> {
        self.localized
            .get("policy_uri", language)
            .or(self.policy_uri.as_deref())
    }

    /// The terms of service for a person who reads `language`.
    pub fn tos_uri_in(&self, language: &str) -> Option<&str> {
        self.localized
            .get("tos_uri", language)
            .or(self.tos_uri.as_deref())
    }

    /// The sector identifier of pairwise subjects (OpenID Connect Core 1.0, section 8.1): the host
    /// of `sector_identifier_uri`, else the one host of the redirect URIs. `None` where there is
    /// none, which validation refuses of pairwise clients that sign users in.
    pub fn sector_identifier(&self) -> Option<String> {
        if let Some(uri) = &self.sector_identifier_uri {
            return host_or_scheme(uri);
        }
        let mut hosts = self.redirect_uris.iter().map(|uri| host_or_scheme(uri));
        let first = hosts.next().flatten()?;
        hosts
            .all(|host| host.as_deref() == Some(&first))
            .then_some(first)
    }
}

/// The host of a URI; the scheme where it has no host, as in `com.example.app:/callback`.
fn host_or_scheme(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    Some(url.host_str().unwrap_or(url.scheme()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn absent_members_have_the_defaults_of_the_specifications() {
        let read: ClientMetadata = serde_json::from_value(json!({})).unwrap();
        assert_eq!(read, ClientMetadata::default());
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written["token_endpoint_auth_method"], "client_secret_basic");
        assert_eq!(written["id_token_signed_response_alg"], "RS256");
        assert_eq!(written["access_token_signed_response_alg"], "RS256");
        assert_eq!(written["grant_types"], json!(["authorization_code"]));
        assert_eq!(written["response_types"], json!(["code"]));
        assert_eq!(written["application_type"], "web");
        assert_eq!(written["subject_type"], "public");
        assert!(written.get("client_name").is_none());
    }

    #[test]
    fn what_is_written_reads_back_equal_and_unknown_members_are_dropped() {
        let metadata: ClientMetadata = serde_json::from_value(json!({
            "redirect_uris": ["https://a.example/cb"],
            "client_name": "Booking",
            "client_name#fr": "Réservations",
            "scope": "openid email",
            "made_up": {"deep": [1]},
            "made_up#fr": "x",
        }))
        .unwrap();
        let written = serde_json::to_value(&metadata).unwrap();
        assert!(written.get("made_up").is_none());
        assert!(written.get("made_up#fr").is_none());
        assert_eq!(written["scope"], "openid email");
        assert_eq!(written["client_name#fr"], "Réservations");
        assert_eq!(
            serde_json::from_value::<ClientMetadata>(written).unwrap(),
            metadata
        );
        assert_eq!(metadata.client_name_in("fr-CA"), Some("Réservations"));
        assert_eq!(metadata.client_name_in("en"), Some("Booking"));
    }

    #[test]
    fn the_sector_is_the_one_host_or_that_of_the_sector_document() {
        let mut metadata = ClientMetadata {
            redirect_uris: vec!["https://a.example/1".into(), "https://a.example/2".into()],
            ..ClientMetadata::default()
        };
        assert_eq!(metadata.sector_identifier().as_deref(), Some("a.example"));
        metadata.redirect_uris.push("https://b.example/".into());
        assert_eq!(metadata.sector_identifier(), None);
        metadata.sector_identifier_uri = Some("https://sector.example/uris.json".into());
        assert_eq!(
            metadata.sector_identifier().as_deref(),
            Some("sector.example")
        );
    }
}
