//! The only place that drives oxide-auth. Its `code_grant` machines hold the grammar of the
//! authorization request and of the code, refresh and client-credentials grants; they do no I/O, so
//! between two steps we run our own statements. Clients are authenticated before a machine starts
//! and it is shown the verified id only.
//!
//! What oxide-auth does not know stays around it: `iss`, response modes, redirect URIs compared as
//! text, replay, resource indicators, PKCE (compared in the redeeming statement).

use std::borrow::Cow;

use chrono::{TimeDelta, Utc};
use oxide_auth::code_grant::{accesstoken, authorization, client_credentials, refresh};
use oxide_auth::endpoint::{PreGrant, Scope as MachineScope};
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, RegisteredUrl};

use super::error::{ErrorCode, OAuthError};
use super::scope::Scope;
use crate::http::form::Params;

/// The machines parse a redirect URI into a URL and compare it; ours is compared as text, by the
/// statement that redeems. Both sides of the machine's comparison get this one.
const BOUND_ELSEWHERE: &str = "https://redirect-uri.invalid/";

/// A request as the machines read it: the verified client id beside the client's own parameters.
struct Seen<'a> {
    client_id: &'a str,
    params: &'a Params,
}

impl Seen<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.params.get(name).map(Cow::Borrowed)
    }
}

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

fn malformed() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "the request is malformed")
}

fn bound_client(client_id: &str) -> Result<BoundClient<'static>, OAuthError> {
    let redirect_uri: ExactUrl = BOUND_ELSEWHERE.parse().map_err(|_| malformed())?;
    Ok(BoundClient {
        client_id: Cow::Owned(client_id.to_owned()),
        redirect_uri: Cow::Owned(RegisteredUrl::Exact(redirect_uri)),
    })
}

fn to_machine(scope: &Scope) -> Result<MachineScope, OAuthError> {
    scope.to_string().parse().map_err(|_| malformed())
}

fn from_machine(scope: &MachineScope) -> Scope {
    scope.iter().map(str::to_owned).collect()
}

/// The values of `asked` that are in `allowed`. OpenID Connect Core 1.0, section 3.1.2.1: scope
/// values that are not understood are ignored; with none left the scope is invalid.
fn negotiate(asked: Option<&MachineScope>, allowed: &Scope) -> Result<Scope, OAuthError> {
    let asked = asked.map(from_machine).ok_or_else(|| {
        OAuthError::new(ErrorCode::InvalidScope, "the scope parameter is missing")
    })?;
    let granted = asked.filter(|value| allowed.contains(value));
    if granted.is_empty() {
        let description = "none of the scope values is allowed to this client";
        return Err(OAuthError::new(ErrorCode::InvalidScope, description));
    }
    Ok(granted)
}

fn pre_grant(client: &BoundClient<'_>, scope: &Scope) -> Result<PreGrant, OAuthError> {
    Ok(PreGrant {
        client_id: client.client_id.clone().into_owned(),
        redirect_uri: client.redirect_uri.clone().into_owned(),
        scope: to_machine(scope)?,
    })
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

/// A grant whose time our own clock and statement have judged already.
fn machine_grant(client_id: &str, scope: &Scope) -> Result<Grant, OAuthError> {
    Ok(Grant {
        owner_id: String::new(),
        client_id: client_id.to_owned(),
        scope: to_machine(scope)?,
        redirect_uri: BOUND_ELSEWHERE.parse().map_err(|_| malformed())?,
        until: Utc::now() + TimeDelta::hours(1),
        extensions: Extensions::new(),
    })
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
