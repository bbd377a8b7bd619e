//! The authorization request (RFC 6749, section 4.1.1).

use std::borrow::Cow;

use oxide_auth::code_grant::authorization;
use oxide_auth::primitives::grant::Extensions;

use super::{Seen, bound_client, from_machine, malformed, negotiate, pre_grant};
use crate::http::form::Params;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;

impl authorization::Request for Seen<'_> {
    fn valid(&self) -> bool {
        self.params.repeated().is_none()
    }
    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(self.client_id))
    }
    fn scope(&self) -> Option<Cow<'_, str>> {
        self.get("scope")
    }
    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn state(&self) -> Option<Cow<'_, str>> {
        self.get("state")
    }
    fn response_type(&self) -> Option<Cow<'_, str>> {
        self.get("response_type")
    }
    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key)
    }
}

/// RFC 6749, section 4.1.1: checks `response_type` and `scope` of a request whose client and
/// redirect URI are known to be good; returns the scope that may be granted.
///
/// # Errors
/// What the client is told at its redirect URI.
pub fn authorization_request(
    client_id: &str,
    params: &Params,
    allowed: &Scope,
) -> Result<Scope, OAuthError> {
    use authorization::{Authorization, Input, Output};
    let request = Seen { client_id, params };
    let mut machine = Authorization::new(&request);
    let mut input = Input::None;
    loop {
        input = match machine.advance(input) {
            Output::Bind { client_id, .. } => Input::Bound {
                request: &request,
                bound_client: bound_client(&client_id)?,
            },
            Output::Extend => Input::Extended(Extensions::new()),
            Output::Negotiate {
                bound_client,
                scope,
            } => {
                let granted = negotiate(scope.as_ref(), allowed)?;
                Input::Negotiated {
                    pre_grant: pre_grant(bound_client, &granted)?,
                    state: None,
                }
            }
            Output::Ok { pre_grant, .. } => return Ok(from_machine(&pre_grant.scope)),
            Output::Err(authorization::Error::Redirect(_)) => {
                return Err(match params.get("response_type") {
                    Some("code") => {
                        OAuthError::new(ErrorCode::InvalidScope, "the scope is malformed")
                    }
                    Some(_) => OAuthError::new(
                        ErrorCode::UnsupportedResponseType,
                        "the only response_type is code",
                    ),
                    None => OAuthError::new(
                        ErrorCode::InvalidRequest,
                        "the response_type parameter is missing",
                    ),
                });
            }
            Output::Err(_) => return Err(malformed()),
        };
    }
}
