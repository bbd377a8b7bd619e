use serde_json::json;

use super::*;
use crate::clients::documents::{DocumentError, Documents};
use crate::clients::metadata::{GrantType, ResponseType};

const DEVELOPER: Registrant<'static> = Registrant::Developer { keeps: None };

/// A minimal web client with `members` laid over it.
fn body(members: Value) -> Map<String, Value> {
    let mut body = json!({"redirect_uris": ["https://app.example/cb"]});
    let object = body.as_object_mut().unwrap();
    let Value::Object(members) = members else {
        panic!("an object")
    };
    object.extend(members);
    object.clone()
}

fn accept(members: Value) -> ValidMetadata {
    let shown = members.to_string();
    validate(body(members), DEVELOPER).unwrap_or_else(|error| panic!("{shown}: {error}"))
}

fn refuse(members: Value, code: MetadataErrorCode) -> MetadataError {
    let shown = members.to_string();
    let error = validate(body(members), DEVELOPER)
        .map_or_else(|error| error, |_| panic!("{shown} was accepted"));
    assert_eq!(error.code(), code, "{shown}: {error}");
    let plain = |c: char| (' '..='~').contains(&c) && c != '"' && c != '\\';
    assert!(error.description().chars().all(plain), "{error}");
    assert!(!error.description().is_empty());
    error
}

fn refuse_metadata(members: Value) {
    refuse(members, MetadataErrorCode::InvalidClientMetadata);
}

fn refuse_redirect(uri: &str, kind: &str) {
    refuse(
        json!({"redirect_uris": [uri], "application_type": kind}),
        MetadataErrorCode::InvalidRedirectUri,
    );
}

#[test]
fn the_least_registration_gets_the_defaults() {
    let valid = accept(json!({}));
    assert!(valid.require_pkce);
    assert_eq!(valid.metadata.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(valid.metadata.response_types, [ResponseType::Code]);
    assert_eq!(
        valid.metadata.scope.iter().collect::<Vec<_>>(),
        STANDARD_SCOPES
    );
}

#[test]
fn web_redirect_uris_are_https_or_loopback() {
    for uri in [
        "https://app.example/cb?kept=1&x=%20",
        "https://app.example",
        "https://APP.example:8443/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:8080/cb",
    ] {
        let valid = accept(json!({"redirect_uris": [uri]}));
        assert_eq!(valid.metadata.redirect_uris, [uri], "kept byte for byte");
    }
    for uri in [
        "",
        "/cb",
        "app.example/cb",
        "http://app.example/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1.evil.example/",
        "http://0x7f.1/cb",
        "http://2130706433/",
        "https://app.example/cb#fragment",
        "https://app.example/cb#",
        "https://user@app.example/cb",
        "https://user:pass@app.example/cb",
        "http://localhost@evil.example/",
        "http://localhost:pw@evil.example/",
        "https://*.app.example/cb",
        "https:app.example/cb",
        "https:/app.example/cb",
        "https:///app.example/cb",
        "https://",
        "https://:443/",
        "HTTPS://app.example/cb",
        "https://app.example/a b",
        "https://app.example/\n",
        "https://app.example\\@evil.example/",
        "https://app.example/é",
        "https://app.example/<x>",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "com.example.app:/cb",
        "urn:ietf:wg:oauth:2.0:oob",
    ] {
        refuse_redirect(uri, "web");
    }
}

#[test]
fn native_redirect_uris_are_private_use_loopback_or_claimed_https() {
    for uri in [
        "com.example.app:/cb",
        "com.example.app://cb",
        "http://127.0.0.1/cb",
        "http://[::1]/cb",
        "http://localhost/cb",
        "https://app.example/cb",
    ] {
        accept(json!({"redirect_uris": [uri], "application_type": "native"}));
    }
    for uri in [
        "http://app.example/cb",
        "myapp:/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///x",
        "vbscript:x",
        "intent://x#Intent;end",
        "com.example.app:/cb#x",
        "com.example.app://user@cb/",
        ".example:/cb",
        "com..example:/cb",
        "com.example_app:/cb",
    ] {
        refuse_redirect(uri, "native");
    }
}

#[test]
fn redirect_uris_are_needed_where_they_are_used_and_bounded() {
    let code = MetadataErrorCode::InvalidRedirectUri;
    refuse(json!({"redirect_uris": []}), code);
    refuse(json!({"redirect_uris": null}), code);
    refuse(json!({"redirect_uris": "https://app.example/cb"}), code);
    refuse(json!({"redirect_uris": [1]}), code);
    refuse(
        json!({"redirect_uris": vec!["https://app.example/"; 21]}),
        code,
    );
    refuse(
        json!({"redirect_uris": [format!("https://app.example/{}", "x".repeat(2000))]}),
        code,
    );
    accept(json!({"redirect_uris": [], "grant_types": ["client_credentials"]}));
}

#[test]
fn grant_and_response_types_agree() {
    let machine = accept(json!({"grant_types": ["client_credentials"]})).metadata;
    assert!(machine.response_types.is_empty());
    assert!(machine.scope.is_empty());
    let both = accept(
        json!({"grant_types": ["authorization_code", "refresh_token",
        "authorization_code", "client_credentials"]}),
    );
    assert_eq!(both.metadata.grant_types.len(), 3);
    for members in [
        json!({"grant_types": ["client_credentials"], "response_types": ["code"]}),
        json!({"grant_types": ["authorization_code"], "response_types": []}),
        json!({"grant_types": ["refresh_token"]}),
        json!({"grant_types": []}),
        json!({"grant_types": ["implicit"]}),
        json!({"grant_types": ["password"]}),
        json!({"response_types": ["token"]}),
        json!({"response_types": ["code id_token"]}),
        json!({"grant_types": ["client_credentials"], "token_endpoint_auth_method": "none"}),
    ] {
        refuse_metadata(members);
    }
}

#[test]
fn only_a_confidential_client_goes_without_pkce() {
    assert!(!accept(json!({"require_pkce": false})).require_pkce);
    assert!(accept(json!({"token_endpoint_auth_method": "none"})).require_pkce);
    refuse_metadata(json!({"require_pkce": false, "token_endpoint_auth_method": "none"}));
    refuse_metadata(json!({"require_pkce": "false"}));
}

#[test]
fn unsupported_values_are_refused() {
    for members in [
        json!({"token_endpoint_auth_method": "client_secret_jwt"}),
        json!({"token_endpoint_auth_method": "tls_client_auth"}),
        json!({"token_endpoint_auth_signing_alg": "HS256"}),
        json!({"token_endpoint_auth_signing_alg": "Ed448"}),
        // We sign with it under its older name.
        json!({"id_token_signed_response_alg": "Ed25519"}),
        json!({"id_token_signed_response_alg": "none"}),
        json!({"id_token_signed_response_alg": "HS256"}),
        json!({"userinfo_signed_response_alg": "none"}),
        json!({"access_token_signed_response_alg": "ES512"}),
        json!({"request_object_signing_alg": "HS256"}),
        json!({"application_type": "browser"}),
        json!({"subject_type": "secret"}),
        json!({"id_token_encrypted_response_alg": "RSA-OAEP"}),
        json!({"userinfo_encrypted_response_enc": "A128GCM"}),
        json!({"request_object_encryption_alg": "RSA-OAEP"}),
        json!({"default_max_age": -1}),
        json!({"default_max_age": "60"}),
        json!({"require_auth_time": "yes"}),
        json!({"scope": "openid  email"}),
        json!({"scope": ["openid"]}),
    ] {
        refuse_metadata(members);
    }
    for members in [
        json!({"id_token_signed_response_alg": "EdDSA"}),
        json!({"request_object_signing_alg": "none"}),
        json!({"request_object_signing_alg": "Ed25519"}),
        json!({"token_endpoint_auth_signing_alg": "Ed25519"}),
        json!({"default_max_age": 0, "require_auth_time": true}),
        json!({"software_statement": "a.b.c", "made_up": {"x": 1}}),
        json!({"id_token_encrypted_response_alg": null, "client_name": ""}),
    ] {
        accept(members);
    }
}

#[test]
fn permissions_are_an_administrators_to_give() {
    let asks = json!({"scope": "openid bookings:read"});
    refuse_metadata(asks.clone());
    let permissions = BTreeSet::from(["bookings:read".to_owned()]);
    let admin = Registrant::Administrator {
        permissions: &permissions,
    };
    assert!(validate(body(asks.clone()), admin).is_ok());
    assert!(validate(body(json!({"scope": "bookings:write"})), admin).is_err());
    let kept = ScopeList::parse("openid bookings:read").unwrap();
    let keeps = Registrant::Developer { keeps: Some(&kept) };
    assert!(validate(body(asks), keeps).is_ok());
    refuse_metadata(json!({"scope": "made_up"}));
}

#[test]
fn names_and_links_that_are_shown_to_people_are_harmless() {
    let valid = accept(json!({
        "client_name": "Réservations 予約", "client_name#fr": "Réservations",
        "logo_uri": "https://app.example/logo.png", "tos_uri": "http://app.example/tos#part",
        "contacts": ["ops@app.example"],
    }));
    assert_eq!(valid.metadata.client_name_in("fr"), Some("Réservations"));
    for members in [
        json!({"client_name": "x".repeat(101)}),
        json!({"client_name": "a\u{202e}b"}),
        json!({"client_name": "a\u{2066}b"}),
        json!({"client_name": "a\nb"}),
        json!({"client_name": "   "}),
        json!({"client_name#fr": "a\u{200f}b"}),
        json!({"client_name#fr": 3}),
        json!({"logo_uri": "javascript:alert(1)"}),
        json!({"logo_uri#fr": "data:image/png;base64,xx"}),
        json!({"policy_uri": "ftp://app.example/"}),
        json!({"tos_uri": "https://user@app.example/"}),
        json!({"client_uri": "app.example"}),
        json!({"contacts": vec!["a@b.example"; 21]}),
        json!({"default_acr_values": ["a b"]}),
    ] {
        refuse_metadata(members);
    }
}

#[test]
fn the_other_uris_have_their_own_rules() {
    let valid = accept(json!({
        "initiate_login_uri": "https://app.example/start",
        "request_uris": ["https://app.example/request#v2"],
        "post_logout_redirect_uris": ["https://app.example/bye?x=1"],
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": "https://app.example/front",
    }));
    assert!(valid.metadata.backchannel_logout_session_required);
    for members in [
        json!({"initiate_login_uri": "http://app.example/start"}),
        json!({"initiate_login_uri": "http://localhost/start"}),
        json!({"request_uris": ["http://app.example/r"]}),
        json!({"request_uris": ["https://app.example/r#a#b"]}),
        json!({"post_logout_redirect_uris": ["https://app.example/bye#x"]}),
        json!({"post_logout_redirect_uris": ["javascript:alert(1)"]}),
        json!({"backchannel_logout_uri": "http://app.example/back"}),
        json!({"backchannel_logout_uri": "https://app.example/back#x"}),
        json!({"frontchannel_logout_uri": "https://other.example/front"}),
        json!({"frontchannel_logout_uri": "https://app.example:444/front"}),
        json!({"jwks_uri": "http://app.example/jwks"}),
        json!({"sector_identifier_uri": "http://app.example/sector"}),
    ] {
        refuse_metadata(members);
    }
}

#[test]
fn keys_are_public_and_come_from_one_place() {
    let coordinate = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    let key = json!({"kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate});
    let mut private = key.clone();
    private["d"] = json!(coordinate);
    let jwt = "private_key_jwt";
    let valid = accept(json!({"token_endpoint_auth_method": jwt, "jwks": {"keys": [key]}}));
    assert_eq!(valid.metadata.jwks.unwrap().keys.len(), 1);
    accept(json!({"jwks": {"keys": [key]}}));
    accept(json!({"token_endpoint_auth_method": jwt, "jwks_uri": "https://app.example/jwks"}));
    for members in [
        json!({"jwks": {"keys": [private]}}),
        json!({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}),
        json!({"jwks": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "dp": "AA"}]}}),
        json!({"jwks": {"keys": [key]}, "jwks_uri": "https://app.example/jwks"}),
        json!({"jwks": {"keys": vec![key.clone(); 21]}}),
        json!({"jwks": {"keys": [{"kty": "EC", "kid": "a\u{0}b"}]}}),
        json!({"jwks": {"keys": [{"kty": "EC", "key_ops": ["x".repeat(3000)]}]}}),
        json!({"jwks": [key]}),
        json!({"jwks": "text"}),
        json!({"token_endpoint_auth_method": jwt}),
        json!({"token_endpoint_auth_method": jwt, "jwks": {"keys": []}}),
        json!({"token_endpoint_auth_method": jwt, "jwks": {"keys": [key]},
            "token_endpoint_auth_signing_alg": "RS256"}),
    ] {
        refuse_metadata(members);
    }
}

#[test]
fn a_pairwise_client_has_one_sector() {
    let two_hosts = ["https://a.example/cb", "https://b.example/cb"];
    accept(json!({"subject_type": "pairwise"}));
    accept(json!({"redirect_uris": two_hosts}));
    refuse_metadata(json!({"subject_type": "pairwise", "redirect_uris": two_hosts}));
    accept(
        json!({"subject_type": "pairwise", "redirect_uris": two_hosts,
        "sector_identifier_uri": "https://a.example/sector.json"}),
    );
}

#[tokio::test]
async fn the_sector_document_lists_every_redirect_uri() {
    let metadata = accept(json!({
        "redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
        "sector_identifier_uri": "https://a.example/sector.json",
    }))
    .metadata;
    let holding = |document: Result<Value, DocumentError>| {
        Documents::new(move |url| {
            assert_eq!(url.as_str(), "https://a.example/sector.json");
            std::future::ready(document.clone())
        })
    };
    let complete = json!([
        "https://b.example/cb",
        "https://a.example/cb",
        "https://c.example/"
    ]);
    assert_eq!(
        check_sector_document(&metadata, &holding(Ok(complete))).await,
        Ok(())
    );
    for document in [
        Ok(json!(["https://a.example/cb"])),
        Ok(json!({"https://a.example/cb": 1})),
        Ok(json!([])),
        Err(DocumentError("connection refused".into())),
    ] {
        let error = check_sector_document(&metadata, &holding(document))
            .await
            .unwrap_err();
        assert_eq!(error.code(), MetadataErrorCode::InvalidClientMetadata);
        assert!(!error.description().contains("refused"));
    }
}

#[test]
fn loopback_redirects_by_number_are_told_from_names() {
    assert!(is_loopback_redirect("http://127.0.0.1:80/cb"));
    assert!(is_loopback_redirect("http://[::1]/cb"));
    assert!(!is_loopback_redirect("http://localhost/cb"));
    assert!(!is_loopback_redirect("https://127.0.0.1/cb"));
}
