//! Introspection (RFC 7662).

use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;

use super::client::{
    ADMIN_API, PUBLIC_API, add, assert_refused, booking_app, introspect, is_active, sql,
};
use crate::support::flow::{
    BOOKING_APP, BOOKING_BATCH, CUSTOMER, Request, payload, refresh, text, tokens,
};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_client_learns_about_its_own_tokens() {
    let server = TestServer::start().await;
    let app = booking_app();
    let got = tokens(&server, "openid email offline_access", CUSTOMER).await;
    let access = text(&got, "access_token");
    let claims = payload(access);
    let body = introspect(&server, &app, access).await;
    assert_eq!(
        (&body["active"], &body["token_type"]),
        (&json!(true), &"Bearer".into())
    );
    for (name, value) in claims.as_object().unwrap() {
        assert_eq!(&body[name], value, "{name}");
    }
    let refresh = introspect(&server, &app, text(&got, "refresh_token")).await;
    assert_eq!(
        (&refresh["active"], &refresh["client_id"]),
        (&json!(true), &BOOKING_APP.0.into())
    );
    assert_eq!(
        (&refresh["sub"], &refresh["iss"]),
        (&claims["sub"], &claims["iss"])
    );
    assert_eq!(refresh["scope"], "email offline_access openid");
    assert!(refresh["exp"].as_i64() > claims["exp"].as_i64());
    // A hint, right or wrong or unknown, changes nothing (section 2.1).
    for hint in ["refresh_token", "access_token", "made_up"] {
        for token in [access, text(&got, "refresh_token")] {
            let form = [("token", token), ("token_type_hint", hint)];
            let (_, body) = app.post(&server, "/introspect", &form).await;
            assert_eq!(body["active"], true, "{hint}");
        }
    }
    assert!(
        !is_active(&server, &app, text(&got, "id_token")).await,
        "no token to call an API with"
    );
}

#[tokio::test]
async fn another_clients_tokens_are_inactive() {
    let server = TestServer::start().await;
    let other = add(&server, "other", json!({})).await;
    let got = tokens(&server, "openid offline_access", CUSTOMER).await;
    for name in ["access_token", "refresh_token"] {
        assert!(!is_active(&server, &other, text(&got, name)).await);
    }
}

#[tokio::test]
async fn an_api_learns_about_tokens_that_are_for_it() {
    let server = TestServer::start().await;
    let members = json!({"redirect_uris": null, "response_types": null, "scope": null,
        "grant_types": ["client_credentials"]});
    let api = add(&server, "api", members).await;
    sql(
        &server,
        "UPDATE resource_server SET client_id = 'api' WHERE identifier = 'http://localhost:3004'",
    )
    .await;
    let for_it = Request::new("openid roles offline_access bookings:read");
    let for_it = for_it
        .with("resource", ADMIN_API)
        .with("resource", PUBLIC_API);
    let for_it = booking_app().tokens_of(&server, &for_it, CUSTOMER).await;
    let body = introspect(&server, &api, text(&for_it, "access_token")).await;
    assert_eq!(
        (&body["active"], &body["client_id"]),
        (&json!(true), &BOOKING_APP.0.into())
    );
    assert_eq!(body["permissions"], json!(["bookings:read"]));
    assert!(
        !is_active(&server, &api, text(&for_it, "refresh_token")).await,
        "not the API's to know"
    );
    let elsewhere = Request::new("openid").with("resource", PUBLIC_API);
    let elsewhere = booking_app().tokens_of(&server, &elsewhere, CUSTOMER).await;
    assert!(!is_active(&server, &api, text(&elsewhere, "access_token")).await);
    let form = [
        ("grant_type", "client_credentials"),
        ("resource", ADMIN_API),
    ];
    let (_, batch) = server.post_as(BOOKING_BATCH, "/token", &form).await;
    assert!(is_active(&server, &api, text(&batch, "access_token")).await);
    // Whose client is gone, is no token any more.
    sql(
        &server,
        "DELETE FROM client WHERE client_id = 'booking-batch'",
    )
    .await;
    server.app.clients.invalidate_all();
    assert!(!is_active(&server, &api, text(&batch, "access_token")).await);
}

#[tokio::test]
async fn what_is_over_is_inactive() {
    let server = TestServer::start().await;
    let app = booking_app();
    let got = tokens(&server, "openid offline_access", CUSTOMER).await;
    let (_, next) = refresh(&server, text(&got, "refresh_token")).await;
    assert!(
        !is_active(&server, &app, text(&got, "refresh_token")).await,
        "used"
    );
    assert!(is_active(&server, &app, text(&next, "refresh_token")).await);
    server.app.clock.advance(Duration::from_secs(601));
    assert!(
        !is_active(&server, &app, text(&next, "access_token")).await,
        "expired"
    );
    assert!(is_active(&server, &app, text(&next, "refresh_token")).await);
    let form = [("token", text(&next, "refresh_token"))];
    assert_eq!(app.post(&server, "/revoke", &form).await.0, 200);
    assert!(
        !is_active(&server, &app, text(&next, "refresh_token")).await,
        "revoked"
    );
    let long = "x".repeat(20_000);
    for garbage in [
        "x",
        "....",
        "a.b.c",
        "\u{e9}",
        long.as_str(),
        "e30.e30.",
        " ",
    ] {
        assert!(!is_active(&server, &app, garbage).await, "{garbage:.20}");
    }
}

#[tokio::test]
async fn who_is_not_authenticated_learns_nothing() {
    let server = TestServer::start().await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let got = public.tokens(&server, "openid", CUSTOMER).await;
    let form = [("token", text(&got, "access_token"))];
    // Anyone can say to be a public client: that is no authentication (section 2.1).
    assert_refused(
        &public.post(&server, "/introspect", &form).await,
        401,
        "invalid_client",
    );
    assert_refused(
        &server.post("/introspect", &form).await,
        401,
        "invalid_client",
    );
    let wrong = server
        .post_as((BOOKING_APP.0, "wrong"), "/introspect", &form)
        .await;
    assert_refused(&wrong, 401, "invalid_client");
    let missing = booking_app().post(&server, "/introspect", &[]).await;
    assert_refused(&missing, 400, "invalid_request");
    let twice = booking_app()
        .post(&server, "/introspect", &[form[0], form[0]])
        .await;
    assert_refused(&twice, 400, "invalid_request");
}

#[tokio::test]
async fn an_answer_is_json_and_kept_by_nobody() {
    let server = TestServer::start().await;
    let request = server.http.post(server.url("/introspect"));
    let request = request.basic_auth(BOOKING_APP.0, Some(BOOKING_APP.1));
    let response = request.form(&[("token", "x")]).send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
}
