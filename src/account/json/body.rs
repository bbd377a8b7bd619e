//! The JSON body of a call.

use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::collect::{errors_of, repeated};
use super::language::Known;
use super::{ApiFault, Kind, Problem};
use crate::app::App;
use crate::http::form::BODY_TIMEOUT;
use crate::http::unique::{self, JsonError};
use crate::i18n::Locale;

/// The largest body, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A JSON object, decoded. What is wrong with it is told field by field. A call without any body
/// means an empty object.
#[derive(Debug, Clone, Copy)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Body<T> {
    type Rejection = ApiFault;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiFault> {
        let (parts, body) = request.into_parts();
        let locale = Known::of_parts(&parts).locale();
        let most = app.config.server.max_body_bytes.min(MAX_BYTES);
        // It also fails where the connection breaks, and then nobody reads the answer.
        let bytes = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, most))
            .await
            .map_err(|_| Problem::new(Kind::TOO_SLOW))?
            .map_err(|_| Problem::new(Kind::TOO_LARGE))?;
        Ok(Self(read(&parts.headers, &bytes, locale)?))
    }
}

fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    bytes: &Bytes,
    locale: Locale,
) -> Result<T, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let text: &[u8] = match content_type {
        None if bytes.is_empty() => b"{}",
        Some(value) if is_json(value.to_str().unwrap_or_default()) => bytes,
        _ => return Err(Problem::new(Kind::UNSUPPORTED_MEDIA_TYPE)),
    };
    // Nesting is bounded by the parser (128 levels).
    let value = unique::parse(text).map_err(|error| match error {
        JsonError::Malformed => Problem::new(Kind::INVALID_REQUEST),
        JsonError::Repeated(member) => Problem::invalid(vec![repeated(member, locale)]),
    })?;
    if !value.is_object() || has_nul(&value) {
        return Err(Problem::new(Kind::INVALID_REQUEST));
    }
    T::deserialize(&value).map_err(|_| Problem::invalid(errors_of::<T>(value, locale)))
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Postgres keeps no NUL character in a text.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::secret::Secret;
    use crate::http::problem::Telling;
    use axum::http::HeaderValue;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Asked {
        email: String,
        password: Secret,
        #[serde(default)]
        scope: Option<String>,
    }

    fn read_as(kind: Option<&'static str>, text: &str) -> Result<Asked, Problem> {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        read(
            &headers,
            &Bytes::copy_from_slice(text.as_bytes()),
            Locale::En,
        )
    }

    #[test]
    fn a_json_object_is_read_and_nothing_else() {
        let good = r#"{"email":"a@b.example","password":"x","other":1}"#;
        for kind in ["application/json", "Application/JSON; charset=utf-8"] {
            let read = read_as(Some(kind), good).unwrap();
            assert_eq!(read.email, "a@b.example");
            assert_eq!(read.password.expose(), "x");
            assert_eq!(read.scope, None);
        }
        for kind in [None, Some("text/plain"), Some("application/jsonx")] {
            let problem = read_as(kind, good).unwrap_err();
            assert_eq!(problem.kind, Kind::UNSUPPORTED_MEDIA_TYPE);
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1000), "]".repeat(1000));
        let nul = r#"{"email":"a\u0000","password":"x"}"#;
        for text in ["", "[]", "null", "{", "{\"a\":1}x", "\"{}\"", &deep, nul] {
            let problem = read_as(Some("application/json"), text).unwrap_err();
            assert_eq!(problem.kind, Kind::INVALID_REQUEST, "{text:.20}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_told_whether_known_or_not() {
        for (name, text) in [
            ("email", r#"{"email":"a","email":"b","password":"x"}"#),
            (
                "other.a",
                r#"{"email":"a","password":"x","other":{"a":1,"a":1}}"#,
            ),
        ] {
            let problem = read_as(Some("application/json"), text).unwrap_err();
            assert_eq!(problem.kind, Kind::INVALID_INPUT, "{text}");
            let told = problem.body(Telling {
                documentation: "",
                title: String::new(),
                detail: String::new(),
                request_id: uuid::Uuid::nil(),
            });
            let told = told["errors"].as_array().unwrap();
            assert_eq!((told.len(), &told[0]["field"]), (1, &Value::from(name)));
            assert_eq!(told[0]["code"], "repeated");
        }
    }

    #[test]
    fn no_body_is_an_empty_object() {
        assert_eq!(read_as(None, "").unwrap_err().kind, Kind::INVALID_INPUT);
        let headers = HeaderMap::new();
        let none: Result<std::collections::BTreeMap<String, String>, _> =
            read(&headers, &Bytes::new(), Locale::En);
        assert!(none.unwrap().is_empty());
    }
}
