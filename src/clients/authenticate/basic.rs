//! The Authorization header of RFC 7617, as OAuth uses it (RFC 6749, section 2.3.1).

use std::borrow::Cow;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::foundation::secret::Secret;

/// Client identifier and secret of the header; `None` where it is not well-formed.
pub fn parse(header: &HeaderValue) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    let secret = Zeroizing::new(form_decode(secret)?);
    Some((form_decode(id)?, Secret::new(secret.as_str())))
}

/// Decodes one `application/x-www-form-urlencoded` value (RFC 6749, appendix B). Both halves of
/// the credentials were encoded before they were joined.
fn form_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = hex_digit(bytes.next()?)?;
                let low = hex_digit(bytes.next()?)?;
                high * 16 + low
            }
            other => other,
        });
    }
    match String::from_utf8_lossy(&decoded) {
        Cow::Borrowed(valid) => Some(valid.to_owned()),
        Cow::Owned(_) => None,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(scheme: &str, credentials: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("{scheme} {}", STANDARD.encode(credentials))).unwrap()
    }

    #[test]
    fn both_halves_are_form_decoded() {
        let (id, secret) = parse(&header("Basic", "a%3Ab:s%2Be+c%25r%C3%A9t:x")).unwrap();
        assert_eq!(id, "a:b");
        assert_eq!(secret.expose(), "s+e c%rét:x");
        assert!(parse(&header("bAsIc", "a:b")).is_some());
        assert_eq!(parse(&header("Basic", "a:")).unwrap().1.expose(), "");
    }

    #[test]
    fn what_is_not_well_formed_is_nothing() {
        for credentials in ["no-colon", "a%:b", "a:%4", "a:%zz", "a:%ff", "a%C3:b"] {
            assert!(
                parse(&header("Basic", credentials)).is_none(),
                "{credentials}"
            );
        }
        for raw in ["Basic", "Basic !!!", "Bearer YTpi", "", "BasicYTpi"] {
            assert!(
                parse(&HeaderValue::from_str(raw).unwrap()).is_none(),
                "{raw}"
            );
        }
    }
}
