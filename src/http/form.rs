//! Request parameters, read strictly: RFC 6749, section 3.1 and 3.2: a parameter without a value is
//! as if omitted, unknown ones are ignored, none may be sent twice.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::foundation::secret::Secret;

/// More parameters than any request of ours has.
const MAX_PARAMETERS: usize = 100;

/// How long a client may take to send a body. Whoever is slower is told so (408), before the time
/// for the whole request is over.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Decoded parameters. `resource` alone may be repeated (RFC 8707, section 2).
#[derive(Clone, Default)]
pub struct Params {
    values: BTreeMap<String, String>,
    resources: Vec<String>,
    repeated: BTreeSet<String>,
}

/// Why a request's parameters could not be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamsError {
    /// Percent-encoding or UTF-8 is broken, or there is a NUL character.
    Encoding,
    /// More than [`MAX_PARAMETERS`] parameters.
    TooMany,
    /// The body is not `application/x-www-form-urlencoded`.
    ContentType,
    /// The body is larger than the server's limit.
    TooLarge,
    /// The body ended early.
    Unreadable,
    /// The body did not come within [`BODY_TIMEOUT`].
    TooSlow,
}

impl ParamsError {
    /// The HTTP status that says it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Encoding | Self::TooMany | Self::Unreadable => StatusCode::BAD_REQUEST,
        }
    }

    /// An `error_description`.
    pub fn description(self) -> &'static str {
        match self {
            Self::Encoding => "the parameters are not valid percent-encoded UTF-8",
            Self::TooMany => "too many parameters",
            Self::ContentType => "the body must be application/x-www-form-urlencoded",
            Self::TooLarge => "the body is too large",
            Self::Unreadable => "the body could not be read",
            Self::TooSlow => "the body took too long",
        }
    }
}

impl Params {
    /// Parses a query string or a form body.
    pub fn parse(encoded: &[u8]) -> Result<Self, ParamsError> {
        let mut params = Self::default();
        for (count, pair) in encoded
            .split(|b| *b == b'&')
            .filter(|pair| !pair.is_empty())
            .enumerate()
        {
            if count >= MAX_PARAMETERS {
                return Err(ParamsError::TooMany);
            }
            let mut halves = pair.splitn(2, |b| *b == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            params.insert(name, value);
        }
        Ok(params)
    }

    fn insert(&mut self, name: String, value: String) {
        if value.is_empty() {
            return;
        }
        if name == "resource" {
            self.resources.push(value);
            return;
        }
        match self.values.entry(name) {
            Entry::Occupied(known) => {
                self.repeated.insert(known.key().clone());
            }
            Entry::Vacant(new) => {
                new.insert(value);
            }
        }
    }

    /// The value of a parameter, if it was sent and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Like [`Self::get`], for a value that must not be printed.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::new)
    }

    /// The `resource` parameters (RFC 8707).
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The name of a parameter that was sent more than once.
    pub fn repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }

    /// Whether this parameter was sent more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.contains(name)
    }

    /// The parameters as a query string, each once.
    pub fn to_query(&self) -> String {
        let resources = self
            .resources
            .iter()
            .map(|value| ("resource", value.as_str()));
        let values = self.values.iter();
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(values.map(|(name, value)| (name.as_str(), value.as_str())))
            .extend_pairs(resources)
            .finish()
    }
}

fn decode(encoded: &[u8]) -> Result<String, ParamsError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = hex(rest.next())?;
                high * 16 + hex(rest.next())?
            }
            0 => return Err(ParamsError::Encoding),
            other => *other,
        });
    }
    // Postgres text cannot hold NUL, and no parameter has a use for it.
    if bytes.contains(&0) {
        return Err(ParamsError::Encoding);
    }
    String::from_utf8(bytes).map_err(|_| ParamsError::Encoding)
}

fn hex(digit: Option<&u8>) -> Result<u8, ParamsError> {
    match digit {
        Some(d @ b'0'..=b'9') => Ok(d - b'0'),
        Some(d @ b'a'..=b'f') => Ok(d - b'a' + 10),
        Some(d @ b'A'..=b'F') => Ok(d - b'A' + 10),
        _ => Err(ParamsError::Encoding),
    }
}

/// Whether the body is declared to be a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| {
            essence
                .trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}

/// A form body, read strictly; the rejection is left to the endpoint, which knows the protocol's
/// form of an error.
pub struct Form(pub Result<Params, ParamsError>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        if !is_form(request.headers()) {
            return Ok(Self(Err(ParamsError::ContentType)));
        }
        let body = axum::body::Bytes::from_request(request, state);
        Ok(Self(match tokio::time::timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(bytes)) => Params::parse(&bytes),
            Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ParamsError::TooLarge)
            }
            Ok(Err(_)) => Err(ParamsError::Unreadable),
            Err(_) => Err(ParamsError::TooSlow),
        }))
    }
}

impl IntoResponse for ParamsError {
    fn into_response(self) -> Response {
        (self.status(), self.description()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_ignores_empty_values() {
        let params = Params::parse(b"a=1+2&b=%C3%A9&c=&&d").unwrap();
        assert_eq!(params.get("a"), Some("1 2"));
        assert_eq!(params.get("b"), Some("é"));
        assert_eq!(params.get("c"), None);
        assert_eq!(params.get("d"), None);
        assert_eq!(params.repeated(), None);
    }

    #[test]
    fn names_a_repeated_parameter_but_not_resource() {
        let params = Params::parse(b"resource=x&resource=y&state=1&state=1").unwrap();
        assert_eq!(params.resources(), ["x", "y"]);
        assert_eq!(params.repeated(), Some("state"));
        let params = Params::parse(b"a=1&a=1&client_id=x&client_id=y").unwrap();
        assert!(params.is_repeated("client_id") && !params.is_repeated("b"));
    }

    #[test]
    fn a_query_says_the_same() {
        let params = Params::parse(b"b=1+2%26&resource=x&resource=y&a=%C3%A9").unwrap();
        assert_eq!(params.to_query(), "a=%C3%A9&b=1+2%26&resource=x&resource=y");
    }

    #[test]
    fn refuses_broken_encodings() {
        for bad in [
            &b"a=%"[..],
            b"a=%4",
            b"a=%zz",
            b"a=%ff",
            b"a=%00",
            b"a=\xff",
            b"a=\0",
        ] {
            assert_eq!(
                Params::parse(bad).err(),
                Some(ParamsError::Encoding),
                "{bad:?}"
            );
        }
        let many = "a=1&".repeat(MAX_PARAMETERS + 1);
        assert_eq!(
            Params::parse(many.as_bytes()).err(),
            Some(ParamsError::TooMany)
        );
    }
}
