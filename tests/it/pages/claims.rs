//! The `claims` parameter (OpenID Connect Core 1.0, section 5.5) and `acr`.

use serde_json::{Value, json};

use super::told::{allow, assert_code, assert_refused, settled, tokens_in};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, payload, text};
use crate::support::server::TestServer;

fn asking(claims: &Value) -> Request {
    Request::new("openid").with("claims", &claims.to_string())
}

#[tokio::test]
async fn each_member_goes_to_its_own_place() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = asking(&json!({
        "id_token": { "email": null, "auth_time": { "essential": true } },
        "userinfo": { "given_name": { "essential": true }, "phone_number": null },
    }));
    let tokens = tokens_in(&server, &browser, &request, CUSTOMER).await;
    let id_token = payload(text(&tokens, "id_token"));
    assert_eq!(id_token["email"], CUSTOMER);
    assert!(id_token["auth_time"].is_i64());
    assert_eq!(id_token.get("given_name"), None);
    let (status, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(status, 200);
    assert_eq!(userinfo["given_name"], "Camille");
    assert_eq!(userinfo["phone_number"], "+33 1 23 45 67 89");
    assert_eq!(userinfo.get("email"), None);
}

#[tokio::test]
async fn claims_need_consent_as_their_scope_does() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let request = asking(&json!({ "userinfo": { "email": null } }));
    let page = request.clone().with("prompt", "none").send(&browser).await;
    assert_refused(&server, &page, "consent_required");
    let page = request.send(&browser).await;
    assert_eq!(page.url.path(), "/consent");
    assert_code(&server, &allow(&browser, &page).await);
    let page = request.with("prompt", "none").send(&browser).await;
    assert_code(&server, &page);
}

#[tokio::test]
async fn claims_that_protocol_and_server_do_not_know_are_ignored() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for claims in [
        json!({}),
        json!({ "else": { "x": null } }),
        json!({ "id_token": { "shoe_size": { "essential": true, "values": [42], "more": 1 } } }),
        json!({ "id_token": { "acr": { "values": ["urn:nothing"] } } }),
        json!({ "id_token": { "acr": { "essential": true } } }),
        json!({ "id_token": { "acr": { "essential": true, "value": "pwd" } } }),
        json!({ "id_token": { "acr": { "essential": true, "values": ["mfa", "pwd"] } } }),
    ] {
        let page = asking(&claims).with("prompt", "none").send(&browser).await;
        assert_code(&server, &page);
    }
}

#[tokio::test]
async fn an_essential_acr_that_cannot_be_reached_is_said() {
    let server = TestServer::start().await;
    let unreachable = [
        json!({ "id_token": { "acr": { "essential": true, "values": ["urn:mfa"] } } }),
        json!({ "id_token": { "acr": { "essential": true, "value": "urn:mfa" } } }),
    ];
    let browser = settled(&server, "openid", CUSTOMER).await;
    for claims in &unreachable {
        for request in [asking(claims), asking(claims).with("prompt", "none")] {
            let page = request.send(&browser).await;
            assert_refused(&server, &page, "unmet_authentication_requirements");
        }
    }
    // Also where the sign-in came only with this request.
    let browser = Browser::new(&server);
    let page = asking(&unreachable[0]).send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_refused(&server, &page, "unmet_authentication_requirements");
}

#[tokio::test]
async fn acr_values_are_a_wish_that_never_fails() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("acr_values", "urn:mfa pwd");
    let tokens = tokens_in(&server, &browser, &request, CUSTOMER).await;
    assert_eq!(payload(text(&tokens, "id_token"))["acr"], "pwd");
}

#[tokio::test]
async fn what_is_no_claims_request_is_refused() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let many: Value = (0..100)
        .map(|n| (n.to_string(), Value::Null))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let many = json!({ "userinfo": many }).to_string();
    for bad in [
        "{",
        "[]",
        "null",
        "7",
        "\"x\"",
        r#"{"id_token":[]}"#,
        &deep,
        &many,
    ] {
        let page = Request::new("openid")
            .with("claims", bad)
            .send(&browser)
            .await;
        assert_refused(&server, &page, "invalid_request");
    }
}
