//! The client credentials grant (RFC 6749, section 4.4).

use std::borrow::Cow;

use oxide_auth::code_grant::client_credentials;
use oxide_auth::primitives::grant::Extensions;

use super::{Seen, bound_client, from_machine, pre_grant};
use crate::http::form::Params;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;

impl client_credentials::Request for Seen<'_> {
    fn valid(&self) -> bool {
        self.params.repeated().is_none()
    }
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(self.client_id), Cow::Borrowed(&[])))
    }
    fn scope(&self) -> Option<Cow<'_, str>> {
        self.get("scope")
    }
    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.get("grant_type")
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// RFC 6749, section 4.4.2: checks a client-credentials request of an authenticated client; returns
/// the scope to issue: what was asked for, or all that the client may have.
///
/// # Errors
/// `invalid_scope` for a scope beyond what the client may have.
pub fn client_credentials(
    client_id: &str,
    params: &Params,
    allowed: &Scope,
) -> Result<Scope, OAuthError> {
    use client_credentials::{ClientCredentials, Input, Output};
    let mut machine = ClientCredentials::new(&Seen { client_id, params });
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Authenticate { .. } => Input::Authenticated,
            Output::Binding { client_id } => Input::Bound {
                bound_client: bound_client(client_id)?,
            },
            Output::Extend => Input::Extended {
                extensions: Extensions::new(),
            },
            Output::Negotiate {
                bound_client,
                scope,
            } => {
                let asked = scope.as_ref().map_or_else(|| allowed.clone(), from_machine);
                // RFC 6749, section 3.3: a scope that was sent has a value, not blanks alone.
                if scope.is_some() && asked.is_empty() {
                    return Err(OAuthError::new(
                        ErrorCode::InvalidScope,
                        "the scope is malformed",
                    ));
                }
                if !asked.is_subset(allowed) {
                    return Err(OAuthError::new(
                        ErrorCode::InvalidScope,
                        "the scope exceeds what this client may have",
                    ));
                }
                if asked.is_empty() {
                    // oxide-auth has no empty scope; a token without any is a valid answer.
                    return Ok(asked);
                }
                Input::Negotiated {
                    pre_grant: pre_grant(bound_client, &asked)?,
                }
            }
            Output::Ok { pre_grant, .. } => return Ok(from_machine(&pre_grant.scope)),
            Output::Err(_) => {
                return Err(OAuthError::new(
                    ErrorCode::InvalidScope,
                    "the scope is malformed",
                ));
            }
        };
    }
}
