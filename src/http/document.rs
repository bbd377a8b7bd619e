//! Documents that are the same for everyone: bytes made once, with an ETag.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::foundation::secret::sha256;

/// A document that is the same for everyone.
#[derive(Clone)]
pub struct Document {
    bytes: Bytes,
    etag: HeaderValue,
    cache_control: HeaderValue,
    content_type: HeaderValue,
}

impl Document {
    /// A document with its caching rule; the ETag is its hash.
    pub fn new(bytes: Bytes, content_type: &'static str, cache_control: &'static str) -> Self {
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(sha256(&bytes)));
        Self {
            etag: header_value(&tag),
            bytes,
            cache_control: HeaderValue::from_static(cache_control),
            content_type: HeaderValue::from_static(content_type),
        }
    }

    /// A document whose ETag and age are computed elsewhere.
    pub fn with_etag(
        bytes: Bytes,
        content_type: &'static str,
        etag: &str,
        max_age: Duration,
    ) -> Self {
        Self {
            bytes,
            etag: header_value(etag),
            cache_control: header_value(&format!("public, max-age={}", max_age.as_secs())),
            content_type: HeaderValue::from_static(content_type),
        }
    }

    /// The answer: 304 where the caller has the document already (RFC 9110, section 13.1.2).
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"))
            .any(|tag| tag == "*" || tag.as_bytes() == self.etag.as_bytes());
        let common = [
            (header::CACHE_CONTROL, self.cache_control.clone()),
            (header::ETAG, self.etag.clone()),
            // Every relying party may read it, from a browser too.
            (
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            ),
        ];
        if known {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let content_type = [(header::CONTENT_TYPE, self.content_type.clone())];
        (common, content_type, self.bytes.clone()).into_response()
    }
}

/// The texts are ours; one that is no header value would only cost the caching.
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
}
