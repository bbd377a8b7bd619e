//! Finds the token of a request (RFC 6750 §2). Only the `Authorization` header is read: a token in
//! the query ends up in logs (RFC 9700 §4.3.2), and reading a form body would consume it.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Uri};

use crate::rejection::Reason;

/// The Bearer token, or `None` when the request has none (another scheme counts as none).
pub(crate) fn token<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<Option<&'a str>, Reason> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Reason::InvalidRequest(
            "the Authorization header is repeated",
        ));
    }
    let bytes = value.as_bytes();
    // RFC 9110 §11.1: the scheme is case-insensitive.
    let is_bearer = bytes
        .get(..6)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
        && matches!(bytes.get(6), None | Some(b' '));
    if !is_bearer {
        return Ok(None);
    }
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.get(6..))
        .map(|rest| rest.trim_matches(' '))
        .filter(|token| is_b64token(token))
        .ok_or(Reason::InvalidRequest(
            "the Authorization header is malformed",
        ))?;
    // RFC 6750 §3.1: more than one method of sending a token.
    if has_query_token(uri) {
        return Err(Reason::InvalidRequest(
            "the access token is sent in more than one way",
        ));
    }
    Ok(Some(token))
}

/// `b64token` of RFC 6750 §2.1.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

fn has_query_token(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| {
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
    })
}
