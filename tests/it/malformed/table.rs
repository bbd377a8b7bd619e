//! Every endpoint × every kind of malformed input, and the form of the answer.

use super::endpoints::{ENDPOINTS, Endpoint, Form, Reads};
use super::raw::{Answer, exchange, posted, request, with_body};
use super::shape::{is_error, is_error_page, is_json_error};
use crate::support::server::TestServer;

const FORM: &str = "application/x-www-form-urlencoded";

async fn ask(server: &TestServer, bytes: &[u8]) -> Answer {
    exchange(&server.base, bytes).await.unwrap_or_else(|| {
        let shown: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
        panic!("closed without an answer: {shown}")
    })
}

#[tokio::test]
async fn a_method_that_an_endpoint_does_not_know_is_405_with_those_it_knows() {
    let server = TestServer::start().await;
    for endpoint in ENDPOINTS {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get",
        ] {
            if endpoint.methods.contains(&method) {
                continue;
            }
            let case = format!("{method} {}", endpoint.route);
            let body = (method != "GET").then_some(&b"a=b"[..]);
            let answer = ask(&server, &with_body(method, endpoint.path, &[], body)).await;
            is_error(&answer, 405, endpoint.form, &case);
            let allow = answer.header("allow").unwrap_or_default();
            for known in endpoint.methods {
                let listed = allow.split(',').any(|one| one.trim() == *known);
                assert!(listed, "{case}: RFC 9110, section 15.5.6: {}", answer.head);
            }
        }
        let head = ask(&server, &request("HEAD", endpoint.path, &[])).await;
        let gets = endpoint.methods.contains(&"GET");
        assert_eq!(
            head.status != 405,
            gets,
            "HEAD {}: {}",
            endpoint.route,
            head.head
        );
        assert!(head.status < 500, "{}", head.head);
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_415() {
    let server = TestServer::start().await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.posts_form()) {
        for kind in [
            "application/json",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/x-www-form-urlencodedx",
            "",
            "\u{e9}",
        ] {
            let case = format!("{kind:?} at {}", endpoint.route);
            let answer = ask(&server, &posted("POST", endpoint.path, kind, b"{}")).await;
            is_error(&answer, 415, endpoint.form, &case);
        }
        let none = with_body("POST", endpoint.path, &[], Some(b"a=b"));
        is_error(
            &ask(&server, &none).await,
            415,
            endpoint.form,
            endpoint.route,
        );
    }
}

/// Parameters that cannot be read at all.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("half an escape", b"a=%".to_vec()),
        ("no hexadecimal", b"a=%zz".to_vec()),
        ("no UTF-8", b"a=%ff".to_vec()),
        ("an overlong slash", b"a=%c0%af".to_vec()),
        ("a surrogate", b"a=%ed%a0%80".to_vec()),
        ("NUL", b"a=%00".to_vec()),
        ("NUL in a name", b"%00=a".to_vec()),
        ("too many", "a=b&".repeat(101).into_bytes()),
    ]
}

#[tokio::test]
async fn parameters_that_cannot_be_read_are_400() {
    let server = TestServer::start().await;
    let mut in_bodies = unreadable();
    in_bodies.push(("binary", (0..=255).collect()));
    in_bodies.push(("gzip", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
    let form =
        |endpoint: &&Endpoint| endpoint.posts_form() || endpoint.reads == Reads::OptionalForm;
    for endpoint in ENDPOINTS.iter().filter(form) {
        for (name, body) in &in_bodies {
            let case = format!("{name} at POST {}", endpoint.route);
            let answer = ask(&server, &posted("POST", endpoint.path, FORM, body)).await;
            is_error(&answer, 400, endpoint.form, &case);
        }
    }
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.gets_query()) {
        for (name, query) in unreadable() {
            let case = format!("{name} at GET {}", endpoint.route);
            let target = format!("{}?{}", endpoint.path, String::from_utf8(query).unwrap());
            let answer = ask(&server, &request("GET", &target, &[])).await;
            is_error(&answer, 400, endpoint.form, &case);
        }
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413() {
    let server = TestServer::start().await;
    let large = format!("a={}", "x".repeat(70_000));
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.posts_form()) {
        let answer = ask(
            &server,
            &posted("POST", endpoint.path, FORM, large.as_bytes()),
        )
        .await;
        is_error(&answer, 413, endpoint.form, endpoint.route);
    }
    let json = format!("{{\"client_name\":\"{large}\"}}");
    let bytes = posted("POST", "/register", "application/json", json.as_bytes());
    is_error(&ask(&server, &bytes).await, 413, Form::Json, "/register");
    // Sent in chunks, the length is known only at the end.
    let mut chunked = b"POST /token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\
        content-type: application/x-www-form-urlencoded\r\n\r\n11170\r\n"
        .to_vec();
    chunked.extend_from_slice(&vec![b'a'; 0x11170]);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    is_error(&ask(&server, &chunked).await, 413, Form::Json, "chunked");
}

#[tokio::test]
async fn a_repeated_parameter_is_400_where_it_could_mean_two_things() {
    let server = TestServer::start().await;
    for path in ["/token", "/introspect", "/revoke", "/userinfo"] {
        let body = b"client_id=booking-spa&client_id=booking-app&grant_type=x";
        let answer = ask(&server, &posted("POST", path, FORM, body)).await;
        is_error(&answer, 400, Form::Json, path);
        assert!(
            answer.text().contains("invalid_request"),
            "{path}: {}",
            answer.text()
        );
    }
    let query = "client_id=booking-app&client_id=booking-spa&response_type=code";
    let answer = ask(
        &server,
        &request("GET", &format!("/authorize?{query}"), &[]),
    )
    .await;
    is_error(&answer, 400, Form::Page, "two clients");
    let query = "state=1&state=2&client_id=booking-app&redirect_uri=http://localhost:3002/callback&\
        redirect_uri=https://evil.example/";
    let answer = ask(
        &server,
        &request("GET", &format!("/authorize?{query}"), &[]),
    )
    .await;
    is_error(
        &answer,
        400,
        Form::Page,
        "two addresses, behind another repetition",
    );
    let query = "state=1&state=2";
    let answer = ask(&server, &request("GET", &format!("/logout?{query}"), &[])).await;
    is_error(&answer, 400, Form::Page, "sign-out");
}

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
        ("a line end in a name", br#"{"redirect_uris":["https://a.example/"],"client_name":"a\r\nb"}"#.to_vec()),
        ("a script", br#"{"redirect_uris":["javascript:alert(1)"],"application_type":"native"}"#.to_vec()),
    ];
    for (name, body) in &bodies {
        let answer = ask(&server, &posted("POST", "/register", json, body)).await;
        assert_eq!(
            answer.status,
            400,
            "{name}: {}\n{}",
            answer.head,
            answer.text()
        );
        is_json_error(&answer, name);
    }
    for kind in ["text/plain", FORM, "", "application/jsonp"] {
        let answer = ask(&server, &posted("POST", "/register", kind, b"{}")).await;
        is_error(&answer, 415, Form::Json, kind);
    }
}

#[tokio::test]
async fn a_path_that_names_no_client_and_no_file_tells_nothing() {
    let server = TestServer::start().await;
    let bearer = [("authorization", "Bearer x")];
    for id in [
        "%FF",
        "%00",
        "%2e%2e",
        "a%2Fb",
        "%C3%A9",
        "x%20y",
        "%0d%0aSet-Cookie:%20a=b",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let case = format!("{method} /register/{id}");
            let target = format!("/register/{id}");
            let answer = ask(&server, &with_body(method, &target, &bearer, Some(b"{}"))).await;
            is_error(&answer, 401, Form::Json, &case);
        }
        let answer = ask(
            &server,
            &request("GET", &format!("/clients/{id}/logo"), &[]),
        )
        .await;
        assert!(matches!(answer.status, 400 | 404), "{id}: {}", answer.head);
    }
    let long = "x".repeat(5000);
    let answer = ask(
        &server,
        &request("GET", &format!("/register/{long}"), &bearer),
    )
    .await;
    is_error(&answer, 401, Form::Json, "a long id");
    for path in [
        "/static/../Cargo.toml",
        "/static/..%2fCargo.toml",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static/..%5c..%5cCargo.toml",
        "/static//etc/passwd",
        "/static/%FF",
        "/static/%00",
        "/static/auth.css%00.png",
        "/static/",
        "//evil.example/static",
        "/.env",
        "/..%2f..%2fetc/passwd",
    ] {
        let answer = ask(&server, &request("GET", path, &[])).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.head
        );
        let body = answer.text();
        assert!(
            !body.contains("[package]") && !body.contains("root:"),
            "{path}"
        );
        assert_eq!(answer.header("location"), None, "{path}");
    }
}

#[tokio::test]
async fn what_is_nowhere_is_an_error_page() {
    let server = TestServer::start().await;
    for path in [
        "/nowhere",
        "/token/",
        "/register/a/b",
        "/%6coginx",
        "/login;a=b",
        "/AUTHORIZE",
    ] {
        let answer = ask(&server, &request("GET", path, &[])).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.head);
        is_error_page(&answer, path);
    }
}

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
