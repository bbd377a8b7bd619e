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

/// The name of what a client signs with, as the client wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientSigningAlg {
    /// The fully-specified name (RFC 9864, section 2.2) of `EdDSA`, which is deprecated because it
    /// leaves the curve open. Here it never did: no other curve is known. So both name one algorithm,
    /// and whichever a client registered, wrote into its key or into a header goes with the other.
    Ed25519,
    #[serde(untagged)]
    Own(SigningAlg),
}

impl ClientSigningAlg {
    /// All of them, in the order in which metadata lists them.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = SigningAlg::ALL.into_iter().map(Self::Own);
        own.chain([Self::Ed25519])
    }

    /// The name on the wire: `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::Own(own) => own.as_str(),
        }
    }

    /// The algorithm of that name; `None` where it is not supported.
    pub fn named(name: &str) -> Option<SigningAlg> {
        let known = Self::all().find(|known| known.as_str() == name)?;
        Some(known.algorithm())
    }

    /// What the name stands for.
    pub const fn algorithm(self) -> SigningAlg {
        match self {
            Self::Ed25519 => SigningAlg::EdDSA,
            Self::Own(own) => own,
        }
    }
}

/// What a client's request objects are signed with. `none` is what a client may register, whether
/// the server then accepts it is the authorization endpoint's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestObjectSigningAlg {
    #[serde(rename = "none")]
    None,
    #[serde(untagged)]
    Signed(ClientSigningAlg),
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
        for alg in ClientSigningAlg::all() {
            assert_eq!(serde_json::to_value(alg).unwrap(), json!(alg.as_str()));
            assert_eq!(
                serde_json::from_value::<ClientSigningAlg>(json!(alg.as_str())).unwrap(),
                alg
            );
            assert_eq!(ClientSigningAlg::named(alg.as_str()), Some(alg.algorithm()));
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
        assert_eq!(
            ClientSigningAlg::named("Ed25519"),
            Some(SigningAlg::EdDSA),
            "RFC 9864"
        );
        for unknown in ["HS256", "none", "Ed448", "ed25519", "eddsa", ""] {
            assert_eq!(ClientSigningAlg::named(unknown), None, "{unknown}");
        }
    }
}
