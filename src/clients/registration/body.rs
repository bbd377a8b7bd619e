//! The JSON body of a registration request.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::error::RegistrationError;
use crate::clients::validation::MetadataError;
use crate::http::form::BODY_TIMEOUT;
use crate::http::unique::{self, JsonError};

/// The largest body, in bytes: room for twenty keys and more.
const MAX_BYTES: usize = 64 * 1024;

/// Reads a JSON object. Nesting is bounded by the parser (128 levels).
pub async fn read(
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, RegistrationError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(RegistrationError::NotJson);
    }
    // It also fails where the connection breaks, and then nobody reads the answer.
    let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BYTES))
        .await
        .map_err(|_| RegistrationError::TooSlow)?
        .map_err(|_| RegistrationError::TooLarge)?;
    match unique::parse(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Err(JsonError::Repeated(member)) => {
            Err(MetadataError::metadata(format!("{member} is there twice")).into())
        }
        Ok(_) | Err(JsonError::Malformed) => Err(RegistrationError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::validation::MetadataErrorCode;
    use axum::http::HeaderValue;

    async fn read_as(kind: &'static str, body: String) -> Result<usize, RegistrationError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        read(&headers, Body::from(body))
            .await
            .map(|members| members.len())
    }

    #[tokio::test]
    async fn a_bounded_json_object_is_read_and_nothing_else() {
        let json = "application/json";
        assert!(matches!(read_as(json, "{\"a\":1}".into()).await, Ok(1)));
        assert!(matches!(
            read_as("Application/JSON; charset=utf-8", "{}".into()).await,
            Ok(0)
        ));
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
        ] {
            assert!(matches!(
                read_as(kind, "{}".into()).await,
                Err(RegistrationError::NotJson)
            ));
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
        for text in ["", "[]", "null", "{", "{\"a\":1}x", "\"{}\"", &deep] {
            let read = read_as(json, text.to_owned()).await;
            assert!(
                matches!(read, Err(RegistrationError::Malformed)),
                "{text:.20}"
            );
        }
        for text in [r#"{"a":1,"a":1}"#, r#"{"jwks":{"keys":[{"n":"","n":""}]}}"#] {
            let read = read_as(json, text.to_owned()).await;
            assert!(
                matches!(&read, Err(RegistrationError::Metadata(error))
                    if error.code() == MetadataErrorCode::InvalidClientMetadata),
                "{text}"
            );
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BYTES));
        assert!(matches!(
            read_as(json, large).await,
            Err(RegistrationError::TooLarge)
        ));
    }
}
