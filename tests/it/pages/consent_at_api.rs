//! Consent at APIs (RFC 8707): what is allowed at one API is allowed nowhere else.

use sqlx::migrate::Migrator;

use super::told::{allow, assert_code, assert_refused, english, sql};
use crate::support::browser::{Browser, Page};
use crate::support::database::{MIGRATIONS, TestDatabase};
use crate::support::flow::{CUSTOMER, Request, payload, text};
use crate::support::server::TestServer;

const PUBLIC_API: &str = "http://localhost:3003";
const ADMIN_API: &str = "http://localhost:3004";

fn at(scope: &str, api: &str) -> Request {
    Request::new(scope).with("resource", api)
}

/// A browser of somebody who allowed all these requests.
async fn who_allowed(server: &TestServer, requests: &[Request]) -> Browser {
    let browser = english(server).await;
    for request in requests {
        request.code(&browser, CUSTOMER).await;
    }
    browser
}

/// The request is asked about, silently and openly; the page.
async fn asked(server: &TestServer, browser: &Browser, request: &Request) -> Page {
    let silent = request.clone().with("prompt", "none").send(browser).await;
    assert_refused(server, &silent, "consent_required");
    let page = request.send(browser).await;
    assert_eq!(page.url.path(), "/consent");
    page
}

#[tokio::test]
async fn a_permission_allowed_at_one_api_is_asked_about_at_another() {
    let server = TestServer::start().await;
    // Both values and both APIs were allowed, but not this permission at this API.
    let allowed = [
        at("openid artists:read", PUBLIC_API),
        at("openid", ADMIN_API),
    ];
    let browser = who_allowed(&server, &allowed).await;
    let request = at("openid artists:read", ADMIN_API);
    let page = asked(&server, &browser, &request).await;
    let (new, before) = page.body.split_once("<details>").unwrap();
    assert!(new.contains("See the artists (admin-api)"), "{new}");
    assert!(!before.contains("artists"), "{before}");
    assert_code(&server, &allow(&browser, &page).await);
    let silent = request.with("prompt", "none");
    let code = silent.code(&browser, CUSTOMER).await;
    let (_, tokens) = code.redeem(&server).await;
    let claims = payload(text(&tokens, "access_token"));
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&ADMIN_API.into(), &"artists:read".into())
    );
    // What was allowed stays allowed, each and both at once.
    let both = at("openid artists:read", PUBLIC_API).with("resource", ADMIN_API);
    for request in allowed.into_iter().chain([both]) {
        let silent = request.with("prompt", "none").send(&browser).await;
        assert_code(&server, &silent);
    }
}

/// Its token would do nothing there, but say who the person is.
#[tokio::test]
async fn who_a_person_is_is_told_to_no_api_unasked() {
    let server = TestServer::start().await;
    let browser = who_allowed(&server, &[Request::new("openid")]).await;
    let request = at("openid", ADMIN_API);
    let page = asked(&server, &browser, &request).await;
    let (new, _) = page.body.split_once("<details>").unwrap();
    assert!(new.contains("Tell admin-api who you are"), "{new}");
    assert_code(&server, &allow(&browser, &page).await);
    let silent = request.with("prompt", "none").send(&browser).await;
    assert_code(&server, &silent);
}

#[tokio::test]
async fn the_role_is_told_to_no_api_unasked() {
    let server = TestServer::start().await;
    let allowed = [at("openid roles", PUBLIC_API), at("openid", ADMIN_API)];
    let browser = who_allowed(&server, &allowed).await;
    let page = asked(&server, &browser, &at("openid roles", ADMIN_API)).await;
    let (new, _) = page.body.split_once("<details>").unwrap();
    assert!(new.contains("(admin-api)"), "{new}");
}

#[tokio::test]
async fn what_an_api_learns_later_was_not_allowed_there() {
    let server = TestServer::start().await;
    let request = at("openid artists:write", PUBLIC_API);
    let browser = who_allowed(&server, std::slice::from_ref(&request)).await;
    let silent = request.clone().with("prompt", "none");
    assert_code(&server, &silent.send(&browser).await);
    sql(
        &server,
        "INSERT INTO resource_permission VALUES ('http://localhost:3003', 'artists:write', 'W', 'W')",
    )
    .await;
    server.app.resources.invalidate();
    asked(&server, &browser, &request).await;
}

/// Whoever takes the identifier next is another API.
#[tokio::test]
async fn an_api_that_is_removed_takes_along_what_was_allowed_there() {
    let server = TestServer::start().await;
    let request = at("openid artists:read", PUBLIC_API);
    let browser = who_allowed(&server, std::slice::from_ref(&request)).await;
    sql(
        &server,
        "CREATE TEMPORARY TABLE kept AS SELECT * FROM resource_permission;
         DELETE FROM resource_server WHERE identifier = 'http://localhost:3003';
         INSERT INTO resource_server (identifier, name) VALUES ('http://localhost:3003', 'other-api');
         INSERT INTO resource_permission SELECT * FROM kept ON CONFLICT DO NOTHING",
    )
    .await;
    server.app.resources.invalidate();
    let page = asked(&server, &browser, &request).await;
    assert!(page.body.contains("See the artists (other-api)"));
}

#[tokio::test]
async fn the_page_says_at_which_apis_and_who_is_only_told_who_it_is() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    let request = at("openid artists:read bookings:read", PUBLIC_API).with("resource", ADMIN_API);
    let page = browser
        .sign_in(&request.send(&browser).await, CUSTOMER)
        .await;
    for words in [
        "See the artists (public-api, admin-api)",
        "See your bookings (admin-api)",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let request = at("openid bookings:read", PUBLIC_API);
    let page = request.send(&browser).await;
    assert!(
        page.body.contains("Tell public-api who you are"),
        "{}",
        page.body
    );
}

/// Rows from before pairs were kept: those with one API leave no doubt, the others are asked anew.
#[tokio::test]
async fn an_older_consent_counts_where_it_leaves_no_doubt() {
    let database = TestDatabase::empty().await;
    let pool = &database.pool;
    let before: Vec<_> = MIGRATIONS
        .iter()
        .filter(|it| it.version < 20)
        .cloned()
        .collect();
    let before = Migrator {
        migrations: before.into(),
        ..Migrator::DEFAULT
    };
    before.run(pool).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO users (email, password_hash) VALUES ('a@example.com', '!'), ('b@example.com', '!');
         INSERT INTO client (client_id, metadata)
           VALUES ('app', '{\"token_endpoint_auth_method\": \"none\"}');
         INSERT INTO resource_server (identifier, name) VALUES ('https://a', 'a'), ('https://b', 'b');
         INSERT INTO resource_permission VALUES
           ('https://a', 'x:read', '', ''), ('https://b', 'x:read', '', ''), ('https://b', 'y:read', '', '');
         INSERT INTO consent (id_user, client_id, scope, resource, granted_at) VALUES
           (1, 'app', '{openid,roles,x:read,y:read}', '{https://issuer,https://a}', now()),
           (2, 'app', '{openid,roles,x:read,y:read}', '{https://a,https://b}', now())",
    )
    .execute(pool)
    .await
    .unwrap();
    MIGRATIONS.run(pool).await.unwrap();
    let pairs = "SELECT id_user, resource, scope FROM consent_at_api ORDER BY 1, 2, 3";
    let pairs: Vec<(i32, String, String)> = sqlx::query_as(pairs).fetch_all(pool).await.unwrap();
    let pair = |scope: &str| (1, "https://a".to_owned(), scope.to_owned());
    assert_eq!(pairs, [pair("roles"), pair("x:read")]);
    database.drop().await;
}
