//! Malformed input at every call of the JSON API. The table is the OpenAPI document, which a test
//! keeps equal to the routes.

use auth_api::cli::demo::PASSWORD;
use serde_json::{Value, json};

use super::chance::Chance;
use super::json::member;
use super::raw::{Answer, posted, request, with_body};
use super::shape::has_request_id;
use super::table::{FORM, ask};
use crate::support::api::Api;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

const JSON: &str = "application/json";

/// One call.
#[derive(Debug)]
struct Call {
    method: String,
    /// As the document has it.
    route: String,
    /// A path that it matches.
    path: String,
    /// A body that it takes.
    body: Option<Value>,
    /// Whether it wants an access token.
    personal: bool,
    /// Whether it reads a query.
    query: bool,
}

fn calls() -> Vec<Call> {
    let document: Value =
        serde_json::from_str(&auth_api::ops::openapi::generate().unwrap()).unwrap();
    let mut calls = Vec::new();
    for (route, item) in document["paths"].as_object().unwrap() {
        if !route.starts_with("/api/auth/") {
            continue;
        }
        for method in ["get", "post", "patch", "delete"] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let body = &operation["requestBody"]["content"][JSON]["example"];
            let parameters = operation["parameters"].as_array();
            calls.push(Call {
                method: method.to_uppercase(),
                route: route.clone(),
                path: route
                    .replace("{id}", "00000000-0000-0000-0000-000000000000")
                    .replace("{client_id}", "booking-app"),
                body: (!body.is_null()).then(|| body.clone()),
                personal: !operation["security"][0]["account"].is_null(),
                query: parameters
                    .into_iter()
                    .flatten()
                    .any(|one| one["in"] == "query"),
            });
        }
    }
    assert!(calls.len() > 30, "{calls:?}");
    calls
}

/// Checks that an answer is a problem (RFC 9457).
fn is_problem(answer: &Answer, statuses: &[u16], case: &str) {
    let context = || format!("{case}: {}\n{}", answer.head, answer.text());
    assert!(statuses.contains(&answer.status), "{}", context());
    let request_id = has_request_id(answer, case);
    let kind = answer.header("content-type").unwrap_or_default();
    assert_eq!(kind, "application/problem+json", "{}", context());
    assert_eq!(
        answer.header("cache-control"),
        Some("no-store"),
        "{}",
        context()
    );
    let body: Value =
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{}", context()));
    assert_eq!(body["status"], answer.status, "{}", context());
    assert_eq!(body["request_id"], request_id.as_str(), "{}", context());
    for name in ["type", "title", "detail"] {
        assert!(
            body[name].as_str().is_some_and(|text| !text.is_empty()),
            "{}",
            context()
        );
    }
}

async fn bearer(server: &TestServer) -> String {
    let tokens = Api::new(server).login(CUSTOMER, PASSWORD).await.ok(200);
    format!("Bearer {}", tokens.text("access_token"))
}

fn sent(call: &Call, bearer: &str, kind: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    if call.personal {
        headers.push(("authorization", bearer));
    }
    if let Some(kind) = kind {
        headers.push(("content-type", kind));
    }
    with_body(&call.method, &call.path, &headers, Some(body))
}

#[tokio::test]
async fn a_method_that_a_call_does_not_know_is_405_with_those_it_knows() {
    let server = TestServer::start().await;
    let calls = calls();
    for call in &calls {
        let known: Vec<&str> = calls
            .iter()
            .filter(|other| other.route == call.route)
            .map(|other| other.method.as_str())
            .collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
            if known.contains(&method) {
                continue;
            }
            let case = format!("{method} {}", call.route);
            let answer = ask(&server, &request(method, &call.path, &[])).await;
            // Another call may have a pattern that the path fits, too.
            is_problem(&answer, &[405], &case);
            let allow = answer.header("allow").unwrap_or_default();
            for known in &known {
                let listed = allow.split(',').any(|one| one.trim() == *known);
                assert!(listed, "{case}: {}", answer.head);
            }
        }
    }
    for path in [
        "/api/auth",
        "/api/auth/nowhere",
        "/api/auth/me/",
        "/api/auth//me",
    ] {
        let answer = ask(&server, &request("GET", path, &[])).await;
        is_problem(&answer, &[404], path);
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_by_what_is_wrong_with_it() {
    let server = TestServer::start().await;
    let bearer = bearer(&server).await;
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let unreadable: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("text", b"\"{}\"".to_vec()),
        ("half", b"{\"email\":[".to_vec()),
        ("two", b"{}{}".to_vec()),
        ("binary", (0..=255).collect()),
        ("no UTF-8", b"{\"email\":\"\xff\"}".to_vec()),
        ("half a surrogate pair", br#"{"email":"\ud800"}"#.to_vec()),
        ("deep", deep.into_bytes()),
        (
            "UTF-16",
            "{}".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        ("a comment", b"{/**/}".to_vec()),
        ("NUL in a value", br#"{"email":"a\u0000b"}"#.to_vec()),
        ("NUL in a name", br#"{"\u0000":1}"#.to_vec()),
        ("NUL deep inside", br#"{"a":[{"b":"\u0000"}]}"#.to_vec()),
        ("beyond every number", br#"{"a":1e999}"#.to_vec()),
    ];
    let large = format!("{{\"email\":\"{}\"}}", "x".repeat(70_000)).into_bytes();
    for call in calls().iter().filter(|call| call.body.is_some()) {
        for (name, body) in &unreadable {
            let case = format!("{name} at {}", call.route);
            let answer = ask(&server, &sent(call, &bearer, Some(JSON), body)).await;
            is_problem(&answer, &[400], &case);
        }
        for kind in ["text/plain", FORM, "application/jsonp", "\u{e9}"] {
            let case = format!("{kind:?} at {}", call.route);
            let answer = ask(&server, &sent(call, &bearer, Some(kind), b"{}")).await;
            is_problem(&answer, &[415], &case);
        }
        let answer = ask(&server, &sent(call, &bearer, None, b"{}")).await;
        is_problem(&answer, &[415], &call.route);
        let answer = ask(&server, &sent(call, &bearer, Some(JSON), &large)).await;
        is_problem(&answer, &[413], &call.route);
        // Every member of another type; and one that stands there twice.
        let Some(Value::Object(example)) = &call.body else {
            panic!("{call:?}");
        };
        let wrong: Value = example
            .keys()
            .map(|name| (name.clone(), json!(7)))
            .collect();
        let wrong = wrong.to_string();
        let answer = ask(&server, &sent(call, &bearer, Some(JSON), wrong.as_bytes())).await;
        is_problem(&answer, &[422], &call.route);
        let name = example.keys().next().unwrap();
        let twice = format!(r#"{{"{name}":"a","{name}":"b"}}"#);
        let answer = ask(&server, &sent(call, &bearer, Some(JSON), twice.as_bytes())).await;
        is_problem(&answer, &[422], &format!("{name} twice at {}", call.route));
    }
}

#[tokio::test]
async fn a_token_that_is_none_opens_nothing() {
    let server = TestServer::start().await;
    for call in calls().iter().filter(|call| call.personal) {
        let body = call.body.clone().unwrap_or_default().to_string();
        for (token, statuses) in [
            ("Bearer x", &[401][..]),
            ("Bearer a.b.c", &[401]),
            ("Basic Ym9va2luZy1hcHA6eA==", &[401]),
            ("Bearer", &[401]),
            ("Bearer \u{e9}", &[400]),
            ("Bearer a b", &[400]),
        ] {
            let case = format!("{token:?} at {} {}", call.method, call.route);
            let headers = [("authorization", token), ("content-type", JSON)];
            let bytes = with_body(&call.method, &call.path, &headers, Some(body.as_bytes()));
            let answer = ask(&server, &bytes).await;
            is_problem(&answer, statuses, &case);
            assert!(answer.header("www-authenticate").is_some(), "{case}");
        }
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        let bytes = with_body(&call.method, &call.path, &twice, Some(b"{}"));
        is_problem(&ask(&server, &bytes).await, &[400], &call.route);
    }
}

#[tokio::test]
async fn what_stands_in_the_address_is_checked_too() {
    let server = TestServer::start().await;
    let bearer = bearer(&server).await;
    for call in calls() {
        let headers = [("authorization", bearer.as_str()), ("content-type", JSON)];
        let body = call.body.clone().unwrap_or_else(|| json!({})).to_string();
        for id in ["%FF", "%00", "x", "%2e%2e", "a%2Fb", "%C3%A9", "x%20y"] {
            if !call.route.contains('{') {
                continue;
            }
            let path = call.route.replace("{id}", id).replace("{client_id}", id);
            let bytes = with_body(&call.method, &path, &headers, Some(body.as_bytes()));
            is_problem(&ask(&server, &bytes).await, &[404], &path);
        }
        for query in [
            "limit=x",
            "limit=-1",
            "limit=99999999999",
            "cursor=%00",
            "cursor=x",
            "limit=1&limit=2",
            "cursor=%ff",
        ] {
            if !call.query {
                continue;
            }
            let path = format!("{}?{query}", call.path);
            let answer = ask(&server, &request(&call.method, &path, &headers)).await;
            is_problem(&answer, &[400, 403, 422], &path);
        }
    }
}

/// Bodies that are nearly right: whatever is changed in them, no call fails inside.
#[tokio::test]
async fn no_altered_body_is_a_failure_of_the_server() {
    let server = TestServer::start().await;
    let bearer = bearer(&server).await;
    let mut chance = Chance::new(31);
    for call in calls() {
        let Some(example) = &call.body else { continue };
        for _ in 0..12 {
            let mut body = example.clone();
            member(&mut body, &mut chance, 0);
            let text = body.to_string();
            let answer = ask(&server, &sent(&call, &bearer, Some(JSON), text.as_bytes())).await;
            let case = format!("{} {}: {text:.300}", call.method, call.route);
            assert!(
                answer.status < 500,
                "{case}: {}\n{}",
                answer.head,
                answer.text()
            );
            if answer.status >= 400 {
                is_problem(&answer, &[answer.status], &case);
            }
        }
    }
    // The forms of others are none here.
    let answer = ask(
        &server,
        &posted("POST", "/api/auth/login", FORM, b"email=a"),
    )
    .await;
    is_problem(&answer, &[415], "a form");
}
