//! Every endpoint × every kind of malformed input, and the form of the answer.

use super::endpoints::{ENDPOINTS, Endpoint, Form, Reads};
use super::raw::{Answer, exchange, posted, request, with_body};
use super::shape::{is_error, is_error_page};
use crate::support::server::TestServer;

pub const FORM: &str = "application/x-www-form-urlencoded";

/// The answer, which there must be.
pub async fn ask(server: &TestServer, bytes: &[u8]) -> Answer {
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
        let target = format!("/clients/{id}/logo");
        let answer = ask(&server, &request("GET", &target, &[])).await;
        is_error(&answer, 404, Form::Json, &target);
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
