//! `grant_types`, `response_types` and the authentication method agree with each other
//! (RFC 7591, section 2.1).

use serde_json::{Map, Value};

use super::error::MetadataError;
use crate::clients::metadata::{ClientMetadata, GrantType, ResponseType, TokenEndpointAuthMethod};

/// Derives the member that was omitted from the other one, and checks the result.
pub fn complete_and_check(
    metadata: &mut ClientMetadata,
    body: &Map<String, Value>,
) -> Result<(), MetadataError> {
    let has_code_grant = metadata.allows_grant(GrantType::AuthorizationCode);
    if !body.contains_key("response_types") {
        // A client without redirect-based grants has no response types.
        metadata.response_types = if has_code_grant {
            vec![ResponseType::Code]
        } else {
            Vec::new()
        };
    }
    if metadata.grant_types.is_empty() {
        return Err(MetadataError::metadata("grant_types is empty"));
    }
    let has_code_response = metadata.response_types.contains(&ResponseType::Code);
    if has_code_grant != has_code_response {
        return Err(MetadataError::metadata(
            "the response type code and the grant type authorization_code go together",
        ));
    }
    if metadata.allows_grant(GrantType::RefreshToken) && !has_code_grant {
        return Err(MetadataError::metadata(
            "the grant type refresh_token needs authorization_code",
        ));
    }
    // RFC 6749, section 4.4: client credentials are for confidential clients only.
    let public = metadata.token_endpoint_auth_method == TokenEndpointAuthMethod::None;
    if metadata.allows_grant(GrantType::ClientCredentials) && public {
        return Err(MetadataError::metadata(
            "the grant type client_credentials needs client authentication",
        ));
    }
    deduplicate(&mut metadata.grant_types);
    deduplicate(&mut metadata.response_types);
    Ok(())
}

fn deduplicate<T: Copy + PartialEq>(values: &mut Vec<T>) {
    let mut seen = Vec::with_capacity(values.len());
    values.retain(|value| {
        let new = !seen.contains(value);
        seen.push(*value);
        new
    });
}
