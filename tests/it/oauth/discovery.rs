//! The provider metadata (OpenID Connect Discovery 1.0, section 3; RFC 8414), and that what it says
//! is so.

use reqwest::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use serde_json::{Value, json};

use super::client::{EVERYTHING, booking_app};
use super::key::Key;
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, payload, text};
use crate::support::server::{TestServer, json as send};

const OIDC: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

async fn metadata(server: &TestServer) -> Value {
    send(server.http.get(server.url(OIDC))).await.1
}

fn list<'a>(metadata: &'a Value, name: &str) -> Vec<&'a str> {
    let values = metadata[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name}"));
    values.iter().map(|value| value.as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_addresses_serve_the_same_bytes() {
    let server = TestServer::start().await;
    let oidc = server.http.get(server.url(OIDC)).send().await.unwrap();
    let oauth = server.http.get(server.url(OAUTH)).send().await.unwrap();
    for answer in [&oidc, &oauth] {
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(
            answer.headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("max-age=")
        );
    }
    let etag = oidc.headers()[ETAG].clone();
    let again = server
        .http
        .get(server.url(OAUTH))
        .header(IF_NONE_MATCH, &etag);
    assert_eq!(again.send().await.unwrap().status(), 304);
    assert_eq!(oidc.bytes().await.unwrap(), oauth.bytes().await.unwrap());
}

#[tokio::test]
async fn the_members_that_the_specifications_ask_for_are_there() {
    let server = TestServer::start().await;
    let metadata = metadata(&server).await;
    assert_eq!(metadata["issuer"], server.issuer);
    for (name, value) in metadata.as_object().unwrap() {
        assert!(
            !value.is_null() && *value != json!("") && *value != json!([]),
            "{name}"
        );
        if name.ends_with("_endpoint") || name == "jwks_uri" || name == "service_documentation" {
            let address = value.as_str().unwrap();
            assert!(
                address.starts_with(&format!("{}/", server.issuer)),
                "{name}: {address}"
            );
        }
    }
    for endpoint in [
        "authorization",
        "token",
        "userinfo",
        "registration",
        "introspection",
        "revocation",
        "end_session",
    ] {
        text(&metadata, &format!("{endpoint}_endpoint"));
    }
    for (name, value) in [
        ("response_types_supported", "code"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("scopes_supported", "openid"),
        ("code_challenge_methods_supported", "S256"),
        ("grant_types_supported", "refresh_token"),
        ("claims_supported", "sub"),
    ] {
        assert!(list(&metadata, name).contains(&value), "{name}");
    }
    assert!(!list(&metadata, "id_token_signing_alg_values_supported").contains(&"none"));
    assert_eq!(
        list(&metadata, "code_challenge_methods_supported"),
        ["S256"]
    );
    // Canonical BCP 47 tags (RFC 5646, section 2.1.1).
    for tag in list(&metadata, "ui_locales_supported") {
        let (language, region) = tag.split_once('-').unwrap_or((tag, "XX"));
        assert!(language.len() == 2 && language.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(
            region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase()),
            "{tag}"
        );
    }
    // Default is true where it is left out (Discovery 1.0, section 3).
    assert_eq!(metadata["request_uri_parameter_supported"], false);
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
}

#[tokio::test]
async fn below_an_https_issuer_every_endpoint_is_https() {
    let server = TestServer::with(|config| {
        config.server.issuer = "https://id.example".into();
    })
    .await;
    let metadata = metadata(&server).await;
    assert_eq!(metadata["issuer"], "https://id.example");
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let address = value.as_str().unwrap();
            assert!(
                address.starts_with("https://id.example/"),
                "{name}: {address}"
            );
        }
    }
}

#[tokio::test]
async fn every_endpoint_is_there() {
    let server = TestServer::start().await;
    let metadata = metadata(&server).await;
    for (name, value) in metadata.as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" || name == "service_documentation" {
            let get = server
                .http
                .get(value.as_str().unwrap())
                .send()
                .await
                .unwrap();
            assert!(get.status() != 404 && get.status().as_u16() < 500, "{name}");
        }
    }
}

#[tokio::test]
async fn every_grant_type_response_mode_and_prompt_works() {
    let server = TestServer::start().await;
    let metadata = metadata(&server).await;
    for grant_type in list(&metadata, "grant_types_supported") {
        let form = [("grant_type", grant_type)];
        let (_, body) = booking_app().post(&server, "/token", &form).await;
        assert_ne!(body["error"], "unsupported_grant_type", "{grant_type}");
    }
    let browser = Browser::new(&server);
    Request::new("openid").code(&browser, CUSTOMER).await;
    for mode in list(&metadata, "response_modes_supported") {
        let page = Request::new("openid")
            .with("response_mode", mode)
            .send(&browser)
            .await;
        if mode == "form_post" {
            let (action, fields) = page.form();
            assert_eq!(action, crate::support::flow::CALLBACK);
            assert!(fields.iter().any(|(name, _)| name == "code"));
        } else {
            assert!(
                page.answer("code").is_some(),
                "{mode}: {:?}",
                page.location()
            );
        }
    }
    for prompt in list(&metadata, "prompt_values_supported") {
        let page = Request::new("openid")
            .with("prompt", prompt)
            .send(&browser)
            .await;
        assert_eq!(page.answer("error"), None, "{prompt}");
    }
    for (name, parameter) in [
        ("acr_values_supported", "acr_values"),
        ("ui_locales_supported", "ui_locales"),
        ("display_values_supported", "display"),
    ] {
        for value in list(&metadata, name) {
            let request = Request::new("openid").with(parameter, value);
            // How the others are reached: `sign_in::acr`, `factors`. Here it is seen that nothing
            // ignores them.
            if parameter == "acr_values" && value != "pwd" {
                let page = request.send(&browser).await;
                let enrol = match value {
                    "mfa" => "/account/factors",
                    _ => "/account/factors/passkeys",
                };
                assert_eq!(page.url.path(), enrol, "{value}");
                continue;
            }
            let code = request.code(&browser, CUSTOMER).await;
            let (_, tokens) = code.redeem(&server).await;
            let acr = &payload(text(&tokens, "id_token"))["acr"];
            assert!(parameter != "acr_values" || acr == value, "{value}");
        }
    }
}

#[tokio::test]
async fn every_scope_and_claim_can_be_had() {
    let server = TestServer::start().await;
    let metadata = metadata(&server).await;
    let scopes = list(&metadata, "scopes_supported").join(" ");
    assert!(
        list(&metadata, "scopes_supported")
            .iter()
            .all(|scope| EVERYTHING.contains(scope))
    );
    let tokens = crate::support::flow::tokens(&server, &scopes, CUSTOMER).await;
    let granted = text(&tokens, "scope");
    for scope in list(&metadata, "scopes_supported") {
        assert!(
            granted.split(' ').any(|value| value == scope),
            "{scope} of {granted}"
        );
    }
    let (_, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    let id_token = payload(text(&tokens, "id_token"));
    for claim in list(&metadata, "claims_supported") {
        assert!(
            userinfo.get(claim).or(id_token.get(claim)).is_some(),
            "{claim}"
        );
    }
}

#[tokio::test]
async fn every_algorithm_method_and_subject_type_can_be_registered() {
    let server = TestServer::start().await;
    let metadata = metadata(&server).await;
    let key = Key::generate("ES256", "k");
    for (supported, member) in [
        (
            "id_token_signing_alg_values_supported",
            "id_token_signed_response_alg",
        ),
        (
            "userinfo_signing_alg_values_supported",
            "userinfo_signed_response_alg",
        ),
        (
            "token_endpoint_auth_signing_alg_values_supported",
            "token_endpoint_auth_signing_alg",
        ),
        (
            "token_endpoint_auth_methods_supported",
            "token_endpoint_auth_method",
        ),
        ("subject_types_supported", "subject_type"),
    ] {
        for value in list(&metadata, supported) {
            let mut body = json!({"redirect_uris": ["https://app.example/cb"]});
            if value == "private_key_jwt" {
                body["jwks"] = key.jwks();
            }
            body[member] = json!(value);
            let request = server.http.post(text(&metadata, "registration_endpoint"));
            let (status, registered) = send(request.json(&body)).await;
            assert_eq!(
                (status, &registered[member]),
                (201, &json!(value)),
                "{registered}"
            );
        }
    }
}
