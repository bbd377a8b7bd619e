//! Error pages: a marker, a request id, the headers of every page, and no more than that.

use super::told::{assert_safe, assert_told, header, raw, settled, sql};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

const PAGES: [&str; 5] = ["/", "/login", "/logout", "/docs", "/authorize"];

#[tokio::test]
async fn an_unknown_address_is_a_404_page() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for path in [
        "/nowhere",
        "/login/",
        "/authorize/x",
        "/%00",
        "/..%2f",
        "/wp-login.php",
    ] {
        let page = browser.get(path).await;
        assert_told(&page, 404, "not_found");
    }
}

#[tokio::test]
async fn a_wrong_method_is_a_405_page_that_says_which_are_right() {
    let server = TestServer::start().await;
    for (method, path, allowed) in [
        (reqwest::Method::DELETE, "/login", "GET,HEAD,POST"),
        (reqwest::Method::PUT, "/authorize", "GET,HEAD,POST"),
        (reqwest::Method::POST, "/", "GET,HEAD"),
        (reqwest::Method::GET, "/login/cancel", "POST"),
        (reqwest::Method::GET, "/logout/confirm", "POST"),
    ] {
        let page = raw(server.http.request(method, server.url(path))).await;
        assert_told(&page, 405, "method_not_allowed");
        assert_eq!(header(&page, "allow"), Some(allowed), "{path}");
    }
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let mut seen = std::collections::BTreeSet::new();
    for path in [
        "/",
        "/login",
        "/nowhere",
        "/token",
        "/healthz",
        "/authorize",
        "/nowhere",
    ] {
        let page = browser.get(path).await;
        let id = header(&page, "x-request-id").unwrap().to_owned();
        assert!(seen.insert(id), "{path}");
    }
    // The client's own is not taken over: it could be anything.
    let request = server.http.get(server.url("/nowhere"));
    let page = raw(request.header("x-request-id", "<b>mine</b>")).await;
    assert_told(&page, 404, "not_found");
    assert!(!page.body.contains("mine"));
}

#[tokio::test]
async fn a_failure_inside_says_nothing_of_the_inside() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    sql(&server, "ALTER TABLE continuation RENAME TO gone").await;
    let request = Request::new("openid").with("prompt", "login");
    let page = browser.get_with("/authorize", &request.pairs()).await;
    assert_told(&page, 500, "server_error");
    for inside in ["continuation\"", "relation", "sqlx", "SELECT", "gone"] {
        assert!(!page.body.contains(inside), "{inside}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = TestServer::start().await;
    for path in PAGES.into_iter().chain(["/nowhere", "/language?to=fr"]) {
        let get = raw(server.http.get(server.url(path))).await;
        let head = raw(server.http.head(server.url(path))).await;
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}"
        );
        for name in [
            "content-type",
            "cache-control",
            "content-security-policy",
            "location",
        ] {
            assert_eq!(header(&head, name), header(&get, name), "{name} of {path}");
        }
    }
}

#[tokio::test]
async fn every_page_is_protected() {
    let server = TestServer::start().await;
    let signed_in = settled(&server, "openid", CUSTOMER).await;
    for browser in [Browser::new(&server), signed_in] {
        for path in PAGES {
            let page = browser.visit(path).await;
            assert_safe(&page);
            // The reference of all endpoints is for developers, and long.
            assert!(
                page.body.len() < 30_000 || path == "/docs",
                "{path} is heavy"
            );
        }
        let request = Request::new("openid").with("prompt", "login select_account consent");
        assert_safe(&request.send(&browser).await);
    }
}

#[tokio::test]
async fn the_request_is_not_repeated_on_the_page() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser
        .get_with(
            "/authorize",
            &[
                ("client_id", "<script>x</script>"),
                ("state", "secret-state"),
            ],
        )
        .await;
    assert_told(&page, 400, "invalid_request");
    assert!(!page.body.contains("<script"));
}
