//! The scope `account`: for the platform's own clients, whatever way they go.

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use crate::support::api::{Api, MOBILE};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, text, tokens};
use crate::support::server::{TestServer, json as answer_of};

#[tokio::test]
async fn no_other_client_gets_it() {
    let server = TestServer::start().await;
    // By registration.
    let metadata = json!({
        "redirect_uris": ["https://app.example/callback"],
        "scope": "openid account",
    });
    let request = server.http.post(server.url("/register")).json(&metadata);
    let (status, told) = answer_of(request).await;
    assert_eq!(
        (status, text(&told, "error")),
        (400, "invalid_client_metadata")
    );
    // By asking for it.
    let given = tokens(&server, "openid account", CUSTOMER).await;
    assert_eq!(text(&given, "scope"), "openid");
    let api = Api::new(&server).with_token(text(&given, "access_token"));
    let told = api.get("/me").await.problem(403, "insufficient_scope");
    assert!(
        told.header("www-authenticate")
            .unwrap()
            .contains("scope=\"account\"")
    );
    // By having had it: an administrator takes the flag back.
    let mine = Api::new(&server).login(CUSTOMER, PASSWORD).await.ok(200);
    let mobile = Api::new(&server).with_token(mine.text("access_token"));
    mobile.get("/me").await.ok(200);
    sqlx::query("UPDATE client SET first_party = false")
        .execute(&server.app.pool)
        .await
        .unwrap();
    server.app.clients.invalidate(MOBILE);
    mobile.get("/me").await.problem(403, "unauthorized_client");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", MOBILE),
        ("refresh_token", mine.text("refresh_token")),
    ];
    let (status, refreshed) = server.post("/token", &form).await;
    assert_eq!(status, 200);
    assert!(!text(&refreshed, "scope").contains("account"));
}

#[tokio::test]
async fn a_scope_is_what_the_client_is_registered_for() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let login = |scope: &str| json!({"email": CUSTOMER, "password": PASSWORD, "scope": scope});
    for wrong in ["", "openid unknown", "\u{e9}", "openid \"x\""] {
        let answer = api.post("/login", login(wrong)).await;
        answer.problem(400, "invalid_scope");
    }
    let tokens = api.post("/login", login("openid")).await.ok(200);
    assert_eq!(tokens.text("scope"), "openid");
    assert!(tokens.body["refresh_token"].is_null());
    let tokens = api.post("/login", login("account")).await.ok(200);
    assert!(tokens.body["id_token"].is_null());
}

#[tokio::test]
async fn nobody_is_asked_about_it() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let asked = Request::new("openid account offline_access")
        .with("client_id", MOBILE)
        .with("redirect_uri", "test.booking.mobile:/callback")
        .with("prompt", "consent");
    let page = asked.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert!(!page.body.contains(">account<"), "{}", page.body);
    let (_, discovery) = answer_of(
        server
            .http
            .get(server.url("/.well-known/openid-configuration")),
    )
    .await;
    let scopes = discovery["scopes_supported"].as_array().unwrap();
    // No stranger's client can have it.
    assert!(!scopes.contains(&json!("account")));
}
