//! The values that the server decides on, as closed enumerations: a value that is not listed here
//! is not supported, and registration says so.

use serde::{Deserialize, Serialize};

pub use crate::keys::Algorithm as SigningAlg;

/// OpenID Connect Registration 1.0, `application_type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    #[default]
    Web,
    Native,
}

/// OpenID Connect Core 1.0, section 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectType {
    #[default]
    Public,
    Pairwise,
}

/// `response_type` values (RFC 6749, section 3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResponseType {
    Code,
}

/// `grant_type` values that a client may register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
}

/// How a client authenticates at the token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// A public client.
    None,
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl TokenEndpointAuthMethod {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether the client has a secret.
    pub fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// The supported algorithm of a JOSE header; `None` for all others.
pub fn signing_alg_from_jose(algorithm: jsonwebtoken::Algorithm) -> Option<SigningAlg> {
    SigningAlg::ALL
        .into_iter()
        .find(|own| jsonwebtoken::Algorithm::from(*own) == algorithm)
}

/// What a client's request objects are signed with. `none` is what a client may register, whether
/// the server then accepts it is the authorization endpoint's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestObjectSigningAlg {
    #[serde(rename = "none")]
    None,
    #[serde(untagged)]
    Signed(SigningAlg),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_names_are_those_of_the_wire() {
        for method in [
            TokenEndpointAuthMethod::None,
            TokenEndpointAuthMethod::ClientSecretBasic,
            TokenEndpointAuthMethod::ClientSecretPost,
            TokenEndpointAuthMethod::PrivateKeyJwt,
        ] {
            assert_eq!(
                serde_json::to_value(method).unwrap(),
                json!(method.as_str())
            );
        }
        for alg in SigningAlg::ALL {
            assert_eq!(serde_json::to_value(alg).unwrap(), json!(alg.as_str()));
            assert_eq!(signing_alg_from_jose(alg.into()), Some(alg));
            let request = RequestObjectSigningAlg::Signed(alg);
            assert_eq!(serde_json::to_value(request).unwrap(), json!(alg.as_str()));
            assert_eq!(
                serde_json::from_value::<RequestObjectSigningAlg>(json!(alg.as_str())).unwrap(),
                request
            );
        }
        assert_eq!(
            serde_json::from_value::<RequestObjectSigningAlg>(json!("none")).unwrap(),
            RequestObjectSigningAlg::None
        );
        assert!(serde_json::from_value::<RequestObjectSigningAlg>(json!("HS256")).is_err());
        assert_eq!(signing_alg_from_jose(jsonwebtoken::Algorithm::HS256), None);
    }
}
