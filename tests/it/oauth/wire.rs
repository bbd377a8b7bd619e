//! What holds for every endpoint that clients call: CORS, methods, caching, the form of errors.

use reqwest::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONTENT_TYPE,
    ORIGIN, PRAGMA,
};
use reqwest::{Method, Response};

use super::client::{assert_refused, booking_app};
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, BOOKING_BATCH, CUSTOMER, Request, text};
use crate::support::server::TestServer;

async fn preflight(server: &TestServer, path: &str, method: &str) -> Response {
    let request = server.http.request(Method::OPTIONS, server.url(path));
    request
        .header(ORIGIN, "https://spa.example")
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn any_origin_may_call_what_needs_no_cookie() {
    let server = TestServer::start().await;
    for (path, method) in [
        ("/token", "POST"),
        ("/userinfo", "GET"),
        ("/userinfo", "POST"),
        ("/revoke", "POST"),
        ("/introspect", "POST"),
        ("/register", "POST"),
        ("/register/some-client", "PUT"),
        ("/register/some-client", "DELETE"),
    ] {
        let answer = preflight(&server, path, method).await;
        assert!(answer.status().is_success(), "{path}");
        let header = |name| {
            answer.headers()[name]
                .to_str()
                .unwrap()
                .to_ascii_lowercase()
        };
        assert_eq!(header(ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        assert!(header(ACCESS_CONTROL_ALLOW_METHODS).contains(&method.to_ascii_lowercase()));
        let headers = header(ACCESS_CONTROL_ALLOW_HEADERS);
        assert!(headers.contains("authorization") && headers.contains("content-type"));
        // Never with cookies: any page could then act for whoever looks at it.
        assert!(
            !answer
                .headers()
                .contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS)
        );
    }
    let refused = server
        .http
        .get(server.url("/userinfo"))
        .header(ORIGIN, "https://spa.example");
    let refused = refused.send().await.unwrap();
    assert_eq!(
        refused.headers()[ACCESS_CONTROL_ALLOW_ORIGIN],
        "*",
        "errors can be read too"
    );
    let exposed = refused.headers()[ACCESS_CONTROL_EXPOSE_HEADERS]
        .to_str()
        .unwrap();
    assert!(exposed.eq_ignore_ascii_case("www-authenticate"));
}

#[tokio::test]
async fn no_origin_may_read_pages() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/authorize",
        "/login",
        "/consent",
        "/logout",
        "/select-account",
    ] {
        let answer = preflight(&server, path, "POST").await;
        assert!(
            !answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN),
            "{path}"
        );
        let request = server
            .http
            .get(server.url(path))
            .header(ORIGIN, "https://spa.example");
        let answer = request.send().await.unwrap();
        assert!(
            !answer.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN),
            "{path}"
        );
    }
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let server = TestServer::start().await;
    for (path, allowed) in [
        ("/token", &["POST"][..]),
        ("/introspect", &["POST"]),
        ("/revoke", &["POST"]),
        ("/register", &["POST"]),
        ("/userinfo", &["GET", "HEAD", "POST"]),
        ("/register/some-client", &["DELETE", "GET", "HEAD", "PUT"]),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "MADE-UP"] {
            if allowed.contains(&method) {
                continue;
            }
            let method: Method = method.parse().unwrap();
            let request = server.http.request(method.clone(), server.url(path));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 405, "{method} {path}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
            let mut named: Vec<String> = answer.headers()[ALLOW]
                .to_str()
                .unwrap()
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
            named.sort_unstable();
            assert_eq!(named, allowed, "{path}");
            assert_refused(&(405, answer.json().await.unwrap()), 405, "invalid_request");
        }
    }
}

#[tokio::test]
async fn answers_of_the_token_endpoint_are_json_and_stored_by_nobody() {
    let server = TestServer::start().await;
    let request = Request::new("openid offline_access");
    let code = request.code(&Browser::new(&server), CUSTOMER).await;
    let refresh_token = {
        let other = request.code(&Browser::new(&server), CUSTOMER).await;
        text(&other.redeem(&server).await.1, "refresh_token").to_owned()
    };
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
    ];
    for (client, form, status) in [
        (BOOKING_APP, &code.form()[..], 200),
        (BOOKING_APP, &code.form(), 400),
        (BOOKING_APP, &refresh, 200),
        (BOOKING_BATCH, &[("grant_type", "client_credentials")], 200),
        (BOOKING_BATCH, &[("grant_type", "password")], 400),
        (("nobody", "x"), &[], 401),
    ] {
        let request = server.http.post(server.url("/token"));
        let request = request.basic_auth(client.0, Some(client.1)).form(form);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{form:?}");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
        if status == 200 {
            assert_eq!(answer.headers()[PRAGMA], "no-cache");
            let body: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(
                (&body["token_type"], &body["expires_in"]),
                (&"Bearer".into(), &600.into())
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused_in_json() {
    let server = TestServer::start().await;
    let (id, secret) = BOOKING_APP;
    for path in ["/token", "/introspect", "/revoke"] {
        let post = || {
            server
                .http
                .post(server.url(path))
                .basic_auth(id, Some(secret))
        };
        let many = "a=1&".repeat(200);
        let large = "x".repeat(70_000);
        for (kind, body, status) in [
            ("application/json", "{}", 415),
            ("text/plain", "token=x", 415),
            ("application/x-www-form-urlencoded", "token=%zz", 400),
            ("application/x-www-form-urlencoded", "token=%00", 400),
            ("application/x-www-form-urlencoded", "token=%ff", 400),
            ("application/x-www-form-urlencoded", "token=x&token=y", 400),
            ("application/x-www-form-urlencoded", many.as_str(), 400),
            ("application/x-www-form-urlencoded", large.as_str(), 413),
        ] {
            let answer = post().header(CONTENT_TYPE, kind).body(body.to_owned());
            let answer = answer.send().await.unwrap();
            assert_eq!(answer.status(), status, "{path} {kind} {body:.20}");
            assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
            assert_refused(
                &(status, answer.json().await.unwrap()),
                status,
                "invalid_request",
            );
        }
        let typed = "Application/X-WWW-Form-URLEncoded; charset=UTF-8";
        let answer = post()
            .header(CONTENT_TYPE, typed)
            .body("grant_type=password&token=x");
        let status = answer.send().await.unwrap().status();
        assert_eq!(status, if path == "/token" { 400 } else { 200 });
    }
    // Empty counts as left out (RFC 6749, section 3.2).
    let empty = booking_app()
        .post(&server, "/token", &[("grant_type", "")])
        .await;
    assert_refused(&empty, 400, "invalid_request");
}
