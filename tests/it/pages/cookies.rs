//! The cookies' attributes, and what other hosts and sites can do with them.

use auth_api::cli::demo::PASSWORD;

use super::told::{BROWSER, SESSION, cookie, csrf, raw, set_cookies};
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

const ISSUER: &str = "https://auth.example.test";

/// Posts the sign-in form of a page with a `Cookie` header.
async fn sign_in(server: &TestServer, login: &Page, cookies: &str) -> Page {
    let form = [
        ("csrf", csrf(login)),
        ("username", CUSTOMER.to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let request = server.http.post(server.url("/login"));
    raw(request.header("cookie", cookies).form(&form)).await
}

/// The attributes of a cookie, sorted, without its value and age.
fn attributes(set_cookie: &str) -> Vec<&str> {
    let mut all: Vec<&str> = set_cookie
        .split("; ")
        .skip(1)
        .filter(|one| !one.starts_with("Max-Age="))
        .collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn over_http_cookies_are_for_scripts_and_other_sites_out_of_reach() {
    let server = TestServer::start().await;
    let login = raw(server.http.get(server.url("/login"))).await;
    let browser = format!("{BROWSER}={}", cookie(&login, BROWSER).unwrap());
    let page = sign_in(&server, &login, &browser).await;
    assert!(cookie(&page, SESSION).is_some(), "{:?}", set_cookies(&page));
    for set_cookie in set_cookies(&login).into_iter().chain(set_cookies(&page)) {
        assert_eq!(
            attributes(set_cookie),
            ["HttpOnly", "Path=/", "SameSite=Lax"]
        );
    }
}

#[tokio::test]
async fn over_https_they_are_secure_and_bound_to_the_host() {
    let server = TestServer::with(|config| config.server.issuer = ISSUER.into()).await;
    let login = raw(server.http.get(server.url("/login"))).await;
    let browser = format!(
        "__Host-browser={}",
        cookie(&login, "__Host-browser").unwrap()
    );
    let page = sign_in(&server, &login, &browser).await;
    assert!(cookie(&page, "__Host-session").is_some());
    assert_eq!(
        login.headers["strict-transport-security"],
        "max-age=31536000"
    );
    for set_cookie in set_cookies(&login).into_iter().chain(set_cookies(&page)) {
        assert!(set_cookie.starts_with("__Host-"), "{set_cookie}");
        assert_eq!(
            attributes(set_cookie),
            ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]
        );
    }
    let language = raw(server.http.get(server.url("/language?to=fr"))).await;
    assert!(set_cookies(&language)[0].ends_with("; Secure"));
}

#[tokio::test]
async fn over_https_a_cookie_that_a_neighbour_can_set_is_not_read() {
    let server = TestServer::with(|config| config.server.issuer = ISSUER.into()).await;
    let login = raw(server.http.get(server.url("/login"))).await;
    let value = cookie(&login, "__Host-browser").unwrap();
    let page = sign_in(
        &server,
        &login,
        &format!("{BROWSER}={value}; browser={value}"),
    )
    .await;
    assert_eq!(page.status, 422, "the form belongs to no browser");
    let page = sign_in(&server, &login, &format!("__Host-browser={value}")).await;
    let session = cookie(&page, "__Host-session").unwrap();
    let home = |name: &str| {
        server
            .http
            .get(server.url("/"))
            .header("cookie", format!("{name}={session}"))
    };
    assert!(raw(home("__Host-session")).await.body.contains(CUSTOMER));
    assert!(!raw(home(SESSION)).await.body.contains(CUSTOMER));
}

#[tokio::test]
async fn the_browsers_cookie_is_set_once() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    assert!(cookie(&browser.get("/").await, BROWSER).is_some());
    for path in ["/", "/login", "/nowhere", "/authorize"] {
        assert_eq!(
            set_cookies(&browser.get(path).await),
            Vec::<&str>::new(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn strange_cookies_are_no_cookies() {
    let server = TestServer::start().await;
    for cookies in [
        "auth_session=",
        "auth_session=x; auth_session=y",
        "auth_browser=\u{e9}",
        ";;=;",
        "auth_session",
    ] {
        let request = server.http.get(server.url("/"));
        let page = raw(request.header("cookie", cookies)).await;
        assert_eq!(page.status, 200, "{cookies}");
    }
    let long = format!("{SESSION}={0}; {BROWSER}={0}", "x".repeat(4000));
    let page = raw(server.http.get(server.url("/")).header("cookie", long)).await;
    assert_eq!(page.status, 200);
    assert!(cookie(&page, BROWSER).is_some(), "a new one");
}
