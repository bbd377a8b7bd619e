//! One thing shown for another: tokens of another kind, for another audience, of another person.

use serde_json::json;

use super::raw::{exchange, request};
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, BOOKING_BATCH, CUSTOMER, Request, payload, text, tokens};
use crate::support::server::{TestServer, json as answer_of};

#[tokio::test]
async fn no_token_stands_for_one_of_another_kind() {
    let server = TestServer::start().await;
    let tokens = tokens(&server, "openid email offline_access", CUSTOMER).await;
    let (access, id) = (text(&tokens, "access_token"), text(&tokens, "id_token"));
    let refresh = text(&tokens, "refresh_token");
    // RFC 9068, section 5; RFC 8725, section 3.11.
    for wrong in [id, refresh] {
        assert_eq!(server.userinfo(wrong).await.0, 401);
    }
    for (token, active) in [(access, true), (refresh, true), (id, false)] {
        let (_, told) = server
            .post_as(BOOKING_APP, "/introspect", &[("token", token)])
            .await;
        assert_eq!(told["active"], active, "{token:.20}");
    }
    let (_, told) = server
        .post_as(BOOKING_BATCH, "/introspect", &[("token", access)])
        .await;
    assert_eq!(told, json!({"active": false}), "another client's");
    for (name, wrong) in [("refresh_token", access), ("refresh_token", id)] {
        let form = [("grant_type", "refresh_token"), (name, wrong)];
        let (status, told) = server.post_as(BOOKING_APP, "/token", &form).await;
        assert_eq!((status, &told["error"]), (400, &"invalid_grant".into()));
    }
    // An access token is no hint about who is meant.
    let asked = Request::new("openid")
        .with("id_token_hint", access)
        .with("prompt", "none");
    let page = asked.send(&Browser::new(&server)).await;
    assert_eq!(page.answer("error").as_deref(), Some("invalid_request"));
    // Revoking an ID token revokes nothing.
    server
        .post_as(BOOKING_APP, "/revoke", &[("token", id)])
        .await;
    assert_eq!(server.userinfo(access).await.0, 200);
}

#[tokio::test]
async fn a_token_for_an_api_is_none_for_userinfo_and_a_clients_own_is_no_persons() {
    let server = TestServer::start().await;
    let asked = Request::new("openid bookings:read").with("resource", "http://localhost:3004");
    let code = asked.code(&Browser::new(&server), CUSTOMER).await;
    let (status, tokens) = code.redeem(&server).await;
    assert_eq!(status, 200, "{tokens}");
    let access = text(&tokens, "access_token");
    assert_eq!(payload(access)["aud"], "http://localhost:3004");
    assert_eq!(server.userinfo(access).await.0, 401);
    let form = [("grant_type", "client_credentials")];
    let (_, own) = server.post_as(BOOKING_BATCH, "/token", &form).await;
    assert_eq!(server.userinfo(text(&own, "access_token")).await.0, 401);
}

#[tokio::test]
async fn a_signed_userinfo_answer_is_no_id_token_hint() {
    let server = TestServer::start().await;
    let redirect = "https://app.example/callback";
    let metadata = json!({
        "redirect_uris": [redirect],
        "userinfo_signed_response_alg": "RS256",
        "token_endpoint_auth_method": "client_secret_post",
    });
    let made = server.http.post(server.url("/register")).json(&metadata);
    let (status, made) = answer_of(made).await;
    assert_eq!(status, 201, "{made}");
    let client_id = text(&made, "client_id");
    let asked = Request::new("openid email")
        .with("client_id", client_id)
        .with("redirect_uri", redirect);
    let browser = Browser::new(&server);
    let code = asked.code(&browser, CUSTOMER).await;
    let mut form = code.form();
    form.extend([
        ("client_id", client_id),
        ("client_secret", text(&made, "client_secret")),
    ]);
    let (status, tokens) = server.post("/token", &form).await;
    assert_eq!(status, 200, "{tokens}");
    let asked_for = server.http.get(server.url("/userinfo"));
    let signed = asked_for
        .bearer_auth(text(&tokens, "access_token"))
        .send()
        .await
        .unwrap();
    let signed = signed.text().await.unwrap();
    // The same signer, `typ` and audience as an ID token.
    assert_eq!(payload(&signed)["aud"], client_id);

    let hinted = |hint: &str| {
        let asked = asked
            .clone()
            .with("prompt", "none")
            .with("id_token_hint", hint);
        let browser = &browser;
        async move { asked.send(browser).await }
    };
    let good = hinted(text(&tokens, "id_token")).await;
    assert!(good.answer("code").is_some(), "{good:?}");
    let confused = hinted(&signed).await;
    assert_eq!(confused.answer("error").as_deref(), Some("invalid_request"));
    // Nor does it sign anybody out without asking.
    let page = browser
        .get_with("/logout", &[("id_token_hint", &signed)])
        .await;
    assert_eq!(page.status, 200);
    let page = browser.get("/").await;
    assert!(page.body.contains(CUSTOMER), "still signed in");
}

#[tokio::test]
async fn cookies_thrown_from_a_neighbouring_host_sign_nobody_in() {
    let server = TestServer::with(|config| {
        config.server.issuer = "https://localhost:1".to_owned();
    })
    .await;
    // RFC 6265bis, section 4.1.3.2: only the server itself can set the prefixed names over https.
    for name in [
        "session",
        "auth_session",
        "browser",
        "auth_browser",
        "Session",
    ] {
        let cookie = format!("{name}=thrown");
        let head = request("GET", "/login", &[("cookie", &cookie)]);
        let answer = exchange(&server.base, &head).await.unwrap();
        let set = answer.header("set-cookie").unwrap_or_default();
        assert!(set.starts_with("__Host-"), "{name}: {}", answer.head);
        for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
            assert!(set.contains(attribute), "{set}");
        }
        assert!(!set.contains("Domain") && !set.contains("thrown"), "{set}");
    }
}

#[tokio::test]
async fn an_address_registers_a_bounded_number_of_clients_an_hour() {
    let server = TestServer::with(|config| config.registration.anonymous_per_hour = 3).await;
    let register = || {
        let metadata = json!({"redirect_uris": ["https://app.example/callback"]});
        let request = server.http.post(server.url("/register"));
        // Nobody behind an untrusted proxy can claim another address.
        let request = request
            .header("x-forwarded-for", "192.0.2.7")
            .json(&metadata);
        async { request.send().await.unwrap() }
    };
    for _ in 0..3 {
        assert_eq!(register().await.status(), 201);
    }
    let refused = register().await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=3600).contains(&wait));
    let told: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(told["error"], "temporarily_unavailable");
    server.app.clock.advance(std::time::Duration::from_hours(1));
    assert_eq!(register().await.status(), 201, "an hour later");
}
