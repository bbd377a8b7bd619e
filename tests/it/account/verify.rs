//! The link that proves an address: scanners break nothing, it works once, and every link that does
//! not work says what to do.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::entry::{GOOD, column, press, register, shape, signs_in};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::{kinds, letters, link, links};
use crate::support::server::TestServer;

const NEW: &str = "newcomer@booking.test";

async fn registered(server: &TestServer) -> (Browser, String) {
    let browser = Browser::new(server);
    register(&browser, NEW, GOOD).await;
    let link = link(server, NEW, "/verify-email").await;
    (browser, link)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scanners_that_fetch_the_link_break_nothing() {
    let server = TestServer::start().await;
    let (browser, link) = registered(&server).await;
    for _ in 0..3 {
        for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
            let answer = server.http.request(method, &link).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    }
    assert_eq!(column(&server, NEW, "a.email_verified").await, ["false"]);
    assert_eq!(press(&browser, &link).await.status, 303);
    assert_eq!(column(&server, NEW, "a.email_verified").await, ["true"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_browser_proves_the_address_and_back_and_reload_lead_on() {
    let server = TestServer::start().await;
    let (browser, link) = registered(&server).await;
    let phone = Browser::new(&server);
    let page = phone.get(&link).await;
    let done = phone.submit(&page, &[]).await;
    assert_eq!(done.location().unwrap().path(), "/login");
    // The form is sent once more, from the page that the back button shows.
    let again = phone.submit(&page, &[]).await;
    assert_eq!(again.status, 410);
    let way_on = again.text("link-way-on");
    assert!(way_on.is_some() && again.body.contains("href=\"/login?ui_locales="));
    assert!(
        !again.body.contains("id=\"link-again\""),
        "nothing is left to prove"
    );
    assert!(signs_in(&browser, NEW, GOOD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_without_its_token_is_shown_again() {
    let server = TestServer::start().await;
    let (browser, link) = registered(&server).await;
    let page = browser.get(&link).await;
    let (action, hidden) = page.form();
    let token = &hidden.iter().find(|(name, _)| name == "token").unwrap().1;
    let stranger = Browser::new(&server);
    let again = stranger
        .post(&action, &[("csrf", "x"), ("token", token)])
        .await;
    assert_eq!(again.status, 422);
    assert_eq!(column(&server, NEW, "a.email_verified").await, ["false"]);
    // With the cookie that it has now, the page that is shown works.
    assert_eq!(stranger.submit(&again, &[]).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_too_old_gets_a_new_one() {
    let server = TestServer::start().await;
    let (browser, first) = registered(&server).await;
    server.app.clock.advance(Duration::from_hours(24));
    let page = browser.get(&first).await;
    assert_eq!(page.status, 410);
    let sent = browser.submit(&page, &[]).await;
    let sent = browser.follow(sent).await;
    assert_eq!(sent.url.path(), "/create-account/sent");
    assert!(sent.body.contains(NEW));
    let second = link(&server, NEW, "/verify-email").await;
    assert_ne!(first, second);
    // Withdrawn now, which it is called rather than too old.
    let page = browser.get(&first).await;
    assert_eq!(page.status, 410);
    assert_eq!(press(&browser, &second).await.status, 303);
    assert!(signs_in(&browser, NEW, GOOD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_for_another_purpose_or_none_are_told() {
    let server = TestServer::start().await;
    let (browser, link) = registered(&server).await;
    let token = link.split("token=").nth(1).unwrap().to_owned();
    let page = browser.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(page.status, 400);
    assert!(page.text("link-way-on").is_some());
    let unknown = [
        String::new(),
        "?token=".into(),
        "?token=x".into(),
        format!("?token={}", "a".repeat(9000)),
    ];
    for query in unknown {
        let page = browser.get(&format!("/verify-email{query}")).await;
        assert_eq!(page.status, 400, "{query:.40}");
        assert!(page.text("link-way-on").is_some(), "{query:.40}");
    }
    assert_eq!(browser.get("/verify-email?token=%zz").await.status, 400);
    let api = Api::new(&server);
    for (path, body) in [
        ("/email/verify", json!({ "token": "x" })),
        (
            "/password/reset",
            json!({ "token": token, "new_password": GOOD }),
        ),
    ] {
        let refused = api.post(path, body).await.problem(400, "invalid_link");
        assert_eq!(refused.body["reason"], "unknown");
    }
    api.post("/email/verify", json!({ "token": token }))
        .await
        .ok(204);
    let refused = api.post("/email/verify", json!({ "token": token })).await;
    assert_eq!(refused.problem(400, "invalid_link").body["reason"], "used");
    for body in [json!({}), json!({ "token": "x", "email": NEW })] {
        let refused = api.post("/email/verify", body).await;
        assert_eq!(refused.problem(422, "invalid_input").errors()[0].0, "token");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_simultaneous_uses_at_two_replicas_one_succeeds() {
    let server = TestServer::start().await;
    let other = server.replica().await;
    let (browser, link) = registered(&server).await;
    let (_, form) = browser.get(&link).await.form();
    let (browser, form) = (Arc::new(browser), Arc::new(form));
    let mut uses = JoinSet::new();
    for n in 0..50 {
        let at = if n % 2 == 0 { &server } else { &other };
        let at = at.url("/verify-email");
        let (browser, form) = (Arc::clone(&browser), Arc::clone(&form));
        uses.spawn(async move {
            let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            browser.post(&at, &form).await.status
        });
    }
    let mut statuses = uses.join_all().await;
    statuses.sort_unstable();
    let mut expected = vec![303];
    expected.extend([410; 49]);
    assert_eq!(statuses, expected);
    let events = "SELECT count(*) FROM audit_event WHERE kind = 'email_verified'";
    let events: i64 = sqlx::query_scalar(events)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(events, 1);
}

/// The same answer for every address; a mail where there is something to say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_again_says_nothing_about_accounts() {
    let server = TestServer::start().await;
    let (browser, _) = registered(&server).await;
    let sent = browser
        .submit(
            &browser.get("/create-account").await,
            &[("email", NEW), ("password", GOOD)],
        )
        .await;
    let sent = browser.follow(sent).await;
    let before = letters(&server, NEW).await.len();
    let again = browser.submit(&sent, &[]).await;
    let again = browser.follow(again).await;
    assert_eq!(again.url.path(), "/create-account/sent");
    assert!(again.text("done").is_some());
    assert_eq!(letters(&server, NEW).await.len(), before + 1);

    let mut answers = std::collections::BTreeSet::new();
    let api = Api::new(&server);
    let unknown = "zzzzzzzzzzz@test.test";
    for (email, letter) in [(unknown, None), (CUSTOMER, Some("mail-already-registered"))] {
        // In a browser that knows of no address: the page asks for it.
        let browser = Browser::new(&server);
        let page = browser.get("/create-account/sent").await;
        let answer = browser.submit(&page, &[("email", email)]).await;
        answers.insert(shape(&answer, email).replace(&"x".repeat(email.len()), ""));
        assert_eq!(
            kinds(&server, email).await.first().map(String::as_str),
            letter
        );
        let answer = api
            .post("/email/verify", json!({ "email": email }))
            .await
            .ok(202);
        assert_eq!(answer.body, json!(null));
    }
    // An address in another browser's query opens for nobody else.
    let stranger = Browser::new(&server);
    let page = stranger.get(sent.url.as_str()).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(NEW), "{}", page.body);
    let wrong = stranger.submit(&page, &[("email", "nobody")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text("email-problem").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_changed_its_address_since_is_not_proved_by_the_old_link() {
    let server = TestServer::start().await;
    let (browser, link) = registered(&server).await;
    sqlx::query("UPDATE users SET email = 'else@booking.test' WHERE email = $1")
        .bind(NEW)
        .execute(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(press(&browser, &link).await.status, 410);
    let verified = column(&server, "else@booking.test", "a.email_verified").await;
    assert_eq!(verified, ["false"]);
    assert_eq!(links(&server, NEW, "/verify-email").await.len(), 1);
}
