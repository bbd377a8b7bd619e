//! Headers and methods that an endpoint may meet.

use super::endpoints::Form;
use super::raw::{exchange, posted, request, with_body};
use super::shape::{is_error, is_json_error};
use super::table::{FORM, ask};
use crate::support::server::TestServer;

const CLIENT: &str = "Basic Ym9va2luZy1iYXRjaDpib29raW5nLWJhdGNoLXNlY3JldA==";

#[tokio::test]
async fn authorization_headers_are_one_or_none() {
    let server = TestServer::start().await;
    let body = b"grant_type=client_credentials";
    let asked = |headers: &[(&str, &str)]| {
        let mut all = vec![("content-type", FORM)];
        all.extend(headers);
        with_body("POST", "/token", &all, Some(body))
    };
    let good = ask(&server, &asked(&[("authorization", CLIENT)])).await;
    assert_eq!(good.status, 200, "{}", good.text());
    for (headers, status) in [
        (
            vec![("authorization", CLIENT), ("authorization", CLIENT)],
            400,
        ),
        (
            vec![("authorization", CLIENT), ("authorization", "Bearer x")],
            400,
        ),
        (vec![("authorization", "Basic")], 401),
        (vec![("authorization", "Basic \u{e9}")], 401),
        (vec![("authorization", "Basic Og==")], 401),
        (vec![("authorization", "Basic AAAA")], 401),
        (vec![("authorization", "Bearer x")], 401),
        (vec![("authorization", "Negotiate x")], 401),
        (vec![("authorization", "")], 401),
    ] {
        let answer = ask(&server, &asked(&headers)).await;
        is_error(&answer, status, Form::Json, &format!("{headers:?}"));
        if status == 401 {
            // RFC 6749, section 5.2.
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(
                challenge.starts_with("Basic "),
                "{headers:?}: {}",
                answer.head
            );
        }
    }
    for (headers, status) in [
        (
            vec![("authorization", "Bearer a"), ("authorization", "Bearer b")],
            400,
        ),
        (vec![("authorization", "Bearer a b")], 400),
        (vec![("authorization", "Bearer a.b.c")], 401),
    ] {
        let answer = ask(&server, &request("GET", "/userinfo", &headers)).await;
        is_error(&answer, status, Form::Json, &format!("{headers:?}"));
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with("Bearer "),
            "{headers:?}: {}",
            answer.head
        );
    }
}

#[tokio::test]
async fn a_header_that_is_no_text_is_no_token() {
    let server = TestServer::start().await;
    let headers = [("authorization", "Bearer \u{e9}")];
    let answer = ask(&server, &request("GET", "/userinfo", &headers)).await;
    assert_eq!(answer.status, 401, "{}", answer.head);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer "), "{}", answer.head);
}

#[tokio::test]
async fn other_methods_encodings_and_expectations_do_no_harm() {
    let server = TestServer::start().await;
    // A trace would show a script the cookies that it must not see.
    let cookie = [("cookie", "session=sensitive")];
    let traced = ask(&server, &request("TRACE", "/", &cookie)).await;
    assert!(
        traced.status == 405 && !traced.text().contains("sensitive"),
        "{}",
        traced.head
    );
    let connect = exchange(
        &server.base,
        b"CONNECT evil.example:443 HTTP/1.1\r\nhost: a\r\n\r\n",
    );
    if let Some(answer) = connect.await {
        assert!((400..500).contains(&answer.status), "{}", answer.head);
    }
    let star = ask(&server, b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(star.status < 500, "{}", star.head);
    let options = ask(
        &server,
        &request("OPTIONS", "/login", &[("origin", "https://a.example")]),
    )
    .await;
    is_error(&options, 405, Form::Page, "OPTIONS /login");
    assert_eq!(options.header("access-control-allow-origin"), None);
    // Any origin may call, none with cookies (Fetch, section 3.3.5).
    let preflight = [
        ("origin", "https://a.example"),
        ("access-control-request-method", "POST"),
    ];
    let preflight = ask(&server, &request("OPTIONS", "/token", &preflight)).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-credentials"), None);
    // A packed body is bytes like others: nothing unpacks it, so none can blow up.
    let packed = [("content-type", FORM), ("content-encoding", "gzip")];
    let bomb = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48];
    let answer = ask(&server, &with_body("POST", "/token", &packed, Some(&bomb))).await;
    is_json_error(&answer, "gzip");
    let expects = [("content-type", FORM), ("expect", "200-maybe")];
    let answer = ask(
        &server,
        &with_body("POST", "/token", &expects, Some(b"a=b")),
    )
    .await;
    assert!((400..500).contains(&answer.status), "{}", answer.head);
    let upgrade = [("connection", "upgrade"), ("upgrade", "h2c, websocket")];
    assert_eq!(
        ask(&server, &request("GET", "/healthz", &upgrade))
            .await
            .status,
        200
    );
    let ranges = [("range", "bytes=0-0,1-1,2-18446744073709551616")];
    assert_eq!(
        ask(&server, &request("GET", "/openapi.json", &ranges))
            .await
            .status,
        200
    );
    for etag in ["*", "\"", "W/\"x", &"\"a\",".repeat(2000), "\u{e9}"] {
        let bytes = request("GET", "/.well-known/jwks.json", &[("if-none-match", etag)]);
        assert!(
            matches!(ask(&server, &bytes).await.status, 200 | 304),
            "{etag:.20}"
        );
    }
    let answer = ask(
        &server,
        &posted("POST", "/userinfo", "text/plain", b"\xff\0"),
    )
    .await;
    assert_eq!(answer.status, 401, "{}", answer.head);
}

/// RFC 9113, section 8.3.1, and RFC 9112, sections 3.2 and 3.2.2.
#[tokio::test]
async fn a_request_names_one_server() {
    let server = TestServer::start().await;
    let http2 = reqwest::Client::builder()
        .http2_prior_knowledge()
        .no_proxy();
    let http2 = http2.build().unwrap();
    let own = server.base.strip_prefix("http://").unwrap();
    let paths = ["/healthz", "/login", "/.well-known/openid-configuration"];
    for path in paths {
        let ask = async |host: Option<&str>| {
            let request = http2.get(server.url(path));
            let request = match host {
                Some(host) => request.header("host", host),
                None => request,
            };
            let answer = request.send().await.unwrap();
            assert_eq!(answer.version(), reqwest::Version::HTTP_2);
            answer.status().as_u16()
        };
        for good in [None, Some(own), Some(&own.to_uppercase())] {
            assert_eq!(ask(good).await, 200, "{path} {good:?}");
        }
        let port = own.rsplit_once(':').unwrap().1;
        let (elsewhere, before) = (format!("evil.example:{port}"), format!("evil@{own}"));
        for bad in [
            "evil.example",
            "localhost",
            "localhost:1",
            "",
            &elsewhere,
            &before,
        ] {
            assert_eq!(ask(Some(bad)).await, 400, "{path} {bad:?}");
        }
        for (host, status) in [
            ("host: a\r\n", 200),
            ("", 400),
            ("host: a\r\nhost: a\r\n", 400),
        ] {
            let bytes =
                format!("GET http://{own}{path} HTTP/1.1\r\n{host}connection: close\r\n\r\n");
            let answer = super::table::ask(&server, bytes.as_bytes()).await.status;
            assert_eq!(answer, status, "{path} {host:?}");
        }
    }
}
