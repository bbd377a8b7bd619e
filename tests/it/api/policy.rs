//! What holds for all calls: origins, errors of the router, who may call.

use auth_api::cli::demo::PASSWORD;
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

use crate::support::api::Api;
use crate::support::flow::{CUSTOMER, tokens};
use crate::support::server::TestServer;

#[tokio::test]
async fn any_origin_may_call_without_credentials() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let preflight = api
        .request(Method::OPTIONS, "/me")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "PATCH")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    let answer = api.send(preflight).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert!(
        answer
            .header("access-control-allow-methods")
            .unwrap()
            .contains("PATCH")
    );
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let request = api
        .request(Method::GET, "/me")
        .header("origin", "https://app.example");
    let answer = api.send(request).await.problem(401, "invalid_token");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["www-authenticate", "retry-after", "x-request-id"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn the_router_refuses_in_problems_too() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    api.get("/nothing").await.problem(404, "not_found");
    let answer = api.get("/login").await.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
    let text = api.request(Method::POST, "/login").body("email=a");
    api.send(text).await.problem(415, "unsupported_media_type");
    let broken = api
        .request(Method::POST, "/login")
        .header("content-type", "application/json");
    api.send(broken.body("{"))
        .await
        .problem(400, "invalid_request");
    let large = json!({"email": "x".repeat(70_000), "password": ""});
    api.post("/login", large).await.problem(413, "too_large");
}

#[tokio::test]
async fn a_caller_needs_a_live_token_of_this_server() {
    let server = TestServer::start().await;
    let absent = Api::new(&server)
        .get("/me")
        .await
        .problem(401, "invalid_token");
    assert_eq!(
        absent.header("www-authenticate"),
        Some("Bearer realm=\"api/auth\"")
    );
    let wrong = Api::new(&server).with_token("wrong").get("/me").await;
    let wrong = wrong.problem(401, "invalid_token");
    let challenge = wrong.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    let broken = Api::new(&server).with_token("a b").get("/me").await;
    broken.problem(400, "invalid_request");
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.get("/me").await.ok(200);
    // A token for an API is none for this server, whatever its scope.
    let theirs = tokens(&server, "openid email", CUSTOMER).await;
    let theirs = Api::new(&server).with_token(theirs["access_token"].as_str().unwrap());
    theirs.get("/me").await.problem(403, "insufficient_scope");
    server.app.clock.advance(Duration::from_secs(601));
    api.get("/me").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn a_disabled_person_calls_no_more() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    sqlx::query("UPDATE user_account SET disabled_at = now()")
        .execute(&server.app.pool)
        .await
        .unwrap();
    api.get("/me").await.problem(401, "invalid_token");
    let login = Api::new(&server).login(CUSTOMER, PASSWORD).await;
    login.problem(401, "invalid_credentials");
}
