//! `GET` and `POST /userinfo` (OpenID Connect Core 1.0, section 5.3), guarded as RFC 6750 says.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oxide_auth_axum::{OAuthResource, WebError};
use serde_json::{Value, json};

use super::bearer::{Denied, live_grant, presented};
use super::error::{EndpointError, ErrorCode};
use super::token::issue::never_stored;
use super::{claims, error};
use crate::app::App;
use crate::clients::Client;
use crate::http::context::RequestContext;
use crate::http::form::{Form, is_form};

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
    let (grant, scope) = live_grant(app, token, "openid", context.now).await?;
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

fn denied(refusal: Denied) -> Response {
    let challenge = refusal.challenge("userinfo");
    let mut response = match refusal {
        Denied::Absent => never_stored(StatusCode::UNAUTHORIZED.into_response()),
        Denied::Request(why) => error::json(
            StatusCode::BAD_REQUEST,
            ErrorCode::InvalidRequest.as_str(),
            why,
        ),
        Denied::Token(why) => error::json(
            StatusCode::UNAUTHORIZED,
            ErrorCode::InvalidToken.as_str(),
            why,
        ),
        Denied::Scope(_) => error::json(
            StatusCode::FORBIDDEN,
            ErrorCode::InsufficientScope.as_str(),
            "the scope openid is needed",
        ),
        Denied::Internal(error) => return error.into_response(),
    };
    if let Some(challenge) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}
