//! What a request presents: at most one method of client authentication.

use axum::http::{HeaderMap, HeaderValue, header};

use super::assertion::ASSERTION_TYPE;
use super::basic;
use super::error::Refusal;
use crate::clients::metadata::TokenEndpointAuthMethod;
use crate::foundation::secret::Secret;

/// The parts of a request that authenticate its client. Parameters are those of the form body,
/// each sent once at most.
#[derive(Clone, Copy, Default)]
pub struct PresentedCredentials<'a> {
    /// The Authorization header.
    pub authorization: Option<&'a HeaderValue>,
    /// How many Authorization headers there were.
    pub authorization_count: usize,
    pub client_id: Option<&'a str>,
    pub client_secret: Option<&'a Secret>,
    pub client_assertion_type: Option<&'a str>,
    pub client_assertion: Option<&'a str>,
}

impl std::fmt::Debug for PresentedCredentials<'_> {
    /// Without the header and the assertion: they authenticate.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PresentedCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// One method, and its values.
pub(super) enum Credentials<'a> {
    Public {
        client_id: &'a str,
    },
    Secret {
        client_id: String,
        secret: Secret,
        method: TokenEndpointAuthMethod,
    },
    Assertion {
        client_id: Option<&'a str>,
        jwt: &'a str,
    },
}

impl<'a> PresentedCredentials<'a> {
    /// Takes the Authorization header of `headers`; the parameters are added by the caller.
    pub fn from_headers(headers: &'a HeaderMap) -> Self {
        Self {
            authorization: headers.get(header::AUTHORIZATION),
            authorization_count: headers.get_all(header::AUTHORIZATION).iter().count(),
            ..Self::default()
        }
    }

    /// Decides which one method is presented.
    pub(super) fn credentials(&self) -> Result<Credentials<'a>, Refusal> {
        let basic_tried = self.authorization.is_some();
        // RFC 6749, section 3.1: a parameter without a value counts as omitted.
        let sent = |value: Option<&'a str>| value.filter(|value| !value.is_empty());
        let client_id = sent(self.client_id);
        let body_secret = self
            .client_secret
            .filter(|secret| !secret.expose().is_empty());
        let assertion = sent(self.client_assertion);
        let assertion_type = sent(self.client_assertion_type);
        let asserts = assertion.is_some() || assertion_type.is_some();

        // RFC 6749, section 2.3: no more than one method in each request.
        let methods =
            self.authorization_count + usize::from(body_secret.is_some()) + usize::from(asserts);
        if methods > 1 {
            let description = "more than one method of client authentication";
            return Err(Refusal::invalid_request(description, basic_tried));
        }
        if let Some(header) = self.authorization {
            return from_basic(header, client_id);
        }
        if let Some(secret) = body_secret {
            let client_id =
                client_id.ok_or(Refusal::invalid_request("client_id is missing", false))?;
            return Ok(Credentials::Secret {
                client_id: client_id.to_owned(),
                secret: secret.clone(),
                method: TokenEndpointAuthMethod::ClientSecretPost,
            });
        }
        if asserts {
            let (Some(jwt), Some(kind)) = (assertion, assertion_type) else {
                let description = "client_assertion and client_assertion_type go together";
                return Err(Refusal::invalid_request(description, false));
            };
            if kind != ASSERTION_TYPE {
                let description = "this client_assertion_type is not supported";
                return Err(Refusal::invalid_client(description, false));
            }
            return Ok(Credentials::Assertion { client_id, jwt });
        }
        client_id
            .map(|client_id| Credentials::Public { client_id })
            .ok_or(Refusal::invalid_client("no client authentication", false))
    }
}

fn from_basic<'a>(
    header: &HeaderValue,
    body_client_id: Option<&str>,
) -> Result<Credentials<'a>, Refusal> {
    let (client_id, secret) = basic::parse(header).ok_or(Refusal::invalid_client(
        "the Authorization header is not valid Basic",
        true,
    ))?;
    // Some clients repeat their identifier in the body; it may not name another one.
    if body_client_id.is_some_and(|body| body != client_id) {
        let description = "client_id differs from the Authorization header";
        return Err(Refusal::invalid_client(description, true));
    }
    let method = TokenEndpointAuthMethod::ClientSecretBasic;
    Ok(Credentials::Secret {
        client_id,
        secret,
        method,
    })
}

impl Credentials<'_> {
    /// The method in use.
    pub fn method(&self) -> TokenEndpointAuthMethod {
        match self {
            Self::Public { .. } => TokenEndpointAuthMethod::None,
            Self::Secret { method, .. } => *method,
            Self::Assertion { .. } => TokenEndpointAuthMethod::PrivateKeyJwt,
        }
    }

    /// Whether the Authorization header was used.
    pub fn is_basic(&self) -> bool {
        self.method() == TokenEndpointAuthMethod::ClientSecretBasic
    }
}
