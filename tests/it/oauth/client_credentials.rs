//! A client's own tokens (RFC 6749, section 4.4; RFC 9068; RFC 8707).

use serde_json::{Value, json};

use super::client::{ADMIN_API, PUBLIC_API, add, assert_refused, is_active};
use crate::support::flow::{BOOKING_BATCH, header, payload, text};
use crate::support::server::TestServer;

async fn ask(server: &TestServer, more: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(more);
    server.post_as(BOOKING_BATCH, "/token", &form).await
}

#[tokio::test]
async fn a_token_speaks_of_the_client_alone() {
    let server = TestServer::start().await;
    let (status, tokens) = ask(&server, &[]).await;
    assert_eq!(status, 200, "{tokens}");
    let mut members: Vec<&String> = tokens.as_object().unwrap().keys().collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["access_token", "expires_in", "scope", "token_type"]
    );
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&"Bearer".into(), &600.into())
    );
    assert_eq!(
        tokens["scope"], "artists:read bookings:read",
        "all that it may have"
    );
    let access = text(&tokens, "access_token");
    assert_eq!(header(access)["typ"], "at+jwt");
    let claims = payload(access);
    assert_eq!(claims["iss"], server.issuer);
    assert_eq!(
        (&claims["sub"], &claims["client_id"]),
        (&"booking-batch".into(), &"booking-batch".into())
    );
    assert_eq!(claims["aud"], json!([PUBLIC_API, ADMIN_API]));
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        600
    );
    for absent in [
        "roles",
        "permissions",
        "auth_time",
        "acr",
        "amr",
        "nonce",
        "sid",
    ] {
        assert_eq!(claims.get(absent), None, "{absent}");
    }
    let (_, other) = ask(&server, &[]).await;
    assert_ne!(payload(text(&other, "access_token"))["jti"], claims["jti"]);
}

#[tokio::test]
async fn scope_is_what_was_asked_for_within_what_is_allowed() {
    let server = TestServer::start().await;
    let (status, tokens) = ask(&server, &[("scope", "bookings:read")]).await;
    assert_eq!((status, &tokens["scope"]), (200, &"bookings:read".into()));
    let claims = payload(text(&tokens, "access_token"));
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&ADMIN_API.into(), &"bookings:read".into())
    );
    for wrong in [
        "bookings:write",
        "artists:read bookings:write",
        "openid",
        "roles",
        "\"",
        " ",
    ] {
        assert_refused(
            &ask(&server, &[("scope", wrong)]).await,
            400,
            "invalid_scope",
        );
    }
}

#[tokio::test]
async fn what_speaks_of_a_person_is_not_for_a_client_alone() {
    let server = TestServer::start().await;
    let members = json!({"grant_types": ["authorization_code", "client_credentials"]});
    let both = add(&server, "both", members).await;
    let form = [("grant_type", "client_credentials")];
    let (status, tokens) = both.post(&server, "/token", &form).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(
        tokens["scope"],
        "artists:read artists:write bookings:read bookings:write"
    );
    for person in [
        "openid",
        "email",
        "roles",
        "offline_access",
        "openid artists:read",
    ] {
        let form = [form[0], ("scope", person)];
        assert_refused(
            &both.post(&server, "/token", &form).await,
            400,
            "invalid_scope",
        );
    }
}

#[tokio::test]
async fn a_resource_is_the_audience_and_limits_the_scope() {
    let server = TestServer::start().await;
    let (status, tokens) = ask(&server, &[("resource", PUBLIC_API)]).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = payload(text(&tokens, "access_token"));
    assert_eq!(claims["aud"], PUBLIC_API);
    assert_eq!(
        claims["scope"], "artists:read",
        "bookings mean nothing there"
    );
    assert_eq!(tokens["scope"], claims["scope"]);
    let both = [("resource", PUBLIC_API), ("resource", ADMIN_API)];
    let (_, tokens) = ask(&server, &both).await;
    assert_eq!(
        payload(text(&tokens, "access_token"))["aud"],
        json!([PUBLIC_API, ADMIN_API])
    );
    let twice = [("resource", PUBLIC_API), ("resource", PUBLIC_API)];
    let (_, tokens) = ask(&server, &twice).await;
    assert_eq!(payload(text(&tokens, "access_token"))["aud"], PUBLIC_API);
    for wrong in [
        "https://unknown.example",
        "http://localhost:3003/",
        "x",
        "http://localhost:3003#f",
    ] {
        assert_refused(
            &ask(&server, &[("resource", wrong)]).await,
            400,
            "invalid_target",
        );
    }
}

#[tokio::test]
async fn who_has_no_secret_or_is_not_registered_for_it_is_refused() {
    let server = TestServer::start().await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let app = add(&server, "app", json!({})).await;
    for client in [&public, &app] {
        let refused = client
            .post(&server, "/token", &[("grant_type", "client_credentials")])
            .await;
        assert_refused(&refused, 400, "unauthorized_client");
    }
}

#[tokio::test]
async fn a_token_of_a_client_does_not_open_userinfo_and_ends_with_the_client() {
    let server = TestServer::start().await;
    let members = json!({"redirect_uris": null, "response_types": null, "scope": null,
        "grant_types": ["client_credentials"]});
    let bare = add(&server, "bare", members).await;
    let (status, tokens) = bare
        .post(&server, "/token", &[("grant_type", "client_credentials")])
        .await;
    assert_eq!(status, 200, "{tokens}");
    let access = text(&tokens, "access_token");
    assert_eq!(payload(access)["aud"], server.issuer);
    assert_eq!(payload(access).get("scope"), None);
    assert!(is_active(&server, &bare, access).await);
    let (status, body) = server.userinfo(access).await;
    assert_eq!((status, &body["error"]), (401, &"invalid_token".into()));
}
