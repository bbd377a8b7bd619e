//! Discovery (OpenID Connect Discovery 1.0, section 3; RFC 8414) and the JWK set: bytes made once,
//! with an ETag.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use time::OffsetDateTime;

use super::claims::{ROLES, SUPPORTED};
use super::scope::{ACCOUNT, IDENTITY};
use crate::app::{App, Issuer};
use crate::authn::assurance::Acr;
use crate::clients::metadata::ClientSigningAlg;
use crate::config::RegistrationMode;
use crate::http::document::Document;
use crate::i18n::Locale;
use crate::keys::Algorithm;

/// The provider metadata, by an issuer that never changes while the process runs.
pub fn metadata(issuer: &Issuer, registration: RegistrationMode) -> Document {
    let bytes = Bytes::from(provider_metadata(issuer, registration).to_string());
    Document::new(bytes, "application/json", "public, max-age=3600")
}

/// `GET /.well-known/jwks.json` (RFC 7517, section 5).
pub async fn jwks(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let now: OffsetDateTime = app.clock.now();
    match app.keys.jwks(now).await {
        Ok(jwks) => {
            let content_type = "application/jwk-set+json";
            Document::with_etag(jwks.bytes, content_type, &jwks.etag, jwks.max_age).answer(&headers)
        }
        Err(error) => super::error::EndpointError::from(error).into_response(),
    }
}

fn provider_metadata(issuer: &Issuer, registration: RegistrationMode) -> serde_json::Value {
    let algorithms: Vec<&str> = Algorithm::ALL.into_iter().map(Algorithm::as_str).collect();
    let of_clients: Vec<&str> = ClientSigningAlg::all()
        .map(ClientSigningAlg::as_str)
        .collect();
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
        // `account` is for the platform's own clients: no other can have it.
        "scopes_supported": IDENTITY.into_iter().filter(|scope| *scope != ACCOUNT).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public", "pairwise"],
        "acr_values_supported": Acr::ALL.map(Acr::as_str),
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": of_clients,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": of_clients,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": of_clients,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
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
