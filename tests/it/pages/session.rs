//! Sessions: their cookie, their lifetimes, and who ends them.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;

use super::told::{
    BROWSER, SESSION, assert_code, assert_refused, cookie, raw, redeemed, settled, sql, to_the_end,
    tokens_in,
};
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, CUSTOMER, Request, payload, refresh, text};
use crate::support::server::TestServer;

const HOUR: Duration = Duration::from_hours(1);

fn silent() -> Request {
    Request::new("openid").with("prompt", "none")
}

/// Posts the sign-in form; the answer itself.
async fn sign_in(browser: &Browser, page: &Page, email: &str) -> Page {
    let fields = [("username", email), ("password", PASSWORD)];
    browser.submit(page, &fields).await
}

/// What the start page shows to whoever has this session cookie.
async fn home(server: &TestServer, session: &str) -> Page {
    let request = server.http.get(server.url("/"));
    raw(request.header("cookie", format!("{SESSION}={session}"))).await
}

#[tokio::test]
async fn the_cookie_changes_at_sign_in_and_the_sid_stays() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid").send(&browser).await;
    let page = sign_in(&browser, &page, CUSTOMER).await;
    let first = cookie(&page, SESSION).unwrap().to_owned();
    let page = to_the_end(&browser, browser.follow(page).await, CUSTOMER).await;
    assert_code(&server, &page);
    let before = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;

    let page = Request::new("openid")
        .with("prompt", "login")
        .send(&browser)
        .await;
    let page = sign_in(&browser, &page, CUSTOMER).await;
    let second = cookie(&page, SESSION).unwrap().to_owned();
    assert_ne!(first, second);
    assert!(home(&server, &second).await.body.contains(CUSTOMER));
    assert!(
        !home(&server, &first).await.body.contains(CUSTOMER),
        "the old value is dead"
    );
    let after = tokens_in(&server, &browser, &Request::new("openid"), CUSTOMER).await;
    let sid = |tokens| payload(text(tokens, "id_token"))["sid"].clone();
    assert_eq!(sid(&before), sid(&after));
}

#[tokio::test]
async fn a_planted_cookie_is_not_adopted() {
    let server = TestServer::start().await;
    let planted = "planted-by-an-attacker-planted-by-an-attack";
    let login = raw(server.http.get(server.url("/login"))).await;
    let cookies = format!(
        "{BROWSER}={}; {SESSION}={planted}",
        cookie(&login, BROWSER).unwrap()
    );
    let form = [
        ("csrf", super::told::csrf(&login)),
        ("username", CUSTOMER.to_owned()),
        ("password", PASSWORD.to_owned()),
    ];
    let request = server
        .http
        .post(server.url("/login"))
        .header("cookie", cookies);
    let page = raw(request.form(&form)).await;
    assert_eq!(page.status, 303);
    assert_ne!(cookie(&page, SESSION), Some(planted));
    assert!(!home(&server, planted).await.body.contains(CUSTOMER));
}

#[tokio::test]
async fn another_person_signing_in_ends_the_session() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let page = sign_in(&browser, &page, CUSTOMER).await;
    let first = cookie(&page, SESSION).unwrap().to_owned();
    let request = Request::new("openid email");
    let customer = tokens_in(&server, &browser, &request, CUSTOMER).await;
    let request = request.with("prompt", "login");
    let admin = tokens_in(&server, &browser, &request, ADMIN).await;
    assert!(!home(&server, &first).await.body.contains(CUSTOMER));
    let sid = |tokens| payload(text(tokens, "id_token"))["sid"].clone();
    assert_ne!(sid(&customer), sid(&admin));
    // What lived by the session that ended is revoked, as at sign-out.
    let (status, _) = server.userinfo(text(&customer, "access_token")).await;
    assert_eq!(status, 401);
    let (status, _) = server.userinfo(text(&admin, "access_token")).await;
    assert_eq!(status, 200);
    let revoked = "SELECT count(*) FROM oauth_grant WHERE revoked_at IS NOT NULL";
    let revoked = sqlx::query_scalar::<_, i64>(revoked).fetch_one(&server.database.pool);
    assert_eq!(revoked.await.unwrap(), 1);
}

#[tokio::test]
async fn signing_in_anew_keeps_ones_own_tokens() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid email");
    let before = tokens_in(&server, &browser, &request, CUSTOMER).await;
    tokens_in(
        &server,
        &browser,
        &request.with("prompt", "login"),
        CUSTOMER,
    )
    .await;
    let (status, _) = server.userinfo(text(&before, "access_token")).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    let server = TestServer::with(|config| config.session.idle_ttl = 2 * HOUR).await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for _ in 0..3 {
        server.app.clock.advance(HOUR + HOUR / 2);
        assert_code(&server, &silent().send(&browser).await);
    }
    server.app.clock.advance(2 * HOUR + Duration::from_secs(1));
    assert_refused(&server, &silent().send(&browser).await, "login_required");
    assert_eq!(
        Request::new("openid").send(&browser).await.url.path(),
        "/login"
    );
}

#[tokio::test]
async fn a_session_ends_however_much_it_is_used() {
    let server = TestServer::with(|config| {
        config.session.idle_ttl = 2 * HOUR;
        config.session.absolute_ttl = 4 * HOUR;
    })
    .await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    for _ in 0..3 {
        server.app.clock.advance(HOUR);
        assert_code(&server, &silent().send(&browser).await);
    }
    server.app.clock.advance(HOUR);
    assert_refused(&server, &silent().send(&browser).await, "login_required");
}

#[tokio::test]
async fn the_cookie_lives_as_long_as_the_session() {
    let server = TestServer::with(|config| config.session.absolute_ttl = 24 * HOUR).await;
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let page = sign_in(&browser, &page, CUSTOMER).await;
    let cookies = super::told::set_cookies(&page);
    assert!(
        cookies.iter().any(|one| one.contains("Max-Age=86400;")),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn a_disabled_person_loses_session_and_tokens() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid offline_access");
    let tokens = tokens_in(&server, &browser, &request, CUSTOMER).await;
    let unredeemed = Request::new("openid").code(&browser, CUSTOMER).await;
    sql(
        &server,
        "UPDATE user_account SET disabled_at = now() FROM users u \
                  WHERE u.id_user = user_account.id_user AND email = 'customer@booking.test'",
    )
    .await;
    assert_refused(&server, &silent().send(&browser).await, "login_required");
    assert!(!browser.get("/").await.body.contains(CUSTOMER));
    let (status, error) = refresh(&server, text(&tokens, "refresh_token")).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    let (status, _) = server.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(status, 401);
    let (status, error) = unredeemed.redeem(&server).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
    let page = browser.get("/login").await;
    assert_eq!(sign_in(&browser, &page, CUSTOMER).await.status, 422);
}

#[tokio::test]
async fn a_session_is_known_to_every_replica() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid").send(&browser).await;
    let page = sign_in(&browser, &page, CUSTOMER).await;
    let session = cookie(&page, SESSION).unwrap();
    assert!(home(&replica, session).await.body.contains(CUSTOMER));
}

#[tokio::test]
async fn a_code_belongs_to_the_session_it_was_made_in() {
    let server = TestServer::start().await;
    let browser = settled(&server, "openid", CUSTOMER).await;
    let code = Request::new("openid").code(&browser, CUSTOMER).await;
    let tokens = redeemed(&server, &code).await;
    assert!(payload(text(&tokens, "id_token"))["sid"].is_string());
    let code = Request::new("openid").code(&browser, CUSTOMER).await;
    let home = browser.get("/").await;
    browser.submit(&home, &[]).await;
    let (status, error) = code.redeem(&server).await;
    assert_eq!((status, &error["error"]), (400, &"invalid_grant".into()));
}
