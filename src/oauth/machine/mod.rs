//! The only place that drives oxide-auth. Its `code_grant` machines hold the grammar of the
//! authorization request and of the code, refresh and client-credentials grants; they do no I/O, so
//! between two steps we run our own statements. Clients are authenticated before a machine starts
//! and it is shown the verified id only.
//!
//! What oxide-auth does not know stays around it: `iss`, response modes, redirect URIs compared as
//! text, replay, resource indicators, PKCE (compared in the redeeming statement).

mod authorization;
mod client_credentials;
mod code;
mod refresh;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use oxide_auth::endpoint::{PreGrant, Scope as MachineScope};
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::registrar::{BoundClient, ExactUrl, RegisteredUrl};

use super::error::{ErrorCode, OAuthError};
use super::scope::Scope;
use crate::http::form::Params;

pub use authorization::authorization_request;
pub use client_credentials::client_credentials;
pub use code::CodeRedemption;
pub use refresh::Refreshing;

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

/// A grant whose time our own clock and statement have judged already.
fn machine_grant(client_id: &str, scope: &Scope) -> Result<Grant, OAuthError> {
    Ok(Grant {
        owner_id: String::new(),
        client_id: client_id.to_owned(),
        scope: to_machine(scope)?,
        redirect_uri: BOUND_ELSEWHERE.parse().map_err(|_| malformed())?,
        until: DateTime::<Utc>::MAX_UTC,
        extensions: Extensions::new(),
    })
}
