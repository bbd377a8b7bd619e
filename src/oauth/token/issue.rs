//! The only place that makes tokens.

use aws_lc_rs::digest;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oxide_auth::endpoint::WebResponse as _;
use oxide_auth_axum::OAuthResponse;
use serde::Serialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::target::Target;
use crate::app::App;
use crate::clients::Client;
use crate::foundation::secret::Secret;
use crate::keys::{Algorithm, KeysError};
use crate::oauth::claims;
use crate::oauth::error::EndpointError;
use crate::oauth::grant::model::{Grant, TokenId};
use crate::oauth::scope::is_allowed;

/// The `typ` of access tokens (RFC 9068, section 2.1).
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";
/// The `typ` of ID tokens.
pub const ID_TOKEN_TYPE: &str = "JWT";

/// A token response (RFC 6749, section 5.1; OpenID Connect Core 1.0, section 3.1.3.3).
#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'a str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    scope: String,
}

/// What is issued to a client for a person.
pub struct Plan<'a> {
    pub client: &'a Client,
    pub grant: &'a Grant,
    pub target: Target,
    pub jti: TokenId,
    pub issued_at: OffsetDateTime,
    pub refresh_token: Option<&'a Secret>,
    /// Sent on from the authorization request; not at a refresh (section 12.2).
    pub nonce: Option<&'a str>,
}

/// Issues an access token, an ID token where the scope has `openid`, and hands out the refresh
/// token that was committed.
///
/// # Errors
/// When signing fails.
pub async fn for_person(app: &App, plan: &Plan<'_>) -> Result<Response, EndpointError> {
    let Plan {
        client, grant, jti, ..
    } = plan;
    // RFC 6749, section 3.3: a client may be given less than it asked for. An API that looks at
    // `scope` alone must not let a person do through a client what their role forbids, and a
    // client whose registration was narrowed since has no more than it has now.
    let registered = |value: &str| is_allowed(client, value);
    let scope = plan.target.scope.filter(registered);
    let target = &Target {
        audience: plan.target.audience.clone(),
        scope: claims::within_role(&grant.user, &scope),
    };
    let sub = claims::subject(app, client, grant.user.sub).await?;
    let mut payload =
        access_token_claims(app, &sub, &client.client_id, target, jti, plan.issued_at);
    payload.insert("auth_time".into(), json!(grant.auth_time.unix_timestamp()));
    payload.insert("acr".into(), json!(grant.acr));
    payload.insert("amr".into(), json!(grant.amr));
    if target.scope.contains("roles") {
        let permissions = claims::permissions(&grant.user, &target.scope);
        claims::insert_roles(&mut payload, &grant.user, &permissions);
    }
    let access_token = sign_access_token(app, client, &payload, plan.issued_at).await?;
    let id_token = if grant.scope.contains("openid") && registered("openid") {
        Some(id_token(app, plan, target, sub, &access_token).await?)
    } else {
        None
    };
    respond(
        app,
        &access_token,
        &target.scope.to_string(),
        plan.refresh_token.map(Secret::expose),
        id_token.as_deref(),
    )
}

/// Issues a client's own access token: no person, no refresh token (RFC 6749, section 4.4.3).
///
/// # Errors
/// When signing fails.
pub async fn for_client(
    app: &App,
    client: &Client,
    target: &Target,
    now: OffsetDateTime,
) -> Result<Response, EndpointError> {
    let jti = TokenId::generate(None);
    let id = &client.client_id;
    let payload = access_token_claims(app, id, id, target, &jti, now);
    let access_token = sign_access_token(app, client, &payload, now).await?;
    respond(app, &access_token, &target.scope.to_string(), None, None)
}

/// RFC 9068, section 2.2.
fn access_token_claims(
    app: &App,
    sub: &str,
    client_id: &str,
    target: &Target,
    jti: &TokenId,
    issued_at: OffsetDateTime,
) -> Map<String, Value> {
    let audience = match target.audience.as_slice() {
        [only] => json!(only),
        several => json!(several),
    };
    let expires = issued_at + app.config.tokens.access_token_ttl;
    let mut claims = Map::new();
    claims.insert("iss".into(), json!(app.issuer.as_str()));
    claims.insert("sub".into(), json!(sub));
    claims.insert("aud".into(), audience);
    claims.insert("client_id".into(), json!(client_id));
    claims.insert("iat".into(), json!(issued_at.unix_timestamp()));
    claims.insert("exp".into(), json!(expires.unix_timestamp()));
    claims.insert("jti".into(), json!(jti.as_str()));
    if !target.scope.is_empty() {
        claims.insert("scope".into(), json!(target.scope.to_string()));
    }
    claims
}

async fn sign_access_token(
    app: &App,
    client: &Client,
    payload: &Map<String, Value>,
    now: OffsetDateTime,
) -> Result<String, KeysError> {
    let alg = client.metadata.access_token_signed_response_alg;
    app.keys.sign(alg, ACCESS_TOKEN_TYPE, payload, now).await
}

/// OpenID Connect Core 1.0, sections 2 and 3.1.3.6.
async fn id_token(
    app: &App,
    plan: &Plan<'_>,
    target: &Target,
    sub: String,
    access_token: &str,
) -> Result<String, EndpointError> {
    let Plan {
        client,
        grant,
        issued_at,
        ..
    } = plan;
    let alg = client.metadata.id_token_signed_response_alg;
    let mut payload = claims::for_id_token(&grant.user, &target.scope, grant.claims.as_ref());
    let expires = *issued_at + app.config.tokens.id_token_ttl;
    payload.insert("iss".into(), json!(app.issuer.as_str()));
    payload.insert("sub".into(), json!(sub));
    payload.insert("aud".into(), json!(client.client_id));
    payload.insert("iat".into(), json!(issued_at.unix_timestamp()));
    payload.insert("exp".into(), json!(expires.unix_timestamp()));
    payload.insert("auth_time".into(), json!(grant.auth_time.unix_timestamp()));
    payload.insert("acr".into(), json!(grant.acr));
    payload.insert("amr".into(), json!(grant.amr));
    payload.insert("at_hash".into(), json!(half_hash(alg, access_token)));
    if let Some(sid) = grant.sid {
        payload.insert("sid".into(), json!(sid));
    }
    if let Some(nonce) = plan.nonce {
        payload.insert("nonce".into(), json!(nonce));
    }
    Ok(app
        .keys
        .sign(alg, ID_TOKEN_TYPE, &payload, *issued_at)
        .await?)
}

/// `at_hash` (OpenID Connect Core 1.0, section 3.1.3.6): the left half of the hash that belongs to the
/// signature; Ed25519 hashes with SHA-512 (RFC 8032, section 5.1).
fn half_hash(alg: Algorithm, token: &str) -> String {
    let hash = match alg {
        Algorithm::EdDSA => digest::digest(&digest::SHA512, token.as_bytes()),
        _ => digest::digest(&digest::SHA256, token.as_bytes()),
    };
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

fn respond(
    app: &App,
    access_token: &str,
    scope: &str,
    refresh_token: Option<&str>,
    id_token: Option<&str>,
) -> Result<Response, EndpointError> {
    let body = TokenResponse {
        access_token,
        token_type: "Bearer",
        expires_in: app.config.tokens.access_token_ttl.as_secs(),
        refresh_token,
        id_token,
        scope: scope.to_owned(),
    };
    let body = serde_json::to_string(&body).map_err(EndpointError::internal)?;
    let mut response = OAuthResponse::default();
    response.ok().map_err(EndpointError::internal)?;
    response.body_json(&body).map_err(EndpointError::internal)?;
    Ok(never_stored(response.into_response()))
}

/// RFC 6749, section 5.1: token responses are not cached.
pub fn never_stored(mut response: Response) -> Response {
    use axum::http::{HeaderValue, header};
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
