//! Below the endpoints: what HTTP itself gets wrong.

use std::time::{Duration, Instant};

use super::endpoints::Form;
use super::raw::{Connection, exchange, request};
use super::shape::is_error;
use super::table::ask;
use crate::support::server::TestServer;

#[tokio::test]
async fn a_request_without_a_host_or_with_two_is_400() {
    let server = TestServer::start().await;
    for head in [
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    ] {
        // RFC 9112, section 3.2.
        is_error(&ask(&server, head.as_bytes()).await, 400, Form::Json, head);
    }
    let old = b"GET /healthz HTTP/1.0\r\n\r\n";
    assert_eq!(ask(&server, old).await.status, 200, "HTTP/1.0 needs none");
}

#[tokio::test]
async fn the_host_that_a_client_claims_reaches_no_answer() {
    let server = TestServer::start().await;
    for head in [
        "GET /.well-known/openid-configuration HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET http://evil.example/.well-known/openid-configuration HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET /authorize?client_id=booking-app HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: evil.example\r\n\
         forwarded: host=evil.example\r\nx-original-url: /evil.example\r\n\r\n",
        "GET //evil.example/%2e%2e HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET /login HTTP/1.1\r\nhost: evil.example\r\nreferer: http://evil.example/\r\n\r\n",
        "GET /language?to=fr&return=//evil.example/ HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET /language?to=fr&return=%2F%09%2Fevil.example HTTP/1.1\r\nhost: evil.example\r\n\r\n",
        "GET /language?to=fr&return=/%0d%0alocation:%20http://evil.example HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /logout?post_logout_redirect_uri=http://evil.example/ HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        let answer = ask(&server, head.as_bytes()).await;
        assert!(answer.status < 500, "{head}{}", answer.head);
        let location = answer.header("location").unwrap_or_default();
        assert!(!location.contains("evil"), "{head}{}", answer.head);
        let body = answer.text();
        let links = [
            "href=\"//evil",
            "href=\"http://evil",
            "action=\"//evil",
            "\"http://evil",
        ];
        assert!(
            !links.iter().any(|link| body.contains(link)),
            "{head}{body}"
        );
    }
}

#[tokio::test]
async fn heads_that_break_the_grammar_are_refused_and_the_connection_is_closed() {
    let server = TestServer::start().await;
    for head in [
        &b"GET\r\n\r\n"[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: a\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\n x: folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nx\r\n\r\n",
        b"POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"POST /token HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client greets a plain port\r\n\r\n",
    ] {
        let mut connection = Connection::open(&server.base).await;
        connection.send(head).await;
        let answer = connection.answer(false).await;
        let shown = String::from_utf8_lossy(head);
        if let Some(answer) = answer {
            assert!(
                (400..500).contains(&answer.status),
                "{shown}{}",
                answer.head
            );
            assert!(connection.answer(false).await.is_none(), "open: {shown}");
        }
    }
}

#[tokio::test]
async fn a_smuggled_request_is_not_answered() {
    let server = TestServer::start().await;
    // RFC 9112, section 6.1: both lengths at once are an attack on whatever stands in front.
    let both = b"POST /token HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\
        content-type: application/x-www-form-urlencoded\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut connection = Connection::open(&server.base).await;
    connection.send(both).await;
    if let Some(first) = connection.answer(false).await {
        assert!((400..500).contains(&first.status), "{}", first.head);
    }
    let second = connection.answer_within(Duration::from_secs(1)).await;
    let smuggled = matches!(second, Ok(Some(answer)) if answer.status == 200);
    assert!(
        !smuggled,
        "the second request was taken from the first one's body"
    );
}

#[tokio::test]
async fn a_head_beyond_the_limit_is_431() {
    let server = TestServer::start().await;
    let long = "x".repeat(40_000);
    let many: Vec<(String, &str)> = (0..300).map(|n| (format!("x-{n}"), "y")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, y)| (name.as_str(), *y)).collect();
    for bytes in [
        request("GET", "/", &[("x-long", &long)]),
        request("GET", "/", &[("cookie", &long)]),
        request("GET", "/", &many),
        request("GET", &format!("/?{long}"), &[]),
        request(&long, "/", &[]),
    ] {
        // The server closes while we still write: what it answered can be lost with that.
        if let Some(answer) = exchange(&server.base, &bytes).await {
            assert!(matches!(answer.status, 400 | 414 | 431), "{}", answer.head);
        }
    }
    // Just below it, an endpoint answers.
    let fits = "x".repeat(20_000);
    let answer = ask(
        &server,
        &request("GET", "/userinfo", &[("authorization", &fits)]),
    )
    .await;
    assert_eq!(answer.status, 401, "{}", answer.head);
    let token = format!("Bearer {fits}.{fits:.3000}.x");
    let answer = ask(
        &server,
        &request("GET", "/userinfo", &[("authorization", &token)]),
    )
    .await;
    is_error(&answer, 401, Form::Json, "a long token");
    let cookie = format!("auth_browser={fits}; auth_session={fits:.9000}");
    assert_eq!(
        ask(&server, &request("GET", "/", &[("cookie", &cookie)]))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_body_that_never_ends_is_408_and_a_broken_one_400() {
    let server = TestServer::start().await;
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let json = "content-type: application/json\r\n";
    let slow = |path: &str, kind: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: a\r\n{kind}content-length: 100\r\n\r\nabc")
    };
    let asked = [
        (slow("/token", form), Form::Json),
        (slow("/login", form), Form::Page),
        (slow("/register", json), Form::Json),
    ];
    let started = Instant::now();
    let waiting = asked.iter().map(|(head, form)| async {
        (
            exchange(&server.base, head.as_bytes())
                .await
                .expect("an answer"),
            *form,
        )
    });
    let mut waiting: Vec<_> = waiting.collect();
    let (third, second, first) = (waiting.pop(), waiting.pop(), waiting.pop());
    let answers = tokio::join!(first.unwrap(), second.unwrap(), third.unwrap());
    for (answer, form) in [answers.0, answers.1, answers.2] {
        is_error(&answer, 408, form, "a slow body");
    }
    assert!(started.elapsed() < Duration::from_secs(15));
    for broken in [
        "zz\r\n",
        "5\r\nabcdefgh\r\n0\r\n\r\n",
        "-1\r\n",
        "fffffffffffffffff\r\n",
    ] {
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: a\r\n{form}transfer-encoding: chunked\r\n\r\n{broken}"
        );
        if let Some(answer) = exchange(&server.base, head.as_bytes()).await {
            assert_eq!(answer.status, 400, "{broken:?}: {}", answer.head);
        }
    }
    // The client goes away in the middle: nothing is left behind, and the server goes on.
    for cut in ["5\r\nab", "", "5\r\nabcde\r\n"] {
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: a\r\n{form}transfer-encoding: chunked\r\n\r\n{cut}"
        );
        let mut connection = Connection::open(&server.base).await;
        connection.send(head.as_bytes()).await;
        connection.finish().await;
        if let Some(answer) = connection.answer(false).await {
            assert!(
                (400..500).contains(&answer.status),
                "{cut:?}: {}",
                answer.head
            );
        }
    }
    assert_eq!(
        ask(&server, &request("GET", "/readyz", &[])).await.status,
        200
    );
}
