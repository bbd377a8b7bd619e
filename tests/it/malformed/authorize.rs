//! Wrong parameters of an authorization request whose redirect URI is good: told there.

use super::raw::{Answer, request, with_body};
use super::table::{FORM, ask};
use crate::support::server::TestServer;

#[tokio::test]
async fn every_wrong_parameter_is_told_at_the_good_redirect_uri() {
    let server = TestServer::start().await;
    let long = "x".repeat(3000);
    let many = format!(
        "{{\"id_token\":{{\"acr\":{{\"values\":[\"{}\"]}}}}}}",
        "y".repeat(9000)
    );
    let nul = r#"{"id_token":{"acr":{"value":"\u0000"}}}"#;
    let nul_deep = r#"{"userinfo":{"email":{"values":[{"a":["\u0000"]}]}}}"#;
    let nul_key = r#"{"userinfo":{"email":{"value":{"\u0000":1}}}}"#;
    let huge_number = r#"{"id_token":{"auth_time":{"value":1e400}}}"#;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code\r\nx: y", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("scope", "\u{e9}", "invalid_scope"),
        ("scope", "nothing known", "invalid_scope"),
        ("scope", "", "invalid_scope"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "dance", "invalid_request"),
        ("max_age", "-1", "invalid_request"),
        ("max_age", "99999999999999999999", "invalid_request"),
        ("max_age", "1e3", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("response_mode", "query.jwt", "invalid_request"),
        ("response_mode", "web_message", "invalid_request"),
        ("nonce", &long, "invalid_request"),
        ("claims", "{", "invalid_request"),
        ("claims", "[]", "invalid_request"),
        ("claims", r#"{"id_token":{"acr":"x"}}"#, "invalid_request"),
        ("claims", &many, "invalid_request"),
        ("claims", nul, "invalid_request"),
        ("claims", nul_deep, "invalid_request"),
        ("claims", nul_key, "invalid_request"),
        ("claims", huge_number, "invalid_request"),
        ("id_token_hint", "a.b.c", "invalid_request"),
        ("id_token_hint", &long, "invalid_request"),
        ("resource", "https://unknown.example/", "invalid_target"),
        ("resource", "\u{1f600}", "invalid_target"),
        ("request", "a.b.c", "request_not_supported"),
        (
            "request_uri",
            "https://a.example/",
            "request_uri_not_supported",
        ),
        ("registration", "{}", "registration_not_supported"),
    ] {
        let wanted = crate::support::flow::Request::new("openid").with(name, value);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(wanted.pairs())
            .finish();
        let case = format!("{name}={value:.40}");
        let target = format!("/authorize?{query}");
        is_told(
            &ask(&server, &request("GET", &target, &[])).await,
            error,
            &case,
            &server,
        );
        // With a cookie, as a browser has it that was here before.
        let headers = [("content-type", FORM), ("cookie", "auth_browser=known")];
        let post = with_body("POST", "/authorize", &headers, Some(query.as_bytes()));
        is_told(&ask(&server, &post).await, error, &case, &server);
    }
}

fn is_told(answer: &Answer, error: &str, case: &str, server: &TestServer) {
    assert_eq!(
        answer.status,
        303,
        "{case}: {}\n{}",
        answer.head,
        answer.text()
    );
    let location = answer.header("location").unwrap();
    assert!(
        location.starts_with("http://localhost:3002/callback?"),
        "{case}: {location}"
    );
    let location = url::Url::parse(location).unwrap();
    let get = |name: &str| {
        let mut all = location.query_pairs().filter(|(known, _)| known == name);
        let first = all.next().map(|(_, value)| value.into_owned());
        assert!(all.next().is_none(), "{case}: {name} twice");
        first
    };
    assert_eq!(get("error").as_deref(), Some(error), "{case}");
    assert_eq!(get("state").as_deref(), Some("the-state"), "{case}");
    assert_eq!(
        get("iss").as_deref(),
        Some(server.issuer.as_str()),
        "{case}"
    );
    assert_eq!(get("code"), None, "{case}");
    let description = get("error_description").unwrap();
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(description.chars().all(allowed), "{case}: {description}");
}
