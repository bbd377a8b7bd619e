//! `GET` and `POST /userinfo` (OpenID Connect Core 1.0, section 5.3), guarded as RFC 6750 says.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oxide_auth_axum::{OAuthResource, WebError};
use serde_json::{Value, json};

use super::error::{EndpointError, ErrorCode};
use super::grant::model::{Grant, TokenId};
use super::grant::store;
use super::scope::Scope;
use super::token::issue::{ACCESS_TOKEN_TYPE, never_stored};
use super::{claims, error};
use crate::app::App;
use crate::clients::Client;
use crate::http::context::RequestContext;
use crate::http::form::{Form, is_form};

/// Why a request to the protected resource is refused (RFC 6750, section 3.1).
enum Denied {
    /// No token: the challenge carries no error.
    Absent,
    /// More than one way of sending the token, or a broken one: 400.
    Request(&'static str),
    /// 401.
    Token(&'static str),
    /// 403.
    Scope,
    /// The machinery failed.
    Internal(EndpointError),
}

impl From<sqlx::Error> for Denied {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// `GET /userinfo`.
pub async fn get(
    State(app): State<Arc<App>>,
    context: RequestContext,
    resource: Result<OAuthResource, WebError>,
) -> Response {
    respond(&app, &context, resource, None).await
}

/// `POST /userinfo`: the token in the header, or in the form as `access_token`.
pub async fn post(
    State(app): State<Arc<App>>,
    context: RequestContext,
    headers: HeaderMap,
    resource: Result<OAuthResource, WebError>,
    Form(form): Form,
) -> Response {
    let params = match form {
        Ok(params) if params.repeated().is_none() => Some(params),
        Ok(_) => return denied(Denied::Request("a parameter was sent more than once")),
        // Without a form body the header alone counts.
        Err(_) if !is_form(&headers) => None,
        Err(error) => return denied(Denied::Request(error.description())),
    };
    let in_body = params
        .as_ref()
        .and_then(|params| params.get("access_token"));
    respond(&app, &context, resource, in_body).await
}

async fn respond(
    app: &App,
    context: &RequestContext,
    resource: Result<OAuthResource, WebError>,
    in_body: Option<&str>,
) -> Response {
    match answer(app, context, resource, in_body).await {
        Ok(response) => never_stored(response),
        Err(refusal) => denied(refusal),
    }
}

async fn answer(
    app: &App,
    context: &RequestContext,
    resource: Result<OAuthResource, WebError>,
    in_body: Option<&str>,
) -> Result<Response, Denied> {
    let resource =
        resource.map_err(|_| Denied::Request("more than one Authorization header was sent"))?;
    let token = presented(resource.authorization_header(), in_body)?;
    let (grant, scope) = live_grant(app, context, token).await?;
    let client = app
        .clients
        .get(&grant.client_id)
        .await?
        .ok_or(Denied::Token("the client is no longer registered"))?;
    let mut members = claims::for_userinfo(&grant.user, &scope, grant.claims.as_ref());
    let sub = claims::subject(app, &client, grant.user.sub)
        .await
        .map_err(|error| Denied::Internal(error.into()))?;
    members.insert("sub".into(), json!(sub));
    match client.metadata.userinfo_signed_response_alg {
        None => Ok(Json(Value::Object(members)).into_response()),
        Some(alg) => signed(app, context, &client, members, alg)
            .await
            .map_err(Denied::Internal),
    }
}

/// Section 5.3.2: a signed answer is a JWT with `iss` and `aud`.
async fn signed(
    app: &App,
    context: &RequestContext,
    client: &Client,
    mut members: serde_json::Map<String, Value>,
    alg: crate::keys::Algorithm,
) -> Result<Response, EndpointError> {
    members.insert("iss".into(), json!(app.issuer.as_str()));
    members.insert("aud".into(), json!(client.client_id));
    let jwt = app.keys.sign(alg, "JWT", &members, context.now).await?;
    Ok((
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/jwt"),
        )],
        jwt,
    )
        .into_response())
}

/// The one token of the request (RFC 6750, section 2).
fn presented<'a>(
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

/// The grant behind an access token that was issued for this server and is still good.
async fn live_grant(
    app: &App,
    context: &RequestContext,
    token: &str,
) -> Result<(Grant, Scope), Denied> {
    let verified = app
        .keys
        .verify(token, &[ACCESS_TOKEN_TYPE], context.now, true)
        .await
        .map_err(|_| Denied::Token("the access token is invalid or has expired"))?;
    let text = |name: &str| verified.claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(app.issuer.as_str()) || !has_audience(&verified.claims, app) {
        return Err(Denied::Token("the access token is for another resource"));
    }
    let scope = text("scope").and_then(Scope::parse).unwrap_or_default();
    let jti = text("jti").and_then(TokenId::parse);
    let Some((jti, grant_id)) = jti.and_then(|jti| Some((jti.clone(), jti.grant?))) else {
        return Err(Denied::Token("the access token is not a person's"));
    };
    if !scope.contains("openid") {
        return Err(Denied::Scope);
    }
    let mut connection = app.kept.take().await?;
    let live = store::find_live(&mut connection, grant_id, jti.as_str(), context.now).await?;
    connection.keep();
    let grant = live.ok_or(Denied::Token("the access token was revoked"))?;
    Ok((grant, scope))
}

/// Whether the token is for this server itself.
fn has_audience(claims: &serde_json::Map<String, Value>, app: &App) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == app.issuer.as_str(),
        Some(Value::Array(several)) => several
            .iter()
            .any(|audience| audience == app.issuer.as_str()),
        _ => false,
    }
}

fn denied(refusal: Denied) -> Response {
    let (status, code, description) = match refusal {
        Denied::Absent => {
            let challenge = HeaderValue::from_static(r#"Bearer realm="userinfo""#);
            let headers = [(header::WWW_AUTHENTICATE, challenge)];
            return never_stored((StatusCode::UNAUTHORIZED, headers).into_response());
        }
        Denied::Request(why) => (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, why),
        Denied::Token(why) => (StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken, why),
        Denied::Scope => (
            StatusCode::FORBIDDEN,
            ErrorCode::InsufficientScope,
            "the scope openid is needed",
        ),
        Denied::Internal(error) => return error.into_response(),
    };
    let code = code.as_str();
    let scope = if code == "insufficient_scope" {
        r#", scope="openid""#
    } else {
        ""
    };
    let challenge = format!(
        r#"Bearer realm="userinfo", error="{code}", error_description="{description}"{scope}"#
    );
    let mut response = error::json(status, code, description);
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
