//! The refresh grant (RFC 6749, section 6).

use std::borrow::Cow;

use oxide_auth::code_grant::refresh;

use super::{Seen, from_machine, machine_grant};
use crate::http::form::Params;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::scope::Scope;

impl refresh::Request for Seen<'_> {
    fn valid(&self) -> bool {
        self.params.repeated().is_none()
    }
    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        self.get("refresh_token")
    }
    fn scope(&self) -> Option<Cow<'_, str>> {
        self.get("scope")
    }
    fn grant_type(&self) -> Option<Cow<'_, str>> {
        self.get("grant_type")
    }
    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(self.client_id), Cow::Borrowed(&[])))
    }
    fn extension(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// RFC 6749, section 6: a refresh that waits for its token to be recovered.
pub struct Refreshing {
    machine: refresh::Refresh,
    token: String,
}

impl Refreshing {
    /// Checks the token request of an authenticated client.
    ///
    /// # Errors
    /// `invalid_request` where a parameter is missing.
    pub fn begin(client_id: &str, params: &Params) -> Result<Self, OAuthError> {
        use refresh::{Input, Output, Refresh};
        let mut machine = Refresh::new(&Seen { client_id, params });
        let mut input = Input::None;
        loop {
            input = match machine.advance(input) {
                Output::Unauthenticated { .. } => Input::Authenticated { scope: None },
                Output::RecoverRefresh { token } => {
                    let token = token.to_owned();
                    return Ok(Self { machine, token });
                }
                _ => {
                    return Err(OAuthError::new(
                        ErrorCode::InvalidRequest,
                        "the refresh_token parameter is missing",
                    ));
                }
            };
        }
    }

    /// The refresh token that was sent.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Hands the recovered grant to the machine, which checks that it is this client's and that the
    /// scope is not widened; returns the scope to issue.
    ///
    /// # Errors
    /// `invalid_grant`, or `invalid_scope` for a scope that was not granted.
    pub fn finish(
        mut self,
        asked: Option<&str>,
        recovered: Option<(&str, &Scope)>,
    ) -> Result<Scope, OAuthError> {
        use refresh::{Input, Output};
        let known = recovered.is_some();
        let grant = recovered
            .map(|(id, scope)| machine_grant(id, scope))
            .transpose()?;
        let input = Input::Recovered {
            scope: asked.map(Cow::Borrowed),
            grant: grant.map(Box::new),
        };
        match self.machine.advance(input) {
            Output::Refresh { grant, .. } => Ok(from_machine(&grant.scope)),
            _ if known => Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "the scope is malformed or exceeds what was granted",
            )),
            _ => Err(OAuthError::new(
                ErrorCode::InvalidGrant,
                "the refresh token is unknown, expired, revoked or was issued to another client",
            )),
        }
    }
}
