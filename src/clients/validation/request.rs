//! The raw JSON object: what is omitted, what is never accepted, what has the wrong type.

use serde_json::{Map, Value};

use super::error::MetadataError;
use crate::clients::metadata::ClientMetadata;

/// Members that ask for encrypted answers or announce encrypted requests. Ignoring them would
/// send in clear what the client asked to have encrypted.
const ENCRYPTION_MEMBERS: [&str; 12] = [
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
    "introspection_encrypted_response_alg",
    "introspection_encrypted_response_enc",
    "access_token_encrypted_response_alg",
    "access_token_encrypted_response_enc",
];

/// Drops members that are `null` or the empty string (RFC 7592, section 2.2: the same as omitted).
pub fn without_empty_members(mut body: Map<String, Value>) -> Map<String, Value> {
    body.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
    body
}

/// Refuses encryption.
pub fn refuse_encryption(body: &Map<String, Value>) -> Result<(), MetadataError> {
    match ENCRYPTION_MEMBERS
        .iter()
        .find(|member| body.contains_key(**member))
    {
        Some(member) => Err(MetadataError::metadata(format!("{member}: not supported"))),
        None => Ok(()),
    }
}

/// Reads this server's extension member `require_pkce`, by default true.
pub fn require_pkce(body: &Map<String, Value>) -> Result<bool, MetadataError> {
    match body.get("require_pkce") {
        None => Ok(true),
        Some(value) => value
            .as_bool()
            .ok_or_else(|| MetadataError::metadata("require_pkce must be true or false")),
    }
}

/// Language-tagged members must be text; they are read past the typed parser.
pub fn check_localized(body: &Map<String, Value>) -> Result<(), MetadataError> {
    let tagged = body
        .iter()
        .filter(|(name, _)| crate::clients::metadata::split_localized(name).is_some());
    for (name, value) in tagged {
        if !value.is_string() {
            return Err(MetadataError::metadata(format!("{name} must be a string")));
        }
    }
    Ok(())
}

/// Gives the members their types, and the absent ones their defaults.
pub fn parse(body: &Map<String, Value>) -> Result<ClientMetadata, MetadataError> {
    // `software_statement` and unknown members are ignored (RFC 7591, section 2).
    serde_path_to_error::deserialize(Value::Object(body.clone())).map_err(|error| {
        let path = error.path().to_string();
        let description = format!("{path}: this value is malformed or not supported");
        if path.starts_with("redirect_uris") {
            MetadataError::redirect_uri(description)
        } else {
            MetadataError::metadata(description)
        }
    })
}
