//! The client's keys: public ones only, from one place only.

use serde_json::{Map, Value};

use super::error::MetadataError;
use crate::clients::jwk::{self, MAX_KEYS};
use crate::clients::metadata::{ClientMetadata, ClientSigningAlg, TokenEndpointAuthMethod};

/// Refuses private and symmetric keys in the raw `jwks`: the typed form would only drop the
/// private members, and the client would not learn that it published its key.
pub fn refuse_private_keys(body: &Map<String, Value>) -> Result<(), MetadataError> {
    let keys = body
        .get("jwks")
        .and_then(|jwks| jwks.get("keys"))
        .and_then(Value::as_array);
    if keys.is_some_and(|keys| keys.iter().any(jwk::is_private)) {
        return Err(MetadataError::metadata(
            "jwks has a private or symmetric key",
        ));
    }
    Ok(())
}

/// Checks `jwks` and `jwks_uri` against each other and the authentication method.
pub fn check(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    // RFC 7591, section 2: not both.
    if metadata.jwks.is_some() && metadata.jwks_uri.is_some() {
        return Err(MetadataError::metadata(
            "jwks and jwks_uri exclude each other",
        ));
    }
    if let Some(jwks) = &metadata.jwks {
        if jwks.keys.len() > MAX_KEYS {
            return Err(MetadataError::metadata("jwks: too many keys"));
        }
        if !jwks.keys.iter().all(jwk::PublicJwk::is_plain) {
            return Err(MetadataError::metadata(
                "jwks: a member is too long or not plain text",
            ));
        }
    }
    if metadata.token_endpoint_auth_method != TokenEndpointAuthMethod::PrivateKeyJwt {
        return Ok(());
    }
    match (&metadata.jwks, &metadata.jwks_uri) {
        (None, None) => Err(MetadataError::metadata(
            "private_key_jwt needs jwks or jwks_uri",
        )),
        (Some(jwks), _) => {
            let only = metadata.token_endpoint_auth_signing_alg;
            let only = only.map(ClientSigningAlg::algorithm);
            if jwks.keys.iter().any(|key| key.is_usable(only)) {
                Ok(())
            } else {
                Err(MetadataError::metadata(
                    "jwks has no key that can sign a client assertion",
                ))
            }
        }
        // Its content may change at any time, so it is looked at when it is needed.
        (None, Some(_)) => Ok(()),
    }
}
