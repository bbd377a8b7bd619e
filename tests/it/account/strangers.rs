//! Creating accounts as somebody does who wants to learn who has one, or to do harm.

use std::collections::BTreeSet;
use std::sync::Arc;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::entry::{GOOD, OTHER, column, forgot, register, shape, signs_in, wait_for_waiting};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::{kinds, letters, link};
use crate::support::server::TestServer;

const NEW: &str = "newcomer@booking.test";

/// The same bytes, the same work, one mail in each case.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_is_the_same_for_every_address() {
    let server = TestServer::start().await;
    let pool = &server.app.pool;
    // Of one length, for the address is sealed into the answer.
    let (unknown, unproved) = ("aaaaaaaa@booking.test", "bbbbbbbb@booking.test");
    let (deleted, disabled) = ("dddddddd@booking.test", "eeeeeeee@booking.test");
    for email in [deleted, disabled] {
        sqlx::query("INSERT INTO users (email, password_hash) VALUES ($1, 'x')")
            .bind(email)
            .execute(pool)
            .await
            .unwrap();
    }
    let statement = "UPDATE user_account SET deleted_at = $2, purge_at = $2 + interval '9 days' \
                     WHERE email_key = $1";
    let now = server.app.clock.now();
    sqlx::query(statement)
        .bind(deleted)
        .bind(now)
        .execute(pool)
        .await
        .unwrap();
    let statement = "UPDATE user_account SET disabled_at = $2 WHERE email_key = $1";
    sqlx::query(statement)
        .bind(disabled)
        .bind(now)
        .execute(pool)
        .await
        .unwrap();
    register(&Browser::new(&server), unproved, OTHER).await;

    let mut answers = BTreeSet::new();
    let mut pages = BTreeSet::new();
    let api = Api::new(&server);
    for (email, letter) in [
        (unknown, "mail-verify-email"),
        (unproved, "mail-verify-email"),
        (CUSTOMER, "mail-already-registered"),
        (deleted, "mail-account-deleted"),
        (disabled, "mail-already-registered"),
    ] {
        assert_eq!(email.len(), unknown.len());
        let before = letters(&server, email).await.len();
        let browser = Browser::new(&server);
        let answer = register(&browser, email, GOOD).await;
        answers.insert(shape(&answer, email));
        pages.insert(shape(&browser.follow(answer).await, email));
        let kinds = kinds(&server, email).await;
        assert_eq!(
            (kinds[0].as_str(), kinds.len()),
            (letter, before + 1),
            "{email}"
        );
        let body = json!({ "email": email, "password": GOOD });
        let answer = api.post("/register", body).await.ok(202);
        assert_eq!(answer.body, json!(null));
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(pages.len(), 1, "{pages:#?}");
    // And nobody's password was changed by that.
    assert!(signs_in(&Browser::new(&server), CUSTOMER, PASSWORD).await);
    assert!(!signs_in(&Browser::new(&server), CUSTOMER, GOOD).await);
}

/// Past the limit nothing is mailed, and then nothing changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_the_limit_of_mail_the_answer_is_the_same_and_nothing_happens() {
    let server = TestServer::start().await;
    let mut answers = BTreeSet::new();
    let mut mails = 0;
    let mut hash = Vec::new();
    for n in 0..8 {
        let password = format!("{GOOD}-{n}");
        let answer = register(&Browser::new(&server), NEW, &password).await;
        answers.insert(shape(&answer, NEW));
        let now = letters(&server, NEW).await.len();
        let hash_now = column(&server, NEW, "u.password_hash").await;
        assert!(hash_now == hash || now > mails, "{n}");
        (mails, hash) = (now, hash_now);
    }
    assert!((1..8).contains(&mails), "{mails}");
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let browser = Browser::new(&server);
    // Registered more than once: the password is set by whoever reads the mail.
    let page = browser
        .get(&link(&server, NEW, "/reset-password").await)
        .await;
    let mine = "trois-cailloux-bleus-au-soleil";
    browser.submit(&page, &[("new_password", mine)]).await;
    assert!(signs_in(&browser, NEW, mine).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_cannot_register_without_end() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    // Others behind the same address have asked for mail before.
    for n in 0..10 {
        let body = json!({ "email": format!("other{n}@booking.test") });
        api.post("/password/forgot", body).await.ok(202);
    }
    let mut made = 0;
    let refused = loop {
        let body = json!({ "email": format!("n{made}@booking.test"), "password": GOOD });
        let answer = api.post("/register", body).await;
        if answer.status != 202 {
            break answer;
        }
        made += 1;
        assert!(made < 40);
    };
    let refused = refused.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").is_some());
    // What was said to be done was done: nobody waits for a mail that nobody sends.
    let accounts = "SELECT count(*) FROM users WHERE email LIKE 'n%@booking.test' AND email <> $1";
    let accounts: i64 = sqlx::query_scalar(accounts)
        .bind(NEW)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(accounts, made);
    let browser = Browser::new(&server);
    let page = register(&browser, NEW, GOOD).await;
    assert_eq!(page.status, 429);
    assert!(page.headers.contains_key("retry-after"));
}

/// Both look at the account before it is proved: the one who comes second must look again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_does_not_undo_a_proof_of_the_same_moment() {
    let server = Arc::new(TestServer::start().await);
    let pool = &server.app.pool;
    let browser = Browser::new(&server);
    register(&browser, NEW, GOOD).await;
    let mut proof = pool.begin().await.unwrap();
    sqlx::query(
        "UPDATE user_account SET unverified_since = NULL, email_verified = true \
         WHERE email_key = $1",
    )
    .bind(NEW)
    .execute(&mut *proof)
    .await
    .unwrap();
    let at = Arc::clone(&server);
    let stranger = tokio::spawn(async move {
        let body = json!({ "email": NEW, "password": OTHER });
        Api::new(&at).post("/register", body).await.ok(202);
    });
    wait_for_waiting(pool, 1).await;
    proof.commit().await.unwrap();
    stranger.await.unwrap();
    assert_eq!(kinds(&server, NEW).await[0], "mail-already-registered");
    assert!(signs_in(&browser, NEW, GOOD).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_a_new_password_says_nothing_about_accounts() {
    let server = TestServer::start().await;
    let pool = &server.app.pool;
    let (unknown, unproved) = ("aaaaaaaa@booking.test", "bbbbbbbb@booking.test");
    let (deleted, disabled) = ("dddddddd@booking.test", "eeeeeeee@booking.test");
    register(&Browser::new(&server), unproved, OTHER).await;
    for email in [deleted, disabled] {
        sqlx::query("INSERT INTO users (email, password_hash) VALUES ($1, 'x')")
            .bind(email)
            .execute(pool)
            .await
            .unwrap();
    }
    let now = server.app.clock.now();
    for (email, statement) in [
        (
            deleted,
            "UPDATE user_account SET deleted_at = $2, purge_at = $2 + interval '9 days' WHERE email_key = $1",
        ),
        (
            disabled,
            "UPDATE user_account SET disabled_at = $2 WHERE email_key = $1",
        ),
    ] {
        sqlx::query(statement)
            .bind(email)
            .bind(now)
            .execute(pool)
            .await
            .unwrap();
    }
    let (mut answers, mut pages) = (BTreeSet::new(), BTreeSet::new());
    let api = Api::new(&server);
    for (email, letter) in [
        (unknown, None),
        (unproved, Some("mail-reset-password")),
        (CUSTOMER, Some("mail-reset-password")),
        (deleted, Some("mail-account-deleted")),
        (disabled, None),
    ] {
        let browser = Browser::new(&server);
        let answer = forgot(&browser, email).await;
        answers.insert(shape(&answer, email));
        pages.insert(shape(&browser.follow(answer).await, email));
        let newest = kinds(&server, email).await.into_iter().next();
        assert_eq!(newest.as_deref(), letter, "{email}");
        let answer = api
            .post("/password/forgot", json!({ "email": email }))
            .await
            .ok(202);
        assert_eq!(answer.body, json!(null));
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(pages.len(), 1, "{pages:#?}");
    // Without end, nobody is mailed; and nobody can tell.
    for _ in 0..5 {
        let browser = Browser::new(&server);
        let answer = forgot(&browser, CUSTOMER).await;
        answers.insert(shape(&answer, CUSTOMER));
    }
    assert_eq!(answers.len(), 1);
    assert!(letters(&server, CUSTOMER).await.len() <= 3);
    let wrong = forgot(&Browser::new(&server), "nobody").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("value=\"nobody\""));
    let refused = api.post("/password/forgot", json!({ "email": "" })).await;
    let errors = refused.problem(422, "invalid_input").errors();
    assert_eq!(errors, [("email".to_owned(), "missing".to_owned())]);
}

/// Whoever has many addresses written to, one after the other.
#[tokio::test]
async fn of_one_address_on_the_network_so_many_mails_are_asked_for() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let mut answers = Vec::new();
    for number in 0..22 {
        let body = json!({ "email": format!("nobody{number}@booking.test") });
        answers.push(api.post("/password/forgot", body).await.status);
    }
    let (passed, held_up) = answers.split_at(20);
    assert!(passed.iter().all(|status| *status == 202), "{passed:?}");
    assert_eq!(held_up, [429, 429]);
}
