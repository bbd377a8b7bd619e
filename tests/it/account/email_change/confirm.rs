//! The new address confirms.

use std::sync::Arc;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;
use tokio::task::JoinSet;

use super::{NEW, ask, signed_in, verified};
use crate::account::entry::{GOOD, press, register, signs_in};
use crate::pages::told::{assert_safe, english};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::{kinds, letters, link};
use crate::support::server::TestServer;

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
async fn an_address_that_was_taken_meanwhile_is_told() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    ask(&browser, NEW).await;
    let change = link(&server, NEW, "/confirm-email").await;
    let stranger = english(&server).await;
    // The same mailbox as it is compared, which the database alone would not see.
    let other_case = "New@booking.test";
    register(&stranger, other_case, GOOD).await;
    // One that is not proved does not stand in the way; this one is proved.
    let verify = link(&server, other_case, "/verify-email").await;
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
async fn it_does_not_outlive_a_sign_out_of_all_other_sessions() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    ask(&thief, NEW).await;
    let change = link(&server, NEW, "/confirm-email").await;
    let own = Api::signed_in(&server, CUSTOMER).await;
    own.delete("/me/sessions").await.ok(204);
    assert_eq!(english(&server).await.get(&change).await.status, 410);
}
