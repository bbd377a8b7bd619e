//! `id_token_hint`, `login_hint` (OpenID Connect Core 1.0, section 3.1.2.1).

use std::time::Duration;

use serde_json::{Value, json};

use super::told::{assert_code, assert_refused, change_client, settled, tokens_in};
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, CUSTOMER, Request, payload, text, tokens};
use crate::support::server::{TestServer, json as json_of};

fn hinted(tokens: &Value) -> Request {
    Request::new("openid").with("id_token_hint", text(tokens, "id_token"))
}

#[tokio::test]
async fn the_same_person_is_silent() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let tokens = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let page = hinted(&tokens).with("prompt", "none").send(&browser).await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn an_expired_hint_is_as_good() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let tokens = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    server.app.clock.advance(Duration::from_hours(1));
    let page = hinted(&tokens).with("prompt", "none").send(&browser).await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn another_person_is_login_required() {
    let server = TestServer::start().await;
    let admin = tokens(&server, "openid", ADMIN).await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = hinted(&admin).with("prompt", "none").send(&browser).await;
    assert_refused(&server, &page, "login_required");
}

#[tokio::test]
async fn another_person_must_sign_in_and_be_the_one_meant() {
    let server = TestServer::start().await;
    let admin = tokens(&server, "openid", ADMIN).await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = hinted(&admin).send(&browser).await;
    assert_eq!(page.url.path(), "/login");
    let wrong = browser.sign_in(&page, CUSTOMER).await;
    assert_refused(&server, &wrong, "login_required");
    let right = hinted(&admin).code(&browser, ADMIN).await;
    let (_, tokens) = right.redeem(&server).await;
    let sub = |tokens: &Value| payload(text(tokens, "id_token"))["sub"].clone();
    assert_eq!(sub(&tokens), sub(&admin));
}

#[tokio::test]
async fn what_is_no_id_token_for_this_client_is_refused() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let tokens = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let id_token = text(&tokens, "id_token");
    let (signed, signature) = id_token.rsplit_once('.').unwrap();
    let altered = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{altered}{}", &signature[1..]);
    let another_issuer = TestServer::start().await;
    let foreign = crate::support::flow::tokens(&another_issuer, "openid", CUSTOMER).await;
    for hint in [
        "rubbish",
        forged.as_str(),
        text(&tokens, "access_token"),
        text(&foreign, "id_token"),
    ] {
        let page = Request::new("openid")
            .with("id_token_hint", hint)
            .with("prompt", "none")
            .send(&browser)
            .await;
        assert_refused(&server, &page, "invalid_request");
    }
    // Another client's token says nothing to this one.
    let page = hinted(&tokens)
        .with("client_id", "booking-spa")
        .with("redirect_uri", "http://127.0.0.1:5000/callback")
        .send(&browser)
        .await;
    assert_eq!(page.answer("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn the_sub_claim_means_a_person_too() {
    let server = TestServer::start().await;
    let admin = tokens(&server, "openid", ADMIN).await;
    let browser = Browser::new(&server);
    let customer = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let claims = |tokens: &Value| {
        let sub = payload(text(tokens, "id_token"))["sub"].clone();
        json!({ "id_token": { "sub": { "value": sub } } }).to_string()
    };
    let request = Request::new("openid").with("prompt", "none");
    let page = request
        .clone()
        .with("claims", &claims(&customer))
        .send(&browser)
        .await;
    assert_code(&server, &page);
    let page = request.with("claims", &claims(&admin)).send(&browser).await;
    assert_refused(&server, &page, "login_required");
    // Two people at once can't be meant.
    let page = hinted(&customer)
        .with("prompt", "none")
        .with("claims", &claims(&admin))
        .send(&browser)
        .await;
    assert_refused(&server, &page, "invalid_request");
}

#[tokio::test]
async fn login_hint_prefills_and_is_only_text() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid")
        .with("login_hint", "someone@example.org")
        .send(&browser)
        .await;
    assert!(
        page.body.contains("value=\"someone@example.org\""),
        "{}",
        page.body
    );
    let page = Request::new("openid")
        .with("login_hint", "\"><script>alert(1)</script>")
        .send(&browser)
        .await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script>"));
    let page = Request::new("openid")
        .with("login_hint", &"é".repeat(2000))
        .send(&browser)
        .await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn a_pairwise_subject_is_known_by_the_name_that_the_client_has_for_it() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let public = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let change = json!({ "subject_type": "pairwise" });
    change_client(&server, "booking-app", change).await;
    let pairwise = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let sub = |tokens: &Value| payload(text(tokens, "id_token"))["sub"].clone();
    assert_ne!(sub(&pairwise), sub(&public));
    let page = hinted(&pairwise)
        .with("prompt", "none")
        .send(&browser)
        .await;
    assert_code(&server, &page);
    let page = hinted(&public).with("prompt", "none").send(&browser).await;
    assert_refused(&server, &page, "login_required");
}

/// The app kept the ID token of a sign-in long ago; its key has been replaced twice.
#[tokio::test]
async fn a_hint_whose_key_was_removed_is_as_good_and_its_access_token_is_not() {
    let server = TestServer::start().await;
    let old = tokens(&server, "openid", CUSTOMER).await;
    let kid = crate::support::flow::header(text(&old, "id_token"))["kid"].clone();
    let keys = &server.app.keys;
    keys.rotate(None, auth_api::keys::Lead::Now, server.app.clock.now())
        .await
        .unwrap();
    server.app.clock.advance(Duration::from_hours(24 * 60));
    keys.tick(server.app.clock.now()).await.unwrap();
    let (_, jwks) = json_of(server.http.get(server.url("/.well-known/jwks.json"))).await;
    let published = jwks["keys"].as_array().unwrap();
    assert!(published.iter().all(|key| key["kid"] != kid));

    let browser = settled(&server, "openid", CUSTOMER).await;
    let page = hinted(&old).with("prompt", "none").send(&browser).await;
    assert_code(&server, &page);
    let other = settled(&server, "openid", ADMIN).await;
    let page = hinted(&old).with("prompt", "none").send(&other).await;
    assert_refused(&server, &page, "login_required");
    assert_eq!(server.userinfo(text(&old, "access_token")).await.0, 401);

    // No longer than the setting says.
    server.app.clock.advance(Duration::from_hours(24 * 180));
    keys.tick(server.app.clock.now()).await.unwrap();
    let page = hinted(&old).with("prompt", "none").send(&browser).await;
    assert_refused(&server, &page, "login_required");
}

#[tokio::test]
async fn a_hint_whose_key_was_withdrawn_names_nobody_and_accuses_nobody() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let tokens = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let kid = crate::support::flow::header(text(&tokens, "id_token"))["kid"].clone();
    let now = server.app.clock.now();
    server
        .app
        .keys
        .withdraw(kid.as_str().unwrap(), now)
        .await
        .unwrap();
    let silent = hinted(&tokens).with("prompt", "none").send(&browser).await;
    assert_refused(&server, &silent, "login_required");
    assert_code(&server, &hinted(&tokens).send(&browser).await);
}
