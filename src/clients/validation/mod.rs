//! From the JSON of a registration request to validated metadata (RFC 7591, section 2; OpenID
//! Connect Dynamic Client Registration 1.0, section 2).
//!
//! Decisions of this server, where the specifications leave a choice:
//! - A value that is not supported is refused, never silently replaced.
//! - A member that is `null` or empty counts as omitted (RFC 7592, section 2.2).
//! - **Scope.** A client that registers itself may have the scopes of [`STANDARD_SCOPES`], and gets
//!   all of them if it names none. Permissions of a resource server (scopes with a colon) are given
//!   by an administrator only; a client keeps those it has when it replaces its registration.
//! - **PKCE.** Required of every client. A confidential client may send `"require_pkce": false`,
//!   because the classic OpenID Connect profiles send no challenge; a public client may not.
//! - Of the client's documents only `sector_identifier_uri` is fetched at registration
//!   ([`check_sector_document`]).

mod error;
mod flows;
mod keys;
mod redirect_uri;
mod request;
mod scope;
mod sector;
mod text;
mod uri;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::metadata::{ClientMetadata, ScopeList, TokenEndpointAuthMethod};

pub use error::{MetadataError, MetadataErrorCode};
pub use redirect_uri::is_loopback_redirect;
pub use scope::STANDARD_SCOPES;
pub use sector::check_sector_document;

/// The most entries of any list in the metadata.
const MAX_ENTRIES: usize = 20;

/// Who registers, which decides the scopes that may be had.
#[derive(Clone, Copy, Debug)]
pub enum Registrant<'a> {
    /// The client's developer, through the registration endpoint. `keeps` is the scope of the
    /// registration that is being replaced.
    Developer { keeps: Option<&'a ScopeList> },
    /// An administrator, who may also give the permissions of the resource servers.
    Administrator { permissions: &'a BTreeSet<String> },
}

/// What a registration request asks for, after every check that needs no network.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidMetadata {
    /// The metadata with all defaults filled in.
    pub metadata: ClientMetadata,
    /// Whether the client must use PKCE.
    pub require_pkce: bool,
}

/// Reads and checks a registration request's body. The caller still has to run
/// [`check_sector_document`].
///
/// # Errors
/// [`MetadataError`] names the first member that is not acceptable.
pub fn validate(
    body: Map<String, Value>,
    registrant: Registrant<'_>,
) -> Result<ValidMetadata, MetadataError> {
    let body = request::without_empty_members(body);
    request::refuse_encryption(&body)?;
    keys::refuse_private_keys(&body)?;
    let require_pkce = request::require_pkce(&body)?;
    request::check_localized(&body)?;
    let mut metadata = request::parse(&body)?;
    flows::complete_and_check(&mut metadata, &body)?;
    scope::complete_and_check(&mut metadata, registrant)?;
    redirect_uri::check(&metadata)?;
    text::check(&metadata)?;
    uri::check(&metadata)?;
    keys::check(&metadata)?;
    sector::check(&metadata)?;
    let public = metadata.token_endpoint_auth_method == TokenEndpointAuthMethod::None;
    if public && !require_pkce {
        return Err(MetadataError::metadata(
            "require_pkce cannot be false for a public client",
        ));
    }
    Ok(ValidMetadata {
        metadata,
        require_pkce,
    })
}

#[cfg(test)]
mod tests;
