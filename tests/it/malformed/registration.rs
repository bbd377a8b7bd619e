//! Bodies of a registration that are no metadata.

use serde_json::Value;

use super::endpoints::Form;
use super::raw::{posted, with_body};
use super::shape::{is_error, is_json_error};
use super::table::{FORM, ask};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_registration_that_is_no_metadata_is_refused_as_json() {
    let server = TestServer::start().await;
    let json = "application/json";
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let deep_inside = format!(
        "{{\"redirect_uris\":{}\"x\"{}}}",
        "[".repeat(100),
        "]".repeat(100)
    );
    // A client of one's own, whose metadata are replaced by the same (RFC 7592, section 2.2).
    let good = br#"{"redirect_uris":["https://a.example/"],"client_name":"a"}"#;
    let made = ask(&server, &posted("POST", "/register", json, good)).await;
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    let text = |name: &str| made[name].as_str().unwrap();
    let bearer = format!("Bearer {}", text("registration_access_token"));
    let headers = [("content-type", json), ("authorization", &bearer)];
    let path = format!("/register/{}", text("client_id"));
    let own = format!("{{\"client_id\":\"{}\",", text("client_id"));
    let replacing = |body: &[u8]| {
        let body = match body.strip_prefix(b"{") {
            Some(rest) if rest.starts_with(b"\"redirect_uris\"") => [own.as_bytes(), rest].concat(),
            _ => body.to_vec(),
        };
        with_body("PUT", &path, &headers, Some(&body))
    };
    let replaced = ask(&server, &replacing(good)).await;
    assert_eq!(replaced.status, 200, "{}", replaced.text());
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("text", b"\"{}\"".to_vec()),
        ("half", b"{\"redirect_uris\":[".to_vec()),
        ("two", b"{}{}".to_vec()),
        ("binary", (0..=255).collect()),
        ("no UTF-8", b"{\"client_name\":\"\xff\"}".to_vec()),
        ("half a surrogate pair", br#"{"client_name":"\ud800"}"#.to_vec()),
        ("deep", deep.into_bytes()),
        ("deep inside", deep_inside.into_bytes()),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a comment", b"{/**/}".to_vec()),
        ("beyond every number", br#"{"redirect_uris":["https://a.example/"],"default_max_age":1e999}"#.to_vec()),
        ("a negative age", br#"{"redirect_uris":["https://a.example/"],"default_max_age":-1}"#.to_vec()),
        ("NUL in a name", br#"{"redirect_uris":["https://a.example/"],"client_name":"a\u0000b"}"#.to_vec()),
        ("NUL in a contact", br#"{"redirect_uris":["https://a.example/"],"contacts":["\u0000"]}"#.to_vec()),
        ("NUL in a URI", br#"{"redirect_uris":["https://a.example/\u0000"]}"#.to_vec()),
        ("NUL in a key", br#"{"redirect_uris":["https://a.example/"],"jwks":{"keys":[{"kty":"EC","kid":"\u0000"}]}}"#.to_vec()),
        ("NUL in an acr", br#"{"redirect_uris":["https://a.example/"],"default_acr_values":["\u0000"]}"#.to_vec()),
        ("a name twice", br#"{"redirect_uris":["https://a.example/"],"client_name":"a","client_name":"a"}"#.to_vec()),
        ("a key twice", br#"{"redirect_uris":["https://a.example/"],"jwks":{"keys":[{"kty":"EC","kty":"RSA"}]}}"#.to_vec()),
        ("a line end in a name", br#"{"redirect_uris":["https://a.example/"],"client_name":"a\r\nb"}"#.to_vec()),
        ("a script", br#"{"redirect_uris":["javascript:alert(1)"],"application_type":"native"}"#.to_vec()),
    ];
    for (name, body) in &bodies {
        for bytes in [posted("POST", "/register", json, body), replacing(body)] {
            let answer = ask(&server, &bytes).await;
            assert_eq!(
                answer.status,
                400,
                "{name}: {}\n{}",
                answer.head,
                answer.text()
            );
            is_json_error(&answer, name);
        }
    }
    for kind in ["text/plain", FORM, "", "application/jsonp"] {
        let answer = ask(&server, &posted("POST", "/register", kind, b"{}")).await;
        is_error(&answer, 415, Form::Json, kind);
    }
}
