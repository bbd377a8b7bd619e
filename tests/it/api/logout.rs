//! `POST logout`: the session and its tokens end.

use auth_api::cli::demo::PASSWORD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::{Api, MOBILE};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, refresh, text, tokens};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_session_ends_with_all_its_tokens() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let mine = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let other = api.login(CUSTOMER, PASSWORD).await.ok(200);
    let logout = json!({"refresh_token": mine.text("refresh_token")});
    let answer = api.post("/logout", logout.clone()).await.ok(204);
    assert!(answer.body.is_null());
    assert_eq!(server.userinfo(mine.text("access_token")).await.0, 401);
    let again = api.post("/refresh", logout.clone()).await;
    again.problem(400, "invalid_grant");
    let ended =
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM session WHERE ended_at IS NOT NULL");
    assert_eq!(ended.fetch_one(&server.app.pool).await.unwrap(), 1);
    assert_eq!(server.userinfo(other.text("access_token")).await.0, 200);
    // The same answer for what is over or was never there.
    api.post("/logout", logout).await.ok(204);
    api.post("/logout", json!({"refresh_token": "unknown"}))
        .await
        .ok(204);
    // By the access token alone, without a body.
    let bearer = Api::new(&server).with_token(other.text("access_token"));
    bearer
        .send(bearer.request(Method::POST, "/logout"))
        .await
        .ok(204);
    assert_eq!(server.userinfo(other.text("access_token")).await.0, 401);
    bearer
        .send(bearer.request(Method::POST, "/logout"))
        .await
        .ok(204);
    let none = api
        .post("/logout", json!({}))
        .await
        .problem(422, "invalid_input");
    assert_eq!(
        none.errors(),
        [("refresh_token".to_owned(), "missing".to_owned())]
    );
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE kind = 'signed_out'")
            .fetch_one(&server.app.pool)
            .await
            .unwrap();
    assert_eq!(told, 2, "once for each session");
}

#[tokio::test]
async fn the_tokens_of_other_peoples_apps_end_nothing() {
    let server = TestServer::start().await;
    let theirs = tokens(&server, "openid offline_access", CUSTOMER).await;
    let api = Api::new(&server);
    let logout = json!({"refresh_token": text(&theirs, "refresh_token")});
    api.post("/logout", logout).await.ok(204);
    let bearer = Api::new(&server).with_token(text(&theirs, "access_token"));
    bearer.post("/logout", json!({})).await.ok(204);
    assert_eq!(
        refresh(&server, text(&theirs, "refresh_token")).await.0,
        200
    );
}

/// A first-party app may also send people to the sign-in page: then the session is the browser's.
#[tokio::test]
async fn a_browsers_session_ends_with_the_apps_and_the_app_with_its_own_token() {
    let server = TestServer::start().await;
    let asked = Request::new("openid offline_access account")
        .with("client_id", MOBILE)
        .with("redirect_uri", "test.booking.mobile:/callback");
    let signed_in = async |browser: &Browser| {
        let code = asked.code(browser, CUSTOMER).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", MOBILE),
            ("code", &code.code),
            ("redirect_uri", "test.booking.mobile:/callback"),
            ("code_verifier", &code.verifier),
        ];
        let (status, tokens) = server.post("/token", &form).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    };
    let api = Api::new(&server);
    let logout = |tokens: &Value| json!({"refresh_token": text(tokens, "refresh_token")});
    let browser = Browser::new(&server);
    let tokens = signed_in(&browser).await;
    api.post("/logout", logout(&tokens)).await.ok(204);
    assert_eq!(server.userinfo(text(&tokens, "access_token")).await.0, 401);
    let page = browser.get("/account").await;
    assert_eq!(page.status, 303, "signed out in the browser, too");

    // `offline_access` outlives the browser's session; the app ends it for itself.
    let tokens = signed_in(&browser).await;
    sqlx::query("UPDATE session SET ended_at = now() WHERE ended_at IS NULL")
        .execute(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(server.userinfo(text(&tokens, "access_token")).await.0, 200);
    api.post("/logout", logout(&tokens)).await.ok(204);
    assert_eq!(server.userinfo(text(&tokens, "access_token")).await.0, 401);
    let refreshed = api.post("/refresh", logout(&tokens)).await;
    refreshed.problem(400, "invalid_grant");
}
