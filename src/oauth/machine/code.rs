//! The code grant (RFC 6749, section 4.1.3).

use std::borrow::Cow;

use oxide_auth::code_grant::accesstoken;
use oxide_auth::primitives::grant::Extensions;

use super::{BOUND_ELSEWHERE, Seen, from_machine, machine_grant};
use crate::http::form::Params;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;

impl accesstoken::Request for Seen<'_> {
    fn valid(&self) -> bool {
        self.params.repeated().is_none()
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        self.get("code")
    }
    fn authorization(&self) -> accesstoken::Authorization<'_> {
        accesstoken::Authorization::Username(Cow::Borrowed(self.client_id))
    }
    fn client_id(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(BOUND_ELSEWHERE))
    }
    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.get("grant_type")
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// RFC 6749, section 4.1.3: a code redemption that waits for its code to be recovered.
pub struct CodeRedemption {
    machine: accesstoken::AccessToken,
    code: String,
}

impl CodeRedemption {
    /// Checks the token request of an authenticated client.
    ///
    /// # Errors
    /// `invalid_request` where a parameter is missing.
    pub fn begin(client_id: &str, params: &Params) -> Result<Self, OAuthError> {
        use accesstoken::{AccessToken, Input, Output};
        let mut machine = AccessToken::new(&Seen { client_id, params });
        let mut input = Input::None;
        loop {
            input = match machine.advance(input) {
                Output::Authenticate { .. } => Input::Authenticated,
                Output::Recover { code } => {
                    let code = code.to_owned();
                    return Ok(Self { machine, code });
                }
                _ => {
                    return Err(OAuthError::new(
                        ErrorCode::InvalidRequest,
                        "the code parameter is missing",
                    ));
                }
            };
        }
    }

    /// The code that was sent.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Hands the recovered grant to the machine, which checks once more that it is this client's;
    /// returns the scope to issue. `recovered` is `None` for an unknown or used code.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn finish(mut self, recovered: Option<(&str, &Scope)>) -> Result<Scope, OAuthError> {
        use accesstoken::{Input, Output};
        let refused = || {
            OAuthError::new(
                ErrorCode::InvalidGrant,
                "the code is unknown, expired, used or was issued to another request",
            )
        };
        let grant = recovered
            .map(|(id, scope)| machine_grant(id, scope))
            .transpose()?;
        let mut input = Input::Recovered(grant.map(Box::new));
        loop {
            input = match self.machine.advance(input) {
                Output::Extend { .. } => Input::Extended {
                    access_extensions: Extensions::new(),
                },
                Output::Issue { grant } => return Ok(from_machine(&grant.scope)),
                _ => return Err(refused()),
            };
        }
    }
}
