//! A person's access token that is presented to this server itself (RFC 6750): is it good, and whose
//! is it?

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::error::EndpointError;
use super::grant::model::{Grant, TokenId};
use super::grant::store;
use super::scope::Scope;
use super::token::issue::ACCESS_TOKEN_TYPE;
use crate::app::App;
use crate::keys::{VerifiedClaims, VerifyError};

/// Why a request to the protected resource is refused (RFC 6750, section 3.1).
#[derive(Debug)]
pub enum Denied {
    /// No token: the challenge carries no error.
    Absent,
    /// More than one way of sending the token, or a broken one: 400.
    Request(&'static str),
    /// 401.
    Token(&'static str),
    /// 403: the scope that is needed.
    Scope(&'static str),
    /// The machinery failed.
    Internal(EndpointError),
}

impl From<sqlx::Error> for Denied {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// The one token of a request, from its header or its form (section 2).
///
/// # Errors
/// [`Denied::Absent`] or [`Denied::Request`].
pub fn presented<'a>(
    authorization: Option<&'a str>,
    in_body: Option<&'a str>,
) -> Result<&'a str, Denied> {
    let in_header = match authorization {
        None => None,
        Some(value) => match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => {
                let token = token.trim();
                let is_b64token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
                if token.is_empty() || !token.bytes().all(is_b64token) {
                    return Err(Denied::Request("the bearer token is malformed"));
                }
                Some(token)
            }
            // Another scheme is no bearer token at all.
            _ => None,
        },
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Denied::Request("the token was sent in two ways")),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(Denied::Absent),
    }
}

/// An access token that this server signed and that has not expired; what it is for, and whether it was
/// revoked, is still to be looked at.
///
/// # Errors
/// Where its key cannot be looked for: not to be answered as if the token were none.
pub async fn verified(
    app: &App,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<VerifiedClaims>, EndpointError> {
    match app.keys.verify(token, &[ACCESS_TOKEN_TYPE], now).await {
        Ok(verified) => Ok(Some(verified)),
        Err(VerifyError::Unavailable) => Err(EndpointError::Unavailable),
        Err(_) => Ok(None),
    }
}

/// The live grant behind an access token that was issued for this server and has the scope.
///
/// # Errors
/// See [`Denied`].
pub async fn live_grant(
    app: &App,
    token: &str,
    needed: &'static str,
    now: OffsetDateTime,
) -> Result<(Grant, Scope), Denied> {
    let verified = verified(app, token, now)
        .await
        .map_err(Denied::Internal)?
        .ok_or(Denied::Token("the access token is invalid or has expired"))?;
    let text = |name: &str| verified.claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(app.issuer.as_str()) || !has_audience(&verified.claims, app) {
        return Err(Denied::Token("the access token is for another resource"));
    }
    let scope = text("scope").and_then(Scope::parse).unwrap_or_default();
    let jti = text("jti").and_then(TokenId::parse);
    let Some((jti, grant_id)) = jti.and_then(|jti| Some((jti.clone(), jti.grant?))) else {
        return Err(Denied::Token("the access token is not a person's"));
    };
    if !scope.contains(needed) {
        return Err(Denied::Scope(needed));
    }
    let mut connection = app.kept.take().await?;
    let live = store::find_live(&mut connection, grant_id, jti.as_str(), now).await?;
    connection.keep();
    let grant = live.ok_or(Denied::Token("the access token was revoked"))?;
    Ok((grant, scope))
}

/// Whether the token is for this server itself.
fn has_audience(claims: &Map<String, Value>, app: &App) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == app.issuer.as_str(),
        Some(Value::Array(several)) => several
            .iter()
            .any(|audience| audience == app.issuer.as_str()),
        _ => false,
    }
}

impl Denied {
    /// `WWW-Authenticate` of the refusal (section 3), for a realm.
    pub fn challenge(&self, realm: &str) -> Option<String> {
        let (code, description) = match self {
            Self::Absent => return Some(format!(r#"Bearer realm="{realm}""#)),
            Self::Request(why) => ("invalid_request", (*why).to_owned()),
            Self::Token(why) => ("invalid_token", (*why).to_owned()),
            Self::Scope(needed) => (
                "insufficient_scope",
                format!("the scope {needed} is needed"),
            ),
            Self::Internal(_) => return None,
        };
        let scope = match self {
            Self::Scope(needed) => format!(r#", scope="{needed}""#),
            _ => String::new(),
        };
        Some(format!(
            r#"Bearer realm="{realm}", error="{code}", error_description="{description}"{scope}"#
        ))
    }
}
