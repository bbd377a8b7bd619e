//! A forgotten password: the link sets a new one, once; what the old one began ends; second factors
//! stay.

use std::sync::Arc;
use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;
use tokio::task::JoinSet;

use super::entry::{GOOD, OTHER, column, forgot, press, register, signs_in};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request, refresh, text, tokens};
use crate::support::mailbox::{kinds, link, links};
use crate::support::server::TestServer;

async fn reset_link(server: &TestServer) -> String {
    forgot(&Browser::new(server), CUSTOMER).await;
    link(server, CUSTOMER, "/reset-password").await
}

async fn set(browser: &Browser, link: &str, password: &str) -> Page {
    let page = browser.get(link).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser.submit(&page, &[("new_password", password)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_what_the_old_one_began() {
    let server = TestServer::start().await;
    let pool = &server.app.pool;
    let id: i32 = sqlx::query_scalar("SELECT id_user FROM users WHERE email = $1")
        .bind(CUSTOMER)
        .fetch_one(pool)
        .await
        .unwrap();
    let signed_in = Browser::new(&server);
    assert!(signs_in(&signed_in, CUSTOMER, PASSWORD).await);
    let app = tokens(&server, "openid offline_access", CUSTOMER).await;
    sqlx::query("INSERT INTO factor (id, id_user, kind, name, created_at) VALUES (gen_random_uuid(), $1, 'email', 'e', now())")
        .bind(id)
        .execute(pool)
        .await
        .unwrap();

    let browser = Browser::new(&server);
    let sent = forgot(&browser, &CUSTOMER.to_uppercase()).await;
    let sent = browser.follow(sent).await;
    assert_eq!(sent.url.path(), "/forgot-password/sent");
    let link = link(&server, CUSTOMER, "/reset-password").await;
    let page = browser.get(&link).await;
    // For password managers.
    assert!(page.body.contains("autocomplete=\"username\""));
    assert!(page.body.contains("autocomplete=\"new-password\""));
    let done = set(&browser, &link, GOOD).await;
    let login = browser.follow(done).await;
    assert_eq!(login.url.path(), "/login", "nobody is signed in by that");
    assert!(login.text("done").is_some());

    assert_eq!(kinds(&server, CUSTOMER).await[0], "mail-password-reset");
    assert_eq!(signed_in.get("/account").await.status, 303);
    let (status, _) = refresh(&server, text(&app, "refresh_token")).await;
    assert_eq!(status, 400);
    assert_eq!(
        column(&server, CUSTOMER, "a.password_from_mail").await,
        ["true"]
    );
    assert_eq!(
        column(&server, CUSTOMER, "a.password_changed_at IS NULL").await,
        ["false"]
    );
    let factors = "SELECT count(*) FROM factor WHERE factor.id_user = u.id_user";
    assert_eq!(column(&server, CUSTOMER, factors).await, ["1"]);
    assert!(!signs_in(&Browser::new(&server), CUSTOMER, PASSWORD).await);
    let events = "SELECT string_agg(kind, ' ' ORDER BY id) FROM audit_event \
                  WHERE kind LIKE 'password%' AND subject = a.sub";
    let events = column(&server, CUSTOMER, events).await;
    assert_eq!(events, ["password_reset_asked password_reset"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_password_signs_in_and_leads_back_to_the_app() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let login = Request::new("openid").send(&browser).await;
    assert_eq!(login.url.path(), "/login");
    let query = login.url.query().unwrap();
    assert!(
        login.body.contains(&format!("/forgot-password?{query}")),
        "{}",
        login.body
    );
    let page = browser.get(&format!("/forgot-password?{query}")).await;
    let sent = browser.submit(&page, &[("email", CUSTOMER)]).await;
    assert_eq!(browser.follow(sent).await.status, 200);
    let link = link(&server, CUSTOMER, "/reset-password").await;
    let done = set(&browser, &link, GOOD).await;
    let login = browser.follow(done).await;
    assert_eq!(login.url.path(), "/login");
    let fields = [("username", CUSTOMER), ("password", GOOD)];
    let next = browser.submit(&login, &fields).await;
    let mut page = browser.follow(next).await;
    if page.url.path() == "/consent" {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        page = browser.follow(next).await;
    }
    assert!(page.answer("code").is_some(), "{} {}", page.url, page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_refused_leaves_the_link_good() {
    let server = TestServer::start().await;
    let link = reset_link(&server).await;
    let browser = Browser::new(&server);
    for weak in ["", "short", "password1", CUSTOMER] {
        let page = set(&browser, &link, weak).await;
        assert_eq!(page.status, 422, "{weak}");
        assert!(page.text("new_password-problem").is_some(), "{weak}");
        assert!(page.body.contains(CUSTOMER));
    }
    let api = Api::new(&server);
    let token = link.split("token=").nth(1).unwrap();
    let body = json!({ "token": token, "new_password": "12345678" });
    let refused = api.post("/password/reset", body).await;
    assert_eq!(
        refused.problem(422, "invalid_input").errors()[0].0,
        "new_password"
    );
    // Another browser's form is shown again, and works then.
    let page = browser.get(&link).await;
    let (action, _) = page.form();
    let form = [("csrf", "x"), ("token", token), ("new_password", GOOD)];
    let again = Browser::new(&server).post(&action, &form).await;
    assert_eq!(again.status, 422);
    let body = json!({ "token": token, "new_password": GOOD });
    api.post("/password/reset", body).await.ok(204);
    api.login(CUSTOMER, GOOD).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_does_not_work_says_why_and_gets_a_new_one() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let first = reset_link(&server).await;
    // Scanners.
    for method in [reqwest::Method::HEAD, reqwest::Method::GET] {
        let answer = server.http.request(method, &first).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let page = browser.get(&first).await;
    server.app.clock.advance(Duration::from_mins(30));
    assert_eq!(browser.get(&first).await.status, 410, "too old");
    let late = browser.submit(&page, &[("new_password", GOOD)]).await;
    assert_eq!(late.status, 410, "too old while the form was open");
    let sent = browser.submit(&late, &[]).await;
    assert_eq!(
        browser.follow(sent).await.url.path(),
        "/forgot-password/sent"
    );
    let second = link(&server, CUSTOMER, "/reset-password").await;
    assert_ne!(first, second);
    let withdrawn = browser.get(&first).await;
    assert_eq!(withdrawn.status, 410);
    assert!(withdrawn.body.contains("id=\"link-again\""));
    assert_eq!(set(&browser, &second, GOOD).await.status, 303);
    let used = browser.get(&second).await;
    assert_eq!(used.status, 410);
    assert!(used.body.contains("id=\"link-again\"") && used.text("link-way-on").is_some());
    assert!(signs_in(&browser, CUSTOMER, GOOD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_simultaneous_uses_at_two_replicas_one_succeeds() {
    let server = Arc::new(TestServer::start().await);
    let other = Arc::new(server.replica().await);
    let link = reset_link(&server).await;
    let token = link.split("token=").nth(1).unwrap().to_owned();
    let mut uses = JoinSet::new();
    for n in 0..50 {
        let at = Arc::clone(if n % 2 == 0 { &server } else { &other });
        let token = token.clone();
        uses.spawn(async move {
            let body = json!({ "token": token, "new_password": format!("{GOOD}-{n}") });
            (Api::new(&at).post("/password/reset", body).await.status, n)
        });
    }
    let answers = uses.join_all().await;
    let won: Vec<i32> = answers
        .iter()
        .filter(|(s, _)| *s == 204)
        .map(|(_, n)| *n)
        .collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    // Those who came too late were told so, or that too many hash at once.
    assert!(
        answers.iter().all(|(s, _)| [204, 400, 503].contains(s)),
        "{answers:?}"
    );
    let password = format!("{GOOD}-{}", won[0]);
    Api::new(&server).login(CUSTOMER, &password).await.ok(200);
    let notices = kinds(&server, CUSTOMER).await;
    let notices = notices.iter().filter(|kind| *kind == "mail-password-reset");
    assert_eq!(notices.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_proves_the_address_of_a_new_account() {
    let server = TestServer::start().await;
    let email = "newcomer@booking.test";
    let browser = Browser::new(&server);
    register(&browser, email, OTHER).await;
    forgot(&browser, email).await;
    set(
        &browser,
        &link(&server, email, "/reset-password").await,
        GOOD,
    )
    .await;
    assert_eq!(column(&server, email, "a.unverified_since").await, ["null"]);
    assert_eq!(column(&server, email, "a.email_verified").await, ["true"]);
    assert!(signs_in(&browser, email, GOOD).await);
    // The earlier link proves nothing new, and harms nothing.
    let first = links(&server, email, "/verify-email").await;
    assert_eq!(press(&Browser::new(&server), &first[0]).await.status, 303);
}

/// A stranger who got in asks for another address, and the owner resets the password: the change
/// dies; a change that was made can still be taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_stops_a_change_of_address_but_not_its_undoing() {
    let server = TestServer::start().await;
    let pool = &server.app.pool;
    let link = reset_link(&server).await;
    for purpose in ["change_email", "undo_email_change"] {
        sqlx::query(
            "INSERT INTO mailed_token (token_hash, purpose, id_user, created_at, expires_at) \
             SELECT sha256($1::text::bytea), $1, id_user, now(), now() + interval '1 day' \
             FROM users WHERE email = $2",
        )
        .bind(purpose)
        .bind(CUSTOMER)
        .execute(pool)
        .await
        .unwrap();
    }
    set(&Browser::new(&server), &link, GOOD).await;
    let live = "SELECT string_agg(purpose, ' ') FROM mailed_token \
                WHERE used_at IS NULL AND withdrawn_at IS NULL";
    let live: String = sqlx::query_scalar(live).fetch_one(pool).await.unwrap();
    assert_eq!(live, "undo_email_change");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_an_address_that_the_account_has_left_is_dead() {
    let server = TestServer::start().await;
    let link = reset_link(&server).await;
    sqlx::query("UPDATE users SET email = 'else@booking.test' WHERE email = $1")
        .bind(CUSTOMER)
        .execute(&server.app.pool)
        .await
        .unwrap();
    let token = link.split("token=").nth(1).unwrap();
    let body = json!({ "token": token, "new_password": GOOD });
    let refused = Api::new(&server).post("/password/reset", body).await;
    assert_eq!(
        refused.problem(400, "invalid_link").body["reason"],
        "withdrawn"
    );
    Api::new(&server)
        .login("else@booking.test", PASSWORD)
        .await
        .ok(200);
}
