//! How well a token's sign-in was proved (RFC 9470): the rules of the pages hold here too.

use serde_json::json;

use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

#[tokio::test]
async fn a_factor_that_was_enrolled_elsewhere_is_asked_for() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    api.post("/me/factors/totp", json!({})).await.ok(201);
    AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    // However recent the password is.
    let told = api.post("/me/factors/totp", json!({})).await;
    let told = told.problem(401, "insufficient_user_authentication");
    let challenge = told.header("www-authenticate").unwrap();
    assert!(challenge.contains("max_age=\"600\""), "{challenge}");
    assert_eq!(told.body["max_age"], 600);
    // What changes nothing needs no more than a live token.
    api.get("/me").await.ok(200);
}

#[tokio::test]
async fn a_role_that_demands_a_second_factor_demands_it_of_tokens() {
    let server = TestServer::start().await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    sqlx::query(
        "INSERT INTO role_policy (id_role, second_factor_required)
         SELECT id_role, true FROM role WHERE name = 'customer'",
    )
    .execute(&server.app.pool)
    .await
    .unwrap();
    let told = api.get("/me").await;
    let told = told.problem(401, "insufficient_user_authentication");
    let challenge = told.header("www-authenticate").unwrap();
    assert!(challenge.contains("acr_values=\"mfa\""), "{challenge}");
    let app = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let due = Api::new(&server)
        .login(CUSTOMER, auth_api::cli::demo::PASSWORD)
        .await;
    let due = due.problem(403, "mfa_required");
    let answer = json!({
        "mfa_token": due.text("mfa_token"), "method": "totp", "code": app.next_code(&server),
    });
    let tokens = Api::new(&server)
        .post("/login/factor", answer)
        .await
        .ok(200);
    let api = Api::new(&server).with_token(tokens.text("access_token"));
    api.get("/me").await.ok(200);
}
