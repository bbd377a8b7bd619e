//! Discovery (OpenID Connect Discovery 1.0, section 3; RFC 8414) and the JWK set: bytes made once,
//! with an ETag.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use time::OffsetDateTime;

use super::claims::{ROLES, SUPPORTED};
use super::scope::IDENTITY;
use crate::app::App;
use crate::app::Issuer;
use crate::authn::session::ACR_PASSWORD;
use crate::config::RegistrationMode;
use crate::foundation::secret::sha256;
use crate::i18n::Locale;
use crate::keys::Algorithm;

/// A document that is the same for everyone.
#[derive(Clone)]
pub struct Document {
    bytes: Bytes,
    etag: HeaderValue,
    cache_control: HeaderValue,
    content_type: HeaderValue,
}

impl Document {
    /// The provider metadata, by an issuer that never changes while the process runs.
    pub fn metadata(issuer: &Issuer, registration: RegistrationMode) -> Self {
        let bytes = Bytes::from(provider_metadata(issuer, registration).to_string());
        let tag = URL_SAFE_NO_PAD.encode(sha256(&bytes));
        Self {
            etag: HeaderValue::from_str(&format!("\"{tag}\""))
                .unwrap_or_else(|_| HeaderValue::from_static("\"0\"")),
            bytes,
            cache_control: HeaderValue::from_static("public, max-age=3600"),
            content_type: HeaderValue::from_static("application/json"),
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

/// `GET /.well-known/jwks.json` (RFC 7517, section 5).
pub async fn jwks(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let now: OffsetDateTime = app.clock.now();
    match app.keys.jwks(now).await {
        Ok(jwks) => {
            let text = |text: &str| {
                HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
            };
            Document {
                bytes: jwks.bytes,
                etag: text(&jwks.etag),
                cache_control: text(&format!("public, max-age={}", jwks.max_age.as_secs())),
                content_type: HeaderValue::from_static("application/jwk-set+json"),
            }
            .answer(&headers)
        }
        Err(error) => super::error::EndpointError::from(error).into_response(),
    }
}

fn provider_metadata(issuer: &Issuer, registration: RegistrationMode) -> serde_json::Value {
    let algorithms: Vec<&str> = Algorithm::ALL.into_iter().map(Algorithm::as_str).collect();
    let methods = [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "none",
    ];
    let confidential = [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
    ];
    let locales: Vec<&str> = Locale::ALL.into_iter().map(Locale::tag).collect();
    let claims: Vec<&str> = SUPPORTED.into_iter().chain(ROLES).collect();
    let mut metadata = json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.url("/authorize"),
        "token_endpoint": issuer.url("/token"),
        "userinfo_endpoint": issuer.url("/userinfo"),
        "jwks_uri": issuer.url("/.well-known/jwks.json"),
        "introspection_endpoint": issuer.url("/introspect"),
        "revocation_endpoint": issuer.url("/revoke"),
        "end_session_endpoint": issuer.url("/logout"),
        "service_documentation": issuer.url("/docs"),
        "scopes_supported": IDENTITY,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public", "pairwise"],
        "acr_values_supported": [ACR_PASSWORD],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims,
        "ui_locales_supported": locales,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    });
    if registration != RegistrationMode::Closed
        && let Some(members) = metadata.as_object_mut()
    {
        members.insert(
            "registration_endpoint".into(),
            json!(issuer.url("/register")),
        );
    }
    metadata
}
