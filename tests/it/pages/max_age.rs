//! `max_age` and `auth_time` (OpenID Connect Core 1.0, sections 2 and 3.1.2.1).

use std::time::Duration;

use serde_json::{Value, json};

use super::told::{assert_code, assert_refused, change_client, settled, tokens_in};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, payload, text};
use crate::support::server::TestServer;

fn max_age(value: &str) -> Request {
    Request::new("openid").with("max_age", value)
}

fn auth_time(tokens: &Value) -> i64 {
    let claims = payload(text(tokens, "id_token"));
    claims["auth_time"].as_i64().expect("auth_time is a number")
}

#[tokio::test]
async fn one_second_forces_a_new_sign_in_after_two() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let first = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    server.app.clock.advance(Duration::from_secs(2));
    let page = max_age("1").send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    let second = tokens_in(&server, &browser, &max_age("1"), CUSTOMER).await;
    assert!(auth_time(&second) > auth_time(&first));
}

#[tokio::test]
async fn a_long_age_keeps_the_sign_in_and_its_time() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let first = tokens_in(&server, &browser, &max_age("10000"), CUSTOMER).await;
    server.app.clock.advance(Duration::from_secs(100));
    let page = max_age("10000").send(&browser).await;
    assert_code(&server, &page);
    let second = tokens_in(&server, &browser, &max_age("10000"), CUSTOMER).await;
    assert_eq!(auth_time(&second), auth_time(&first));
}

#[tokio::test]
async fn zero_means_prompt_login() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = max_age("0").send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    assert_code(&server, &browser.sign_in(&page, CUSTOMER).await);
    let page = max_age("0").with("prompt", "none").send(&browser).await;
    assert_refused(&server, &page, "login_required");
}

#[tokio::test]
async fn prompt_none_with_an_old_sign_in_is_login_required() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    server.app.clock.advance(Duration::from_mins(1));
    let page = max_age("30").with("prompt", "none").send(&browser).await;
    assert_refused(&server, &page, "login_required");
    let page = max_age("3000").with("prompt", "none").send(&browser).await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn the_clients_default_counts_until_the_request_says_otherwise() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    change_client(&server, "booking-app", json!({ "default_max_age": 30 })).await;
    server.app.clock.advance(Duration::from_mins(1));
    let page = Request::new("openid").send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    assert_code(&server, &max_age("3000").send(&browser).await);
}

#[tokio::test]
async fn what_is_no_number_of_seconds_is_refused() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for bad in ["-1", "1.5", "soon", "1e3", "0x10", "99999999999999999999"] {
        assert_refused(
            &server,
            &max_age(bad).send(&browser).await,
            "invalid_request",
        );
    }
}
