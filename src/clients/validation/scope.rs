//! Which scopes a client may register.

use super::Registrant;
use super::error::MetadataError;
use crate::clients::metadata::{ClientMetadata, GrantType, ScopeList};

/// The scopes that every client may have: those of OpenID Connect Core 1.0, section 5.4 and
/// section 11, and `roles`.
pub const STANDARD_SCOPES: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "roles",
    "offline_access",
];

/// A bound for the whole list.
const MAX_SCOPES: usize = 100;

/// Fills in the default scope and refuses what the registrant may not have.
pub fn complete_and_check(
    metadata: &mut ClientMetadata,
    registrant: Registrant<'_>,
) -> Result<(), MetadataError> {
    // RFC 7591, section 2: an omitted scope leaves the choice to the server. The standard scopes
    // all speak of a person, so a client that signs nobody in gets none.
    if metadata.scope.is_empty() && metadata.allows_grant(GrantType::AuthorizationCode) {
        metadata.scope = ScopeList::parse(&STANDARD_SCOPES.join(" ")).unwrap_or_default();
    }
    if metadata.scope.iter().count() > MAX_SCOPES {
        return Err(MetadataError::metadata("scope: too many values"));
    }
    for scope in metadata.scope.iter() {
        let allowed = STANDARD_SCOPES.contains(&scope)
            || match registrant {
                Registrant::Developer { keeps } => keeps.is_some_and(|kept| kept.contains(scope)),
                Registrant::Administrator { permissions } => permissions.contains(scope),
            };
        if !allowed {
            let shown: String = scope.chars().take(100).collect();
            return Err(MetadataError::metadata(format!(
                "scope: {shown} is unknown or is given by an administrator only"
            )));
        }
    }
    Ok(())
}
