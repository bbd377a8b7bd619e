//! Proof Key for Code Exchange at the token endpoint (RFC 7636, section 4.6; RFC 9700, section
//! 2.1.1).

use auth_api::foundation::secret::Secret;
use serde_json::json;

use super::client::{TestClient, add, assert_refused};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Code, Request};
use crate::support::server::TestServer;

async fn code(server: &TestServer, request: Request) -> Code {
    request.code(&Browser::new(server), CUSTOMER).await
}

async fn redeem(
    server: &TestServer,
    client: &TestClient,
    code: &Code,
    verifier: Option<&str>,
) -> (u16, serde_json::Value) {
    let mut form = code.form();
    form.retain(|(name, _)| *name != "code_verifier");
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    client.post(server, "/token", &form).await
}

#[tokio::test]
async fn the_verifier_must_be_that_of_the_challenge() {
    let server = TestServer::start().await;
    for (id, members) in [
        ("confidential", json!({})),
        ("public", json!({"token_endpoint_auth_method": "none"})),
        // Who sent a challenge is held to it, whether it had to be sent or not.
        ("classic", json!({"require_pkce": false})),
    ] {
        let client = add(&server, id, members).await;
        let code = code(&server, client.request("openid")).await;
        let other = Secret::generate();
        let wrong = redeem(&server, &client, &code, Some(other.expose())).await;
        assert_refused(&wrong, 400, "invalid_grant");
        let missing = redeem(&server, &client, &code, None).await;
        assert_refused(&missing, 400, "invalid_grant");
        for malformed in ["short", &"x".repeat(129), &"\u{e9}".repeat(43)] {
            let refused = redeem(&server, &client, &code, Some(malformed)).await;
            assert_refused(&refused, 400, "invalid_request");
        }
        let good = redeem(&server, &client, &code, Some(&code.verifier)).await;
        assert_eq!(good.0, 200, "{}", good.1);
    }
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let server = TestServer::start().await;
    let classic = add(&server, "classic", json!({"require_pkce": false})).await;
    let request = classic.request("openid");
    let request = request
        .without("code_challenge")
        .without("code_challenge_method");
    let code = code(&server, request).await;
    let downgraded = redeem(&server, &classic, &code, Some(&code.verifier)).await;
    assert_refused(&downgraded, 400, "invalid_grant");
    assert_eq!(redeem(&server, &classic, &code, None).await.0, 200);
}

#[tokio::test]
async fn nobody_goes_without_a_challenge_or_with_a_plain_one() {
    let server = TestServer::start().await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let classic = add(&server, "classic", json!({"require_pkce": false})).await;
    let browser = Browser::new(&server);
    let bare = public.request("openid");
    let bare = bare
        .without("code_challenge")
        .without("code_challenge_method");
    let plain = |client: &TestClient| {
        client
            .request("openid")
            .with("code_challenge_method", "plain")
    };
    let implied = classic.request("openid").without("code_challenge_method");
    for request in [bare, plain(&public), plain(&classic), implied] {
        let page = request.send(&browser).await;
        assert_eq!(page.answer("error").as_deref(), Some("invalid_request"));
    }
}
