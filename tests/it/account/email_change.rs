//! Changing the address: the new one confirms, the old one can take it back.

use std::sync::Arc;
use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;
use tokio::task::JoinSet;

use super::entry::{GOOD, column, press, register, signs_in};
use crate::pages::told::{assert_safe, english};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, CUSTOMER, refresh, text, tokens};
use crate::support::mailbox::{kinds, letters, link, links};
use crate::support::server::TestServer;

const PATH: &str = "/account/email";
const NEW: &str = "new@booking.test";

async fn signed_in(server: &TestServer) -> Browser {
    let browser = english(server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    browser
}

async fn ask(browser: &Browser, email: &str) -> Page {
    let page = browser.get(PATH).await;
    assert_eq!(page.status, 200, "{:?}", page.location());
    browser.submit(&page, &[("email", email)]).await
}

async fn verified(server: &TestServer, email: &str) -> Vec<String> {
    column(server, email, "a.email_verified").await
}

#[tokio::test]
async fn the_new_address_confirms_and_the_old_one_is_told() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let asked = ask(&browser, " New@booking.test ").await;
    let page = browser.follow(asked).await;
    assert_eq!(page.status, 200);
    assert_safe(&page);
    assert!(page.text("pending").unwrap().contains("New@booking.test"));
    assert_eq!(kinds(&server, CUSTOMER).await, ["mail-email-change-asked"]);
    assert_eq!(
        verified(&server, CUSTOMER).await,
        ["true"],
        "nothing has changed yet"
    );

    let reset = Browser::new(&server);
    let page = reset.get("/forgot-password").await;
    reset.submit(&page, &[("email", CUSTOMER)]).await;
    let reset = link(&server, CUSTOMER, "/reset-password").await;

    let link = link(&server, "New@booking.test", "/confirm-email").await;
    // A mail scanner, with GET and HEAD, changes nothing.
    for _ in 0..2 {
        assert_eq!(server.http.get(&link).send().await.unwrap().status(), 200);
        assert_eq!(server.http.head(&link).send().await.unwrap().status(), 200);
    }
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);
    // In a browser where nobody is signed in.
    let mail = english(&server).await;
    let done = press(&mail, &link).await;
    let done = mail.follow(done).await;
    assert_eq!((done.status, done.url.path()), (200, "/confirm-email/done"));
    assert_eq!(
        verified(&server, "New@booking.test").await,
        ["true"],
        "proved by the link"
    );
    assert_eq!(kinds(&server, CUSTOMER).await[0], "mail-email-changed");
    assert_eq!(
        browser.get("/account").await.status,
        200,
        "the session goes on"
    );
    assert!(signs_in(&Browser::new(&server), "new@booking.test", PASSWORD).await);
    assert!(!signs_in(&Browser::new(&server), CUSTOMER, PASSWORD).await);
    // Once; and a link that was mailed to the old address sets no password any more.
    assert_eq!(mail.get(&link).await.status, 410);
    assert_eq!(mail.get(&reset).await.status, 410);
}

#[tokio::test]
async fn whether_another_account_has_the_address_is_not_told() {
    let server = TestServer::start().await;
    let mut pages = Vec::new();
    for email in [NEW, ADMIN] {
        let browser = signed_in(&server).await;
        let asked = ask(&browser, email).await;
        assert_eq!(asked.status, 303);
        let page = browser.follow(asked).await;
        pages.push(page.text("pending").unwrap().replace(email, "EMAIL"));
        assert_eq!(kinds(&server, CUSTOMER).await[0], "mail-email-change-asked");
    }
    assert_eq!(pages[0], pages[1]);
    let told = kinds(&server, CUSTOMER).await;
    let told = told
        .iter()
        .filter(|kind| *kind == "mail-email-change-asked");
    assert_eq!(told.count(), 2);
    assert_eq!(kinds(&server, NEW).await, ["mail-confirm-email-change"]);
    assert_eq!(kinds(&server, ADMIN).await, ["mail-already-registered"]);
    let api = Api::signed_in(&server, CUSTOMER).await;
    let taken = api
        .post("/email/change", json!({ "email": "manager@booking.test" }))
        .await;
    let free = api
        .post("/email/change", json!({ "email": "free@booking.test" }))
        .await;
    assert_eq!((taken.status, taken.body), (202, free.body));
}

#[tokio::test]
async fn asking_again_withdraws_the_earlier_link_and_each_has_its_time() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    ask(&browser, NEW).await;
    let first = link(&server, NEW, "/confirm-email").await;
    ask(&browser, "other@booking.test").await;
    let second = link(&server, "other@booking.test", "/confirm-email").await;
    assert_eq!(browser.get(&first).await.status, 410);
    // For another purpose it is worth nothing.
    let elsewhere = second.replace("/confirm-email", "/undo-email-change");
    assert_eq!(browser.get(&elsewhere).await.status, 400);
    server.app.clock.advance(Duration::from_mins(61));
    let page = browser.get(&second).await;
    assert_eq!(page.status, 410);
    assert!(
        page.body.contains("/login?then=/account/email"),
        "what to do: {}",
        page.body
    );
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_told() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    ask(&browser, NEW).await;
    let change = link(&server, NEW, "/confirm-email").await;
    let stranger = english(&server).await;
    register(&stranger, NEW, GOOD).await;
    // One that is not proved does not stand in the way; this one is proved.
    let verify = link(&server, NEW, "/verify-email").await;
    assert_eq!(press(&stranger, &verify).await.status, 303);
    let told = press(&browser, &change).await;
    assert_eq!(told.status, 422);
    assert!(
        told.body.contains("Another account has this address"),
        "{}",
        told.body
    );
    let token = change.split("token=").nth(1).unwrap();
    let problem = Api::new(&server)
        .post("/email/confirm", json!({ "token": token }))
        .await;
    problem.problem(409, "conflict");
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);
}

#[tokio::test]
async fn a_registration_that_nobody_proved_gives_way() {
    let server = TestServer::start().await;
    register(&english(&server).await, NEW, GOOD).await;
    let browser = signed_in(&server).await;
    ask(&browser, NEW).await;
    let change = link(&server, NEW, "/confirm-email").await;
    assert_eq!(press(&browser, &change).await.status, 303);
    assert_eq!(verified(&server, NEW).await, ["true"]);
    assert!(signs_in(&Browser::new(&server), NEW, PASSWORD).await);
    assert!(!signs_in(&Browser::new(&server), NEW, GOOD).await);
}

#[tokio::test]
async fn the_old_address_takes_it_back_and_everything_ends() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    let thief = signed_in(&server).await;
    let held = tokens(&server, "openid offline_access", CUSTOMER).await;
    ask(&thief, NEW).await;
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    // Once more, and a reset to the thief's mailbox.
    ask(&thief, "third@booking.test").await;
    press(
        &thief,
        &link(&server, "third@booking.test", "/confirm-email").await,
    )
    .await;
    let page = thief.get("/forgot-password").await;
    thief
        .submit(&page, &[("email", "third@booking.test")])
        .await;
    let reset = link(&server, "third@booking.test", "/reset-password").await;

    server.app.clock.advance(Duration::from_hours(24 * 6));
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    assert_eq!(server.http.get(&undo).send().await.unwrap().status(), 200);
    assert_eq!(
        verified(&server, "third@booking.test").await,
        ["true"],
        "GET changes nothing"
    );
    let owner = english(&replica).await;
    let undo = undo.replace(&server.issuer, "");
    let done = press(&owner, &undo).await;
    let done = owner.follow(done).await;
    assert_eq!(
        (done.status, done.url.path()),
        (200, "/undo-email-change/done")
    );
    assert!(
        done.body.contains("href=\"/forgot-password\""),
        "{}",
        done.body
    );
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);

    assert_eq!(thief.get("/account").await.status, 303);
    assert_eq!(refresh(&server, text(&held, "refresh_token")).await.0, 400);
    // No link that the thief was mailed takes it up again.
    assert_eq!(thief.get(&reset).await.status, 410);
    for address in [NEW, "third@booking.test"] {
        for link in links(&server, address, "/undo-email-change").await {
            assert_eq!(thief.get(&link).await.status, 410, "{address}");
        }
    }
    assert_eq!(owner.get(&undo).await.status, 410);
}

#[tokio::test]
async fn before_the_new_address_confirms_it_is_stopped() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    ask(&thief, NEW).await;
    let change = link(&server, NEW, "/confirm-email").await;
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    let token = undo.split("token=").nth(1).unwrap();
    let api = Api::new(&server);
    let wrong = change.split("token=").nth(1).unwrap();
    let problem = api.post("/email/undo", json!({ "token": wrong })).await;
    problem.problem(400, "invalid_link");
    api.post("/email/undo", json!({ "token": token }))
        .await
        .ok(204);
    let problem = api.post("/email/undo", json!({ "token": token })).await;
    assert_eq!(problem.problem(400, "invalid_link").text("reason"), "used");
    assert_eq!(thief.get("/account").await.status, 303);
    assert_eq!(thief.get(&change).await.status, 410);
    let problem = api.post("/email/confirm", json!({ "token": wrong })).await;
    assert_eq!(
        problem.problem(400, "invalid_link").text("reason"),
        "withdrawn"
    );
}

#[tokio::test]
async fn the_link_to_take_it_back_outlives_a_deletion_but_not_its_time() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    ask(&thief, NEW).await;
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    let api = Api::new(&server);
    let tokens = api.login(NEW, PASSWORD).await.ok(200);
    let thief = Api::new(&server).with_token(tokens.text("access_token"));
    let request = thief.request(reqwest::Method::DELETE, "/me");
    let deleted = thief
        .send(request.json(&json!({ "password": PASSWORD })))
        .await;
    assert!(deleted.status < 300, "{:#}", deleted.body);
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    press(&english(&server).await, &undo).await;
    assert_eq!(
        column(&server, CUSTOMER, "a.deleted_at IS NULL").await,
        ["false"]
    );
    // The way back in is mailed to the owner.
    let browser = english(&server).await;
    let page = browser.get("/forgot-password").await;
    browser.submit(&page, &[("email", CUSTOMER)]).await;
    let restore = link(&server, CUSTOMER, "/restore-account").await;
    press(&browser, &restore).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);

    ask(&browser, "late@booking.test").await;
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    server.app.clock.advance(Duration::from_hours(24 * 7 + 1));
    assert_eq!(browser.get(&undo).await.status, 410);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_confirms() {
    let server = TestServer::start().await;
    let replica = Arc::new(server.replica().await);
    let browser = signed_in(&server).await;
    ask(&browser, NEW).await;
    let change = link(&server, NEW, "/confirm-email").await;
    let token = change.split("token=").nth(1).unwrap().to_owned();
    let mut calls = JoinSet::new();
    for _ in 0..10 {
        let (replica, token) = (Arc::clone(&replica), token.clone());
        calls.spawn(async move {
            let api = Api::new(&replica);
            api.post("/email/confirm", json!({ "token": token }))
                .await
                .status
        });
    }
    let mut answers = calls.join_all().await;
    answers.sort_unstable();
    assert_eq!(answers[0], 204);
    assert!(
        answers[1..].iter().all(|status| *status == 400),
        "{answers:?}"
    );
    let told = letters(&server, CUSTOMER).await;
    let told = told
        .iter()
        .filter(|mail| mail.template == "mail-email-changed");
    assert_eq!(told.count(), 1);
}

#[tokio::test]
async fn it_needs_a_recent_sign_in_and_keeps_what_was_entered() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.get(PATH).await;
    server.app.clock.advance(Duration::from_mins(11));
    let kept = browser.submit(&page, &[("email", NEW)]).await;
    assert_eq!(kept.status, 401);
    assert!(
        kept.form()
            .1
            .iter()
            .any(|(name, value)| (name.as_str(), value.as_str()) == ("email", NEW))
    );
    assert!(letters(&server, NEW).await.is_empty());
    let login = browser.visit("/login?then=/account&confirm=1").await;
    assert_eq!(login.url.path(), "/login");
    let back = browser.sign_in(&login, CUSTOMER).await;
    assert_eq!(back.url.path(), "/account");
    assert_eq!(browser.submit(&kept, &[]).await.status, 303);
    assert_eq!(kinds(&server, NEW).await, ["mail-confirm-email-change"]);
    // By GET it leads there at once, and back.
    server.app.clock.advance(Duration::from_mins(11));
    let login = browser.visit(PATH).await;
    assert_eq!(login.url.path(), "/login");
    assert_eq!(browser.sign_in(&login, CUSTOMER).await.url.path(), PATH);
    let api = Api::new(&server);
    let tokens = api.login(CUSTOMER, PASSWORD).await.ok(200);
    server.app.clock.advance(Duration::from_mins(11));
    // A new access token is no new sign-in.
    let body = json!({ "refresh_token": tokens.text("refresh_token") });
    let tokens = api.post("/refresh", body).await.ok(200);
    let api = api.with_token(tokens.text("access_token"));
    let problem = api.post("/email/change", json!({ "email": NEW })).await;
    let problem = problem.problem(401, "insufficient_user_authentication");
    assert_eq!(problem.body["max_age"], 600);
}

#[tokio::test]
async fn an_address_that_nobody_proved_is_proved_by_a_link() {
    let server = TestServer::start().await;
    sqlx::query("UPDATE user_account SET email_verified = false")
        .execute(&server.database.pool)
        .await
        .unwrap();
    let browser = signed_in(&server).await;
    let page = browser.get(PATH).await;
    assert_safe(&page);
    let sent = browser.submit(&page, &[("do", "verify")]).await;
    let page = browser.follow(sent).await;
    assert!(page.text("done").is_some());
    let verify = link(&server, CUSTOMER, "/verify-email").await;
    press(&browser, &verify).await;
    assert_eq!(verified(&server, CUSTOMER).await, ["true"]);
    assert!(!browser.get(PATH).await.body.contains("id=\"verify\""));
}

#[tokio::test]
async fn what_is_no_address_is_told_and_mail_is_rationed() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    for wrong in ["", "new", "new@", CUSTOMER] {
        let page = ask(&browser, wrong).await;
        assert_eq!(page.status, 422, "{wrong}");
        assert!(page.body.contains("<a href=\"#email\">"), "{wrong}");
    }
    let api = Api::signed_in(&server, CUSTOMER).await;
    for (body, code) in [
        (json!({ "email": "new@" }), "invalid_email"),
        (json!({ "email": CUSTOMER }), "unchanged"),
        (json!({}), "missing"),
        (json!({ "email": NEW, "other": 1 }), "unknown"),
    ] {
        let problem = api
            .post("/email/change", body)
            .await
            .problem(422, "invalid_input");
        assert_eq!(problem.errors()[0].1, code);
    }
    let mut last = 0;
    for _ in 0..8 {
        last = ask(&browser, NEW).await.status;
    }
    assert_eq!(last, 429);
    assert!(letters(&server, NEW).await.len() < 5);
}
