//! The sign-in page.

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::told::{SESSION, assert_safe, change_client, cookie, english, sql};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

async fn attempt(browser: &Browser, page: &Page, username: &str, password: &str) -> Page {
    let fields = [("username", username), ("password", password)];
    browser.submit(page, &fields).await
}

#[tokio::test]
async fn the_page_can_be_used_by_people_and_scripts() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let page = Request::new("openid").send(&browser).await;
    assert_eq!((page.status, page.url.path()), (200, "/login"));
    assert_safe(&page);
    for part in [
        "<h1>Sign in to Booking App</h1>",
        "localhost:3002",
        "id=\"username\"",
        "autocomplete=\"username webauthn\"",
        "id=\"password\"",
        "autocomplete=\"current-password\"",
        "id=\"login-submit\"",
        "<label for=\"username\">",
        "<label for=\"password\">",
    ] {
        assert!(page.body.contains(part), "{part} is not in\n{}", page.body);
    }
}

#[tokio::test]
async fn the_page_says_who_asks_and_on_what_terms() {
    let server = TestServer::start().await;
    let change = json!({
        "policy_uri": "https://app.example/policy",
        "tos_uri": "https://app.example/terms",
        "logo_uri": "https://app.example/logo.png",
    });
    change_client(&server, "booking-app", change).await;
    let browser = english(&server).await;
    let signing = Request::new("openid").send(&browser).await;
    assert_eq!(signing.url.path(), "/login");
    browser.sign_in(&signing, CUSTOMER).await;
    let choosing = Request::new("openid").with("prompt", "select_account");
    let choosing = choosing.send(&browser).await;
    assert!(choosing.body.contains("id=\"account-continue\""));
    for page in [signing, choosing] {
        assert_safe(&page);
        for part in [
            "Booking App",
            "src=\"/clients/booking-app/logo?lang=en\"",
            "<a href=\"https://app.example/policy\" target=\"_blank\"",
            "<a href=\"https://app.example/terms\" target=\"_blank\"",
        ] {
            assert!(page.body.contains(part), "{part} is not in\n{}", page.body);
        }
    }
}

#[tokio::test]
async fn without_an_app_it_leads_to_the_start_page() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let page = browser
        .sign_in(&browser.get("/login").await, CUSTOMER)
        .await;
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert!(page.body.contains(CUSTOMER) && page.body.contains("Camille Durand"));
    let page = browser.get("/login").await;
    assert_eq!(page.location().unwrap().path(), "/");
}

#[tokio::test]
async fn an_unknown_address_looks_like_a_wrong_password() {
    let server = TestServer::start().await;
    sql(
        &server,
        "UPDATE user_account SET disabled_at = now() FROM users u \
                  WHERE u.id_user = user_account.id_user AND email = 'manager@booking.test'",
    )
    .await;
    let browser = english(&server).await;
    let page = browser.get("/login").await;
    let wrong = attempt(&browser, &page, CUSTOMER, "wrong").await;
    assert_eq!((wrong.status, wrong.location()), (422, None));
    assert_safe(&wrong);
    assert!(
        wrong.body.contains(&format!("value=\"{CUSTOMER}\"")),
        "the address is kept"
    );
    assert!(!wrong.body.contains("wrong\""), "the password is not");
    let body = |page: &Page, email: &str| page.body.replace(email, "EMAIL");
    let unknown = "nobody@booking.test";
    for (email, password) in [(unknown, PASSWORD), ("manager@booking.test", PASSWORD)] {
        let other = attempt(&browser, &page, email, password).await;
        assert_eq!(other.status, wrong.status);
        assert_eq!(body(&other, email), body(&wrong, CUSTOMER), "{email}");
        let names = |page: &Page| {
            page.headers
                .keys()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&other), names(&wrong));
    }
}

#[tokio::test]
async fn empty_fields_are_named() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let page = browser.get("/login").await;
    for (username, password, ids) in [
        ("", "", &["username-problem", "password-problem"][..]),
        ("  ", PASSWORD, &["username-problem"]),
        (CUSTOMER, "", &["password-problem"]),
    ] {
        let page = attempt(&browser, &page, username, password).await;
        assert_eq!(page.status, 422);
        for id in ["username-problem", "password-problem"] {
            assert_eq!(page.text(id).is_some(), ids.contains(&id), "{id}");
        }
        assert!(page.body.contains("role=\"alert\""));
        assert!(page.body.contains("<title>Error:"));
    }
}

#[tokio::test]
async fn the_address_is_taken_as_people_type_it() {
    let server = TestServer::start().await;
    for typed in [" customer@booking.test ", "Customer@Booking.TEST"] {
        let browser = english(&server).await;
        let page = browser.get("/login").await;
        let page = attempt(&browser, &page, typed, PASSWORD).await;
        assert_eq!(page.status, 303, "{typed}");
    }
}

#[tokio::test]
async fn a_wrong_attempt_keeps_the_request() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let page = Request::new("openid").send(&browser).await;
    let page = attempt(&browser, &page, CUSTOMER, "wrong").await;
    assert_eq!(cookie(&page, SESSION), None);
    assert!(page.body.contains("Booking App"));
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
}

#[tokio::test]
async fn a_wrong_attempt_at_proving_it_anew_keeps_the_reason() {
    let server = TestServer::start().await;
    let browser = super::told::settled(&server, "openid", CUSTOMER).await;
    let page = Request::new("openid")
        .with("prompt", "login")
        .send(&browser)
        .await;
    assert!(page.body.contains("Confirm that it’s you"), "{}", page.body);
    let page = attempt(&browser, &page, CUSTOMER, "wrong").await;
    assert!(page.body.contains("Confirm that it’s you"), "{}", page.body);
}

#[tokio::test]
async fn strange_input_is_a_wrong_attempt() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let page = browser.get("/login").await;
    let long = "x".repeat(5000);
    for (username, password) in [
        (long.as_str(), PASSWORD),
        (CUSTOMER, long.as_str()),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("a@b\u{202e}", "\u{1f600}"),
        ("<script>alert(1)</script>", "x"),
    ] {
        let page = attempt(&browser, &page, username, password).await;
        assert_eq!(page.status, 422);
        assert!(!page.body.contains("<script>"));
    }
}

#[tokio::test]
async fn a_bcrypt_hash_of_the_seed_signs_in_once_and_becomes_argon2id() {
    let server = TestServer::start().await;
    let bcrypt = bcrypt::hash("Old-password-1", 4).unwrap();
    sqlx::query("INSERT INTO users (email, password_hash) VALUES ('old@booking.test', $1)")
        .bind(bcrypt)
        .execute(&server.database.pool)
        .await
        .unwrap();
    let stored = || async {
        let statement = "SELECT password_hash FROM users WHERE email = 'old@booking.test'";
        sqlx::query_scalar::<_, String>(statement)
            .fetch_one(&server.database.pool)
            .await
            .unwrap()
    };
    let sign_in = |password: &'static str| {
        let server = &server;
        async move {
            let browser = english(server).await;
            let page = browser.get("/login").await;
            attempt(&browser, &page, "old@booking.test", password)
                .await
                .status
        }
    };
    assert_eq!(sign_in("wrong").await, 422);
    assert!(
        stored().await.starts_with("$2b$"),
        "a wrong password changes nothing"
    );
    assert_eq!(sign_in("Old-password-1").await, 303);
    let rehashed = stored().await;
    assert!(rehashed.starts_with("$argon2id$"), "{rehashed}");
    assert_eq!(sign_in("Old-password-1").await, 303);
    assert_eq!(stored().await, rehashed);
    assert_eq!(sign_in("wrong").await, 422);
}
