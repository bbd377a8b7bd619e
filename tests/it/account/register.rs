//! Creating an account: nobody learns who has one, and the address is proved before it can be used.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::entry::{GOOD, OTHER, column, press, register, signs_in, wait_for_waiting};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::mailbox::{kinds, letters, link, links};
use crate::support::server::TestServer;

const NEW: &str = "newcomer@booking.test";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_registers_proves_the_address_and_signs_in() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.get("/create-account").await;
    let fields = [
        ("email", " Newcomer@BOOKING.test "),
        ("password", GOOD),
        ("given_name", "Jeanne"),
        ("family_name", "Moreau"),
    ];
    let sent = browser.submit(&page, &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let sent = browser.follow(sent).await;
    assert_eq!(sent.url.path(), "/create-account/sent");
    assert!(!sent.url.as_str().to_lowercase().contains("newcomer"));
    assert!(sent.body.contains("Newcomer@BOOKING.test"), "{}", sent.body);

    let email = "Newcomer@booking.test";
    assert_eq!(
        column(&server, email, "a.unverified_since IS NULL").await,
        ["false"]
    );
    assert_eq!(column(&server, email, "a.email_key").await, [NEW]);
    assert_eq!(column(&server, email, "a.name").await, ["Jeanne Moreau"]);
    // The language of the page.
    assert_eq!(column(&server, email, "a.locale").await, ["fr"]);
    let role = "SELECT name FROM role WHERE id_role = u.role_id";
    assert_eq!(column(&server, email, role).await, ["customer"]);
    assert_eq!(kinds(&server, email).await, ["mail-verify-email"]);

    // Not yet: the person is shown where the mail went, instead.
    let login = browser.get("/login").await;
    let fields = [("username", NEW), ("password", GOOD)];
    let held = browser.submit(&login, &fields).await;
    let held = browser.follow(held).await;
    assert_eq!(held.url.path(), "/create-account/sent");
    assert!(held.body.contains(NEW));

    let proved = press(&browser, &link(&server, email, "/verify-email").await).await;
    let login = browser.follow(proved).await;
    assert_eq!(login.url.path(), "/login");
    assert!(login.text("done").is_some(), "{}", login.body);
    assert_eq!(column(&server, email, "a.unverified_since").await, ["null"]);
    assert_eq!(column(&server, email, "a.email_verified").await, ["true"]);
    assert!(signs_in(&browser, NEW, GOOD).await);
    // Signed in, there is nothing to create.
    let page = browser.get("/create-account").await;
    assert_eq!(page.location().unwrap().path(), "/");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_registrations_no_password_counts_but_the_one_set_by_mail() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let api = Api::new(&server);
    let body = json!({ "email": NEW, "password": OTHER, "name": "A stranger", "gender": "x" });
    api.post("/register", body).await.ok(202);
    register(&browser, NEW, GOOD).await;
    assert_eq!(column(&server, NEW, "a.name").await, ["null"]);
    assert_eq!(column(&server, NEW, "a.gender").await, ["null"]);
    let earlier = browser
        .get(&link(&server, NEW, "/verify-email").await)
        .await;
    assert_eq!(earlier.status, 410, "withdrawn");
    // Nor does asking for the mail once more bring back a link that proves a stranger's password.
    api.post("/email/verify", json!({ "email": NEW }))
        .await
        .ok(202);
    assert_eq!(links(&server, NEW, "/verify-email").await.len(), 1);
    let page = browser
        .get(&link(&server, NEW, "/reset-password").await)
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    let mine = "trois-cailloux-bleus-au-soleil";
    let done = browser.submit(&page, &[("new_password", mine)]).await;
    assert_eq!(browser.follow(done).await.url.path(), "/login");
    assert_eq!(column(&server, NEW, "a.unverified_since").await, ["null"]);
    for stranger in [OTHER, GOOD] {
        assert!(!signs_in(&Browser::new(&server), NEW, stranger).await);
    }
    assert!(signs_in(&browser, NEW, mine).await);
}

/// Held up where each has looked whether there is an account, and has not yet made one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn simultaneous_registrations_make_one_account() {
    let server = Arc::new(TestServer::start().await);
    let other = Arc::new(server.replica().await);
    let pool = &server.app.pool;
    let mut barrier = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE mailed_token IN EXCLUSIVE MODE")
        .execute(&mut *barrier)
        .await
        .unwrap();
    let mut calls = JoinSet::new();
    // The same address, written differently: the column is unique to the letter.
    for (at, email) in [
        (&server, NEW),
        (&other, "Newcomer@booking.test"),
        (&server, "NEWCOMER@booking.test"),
    ] {
        let at = Arc::clone(at);
        calls.spawn(async move {
            let body = json!({ "email": email, "password": GOOD });
            Api::new(&at).post("/register", body).await.ok(202);
        });
    }
    wait_for_waiting(pool, 3).await;
    barrier.commit().await.unwrap();
    calls.join_all().await;
    let count = "SELECT count(*) FROM user_account WHERE email_key = $1";
    let count: i64 = sqlx::query_scalar(count)
        .bind(NEW)
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(count, 1);
    let live = "SELECT count(*) FROM mailed_token WHERE used_at IS NULL AND withdrawn_at IS NULL";
    let live: i64 = sqlx::query_scalar(live).fetch_one(pool).await.unwrap();
    assert_eq!(live, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_at_the_fields_and_what_was_typed_is_kept() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.get("/create-account").await;
    for (email, password, fields) in [
        ("", "", &["email", "password"][..]),
        ("jeanne", GOOD, &["email"]),
        ("jeanne@localhost", GOOD, &["email"]),
        (NEW, "short", &["password"]),
        (NEW, "password", &["password"]),
        (NEW, "newcomer@booking.test", &["password"]),
        (NEW, "Moreau-Jeanne", &["password"]),
    ] {
        let form = [
            ("email", email),
            ("password", password),
            ("given_name", "Jeanne"),
            ("family_name", "Moreau"),
        ];
        let again = browser.submit(&page, &form).await;
        assert_eq!(again.status, 422, "{email} {password}");
        for field in ["email", "password", "given_name", "family_name"] {
            let told = again.text(&format!("{field}-problem")).is_some();
            assert_eq!(told, fields.contains(&field), "{email} {password} {field}");
        }
        assert!(again.body.contains("value=\"Jeanne\""));
        assert!(email.is_empty() || again.body.contains(&format!("value=\"{email}\"")));
        let value = format!("value=\"{password}\"");
        assert!(password.is_empty() || email == password || !again.body.contains(&value));
        // A reload asks again, and sends nothing.
        assert_eq!(browser.get("/create-account").await.status, 200);
    }
    assert!(letters(&server, NEW).await.is_empty());
    // Another browser's form, or one from before the cookies were cleared.
    let form = [("csrf", "x"), ("email", NEW), ("password", GOOD)];
    let expired = browser.post("/create-account", &form).await;
    assert_eq!(expired.status, 422);
    assert!(expired.body.contains(&format!("value=\"{NEW}\"")));
    let retried = browser
        .submit(&expired, &[("email", NEW), ("password", GOOD)])
        .await;
    assert_eq!(retried.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_json_call_takes_the_standard_claims_and_tells_each_field() {
    let server = TestServer::start().await;
    let api = Api::new(&server).speaking("fr");
    let refused = api
        .post(
            "/register",
            json!({ "email": "x", "password": "short", "birthdate": "tomorrow",
                    "address": { "country": 1 }, "role": "admin" }),
        )
        .await
        .problem(422, "invalid_input");
    let unread: Vec<_> = refused
        .errors()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    assert_eq!(unread, ["address.country", "role"]);
    let body = json!({ "email": "x", "password": "short", "birthdate": "tomorrow" });
    let refused = api
        .post("/register", body)
        .await
        .problem(422, "invalid_input");
    assert_eq!(
        refused.errors(),
        [
            ("birthdate".to_owned(), "invalid_date".to_owned()),
            ("email".to_owned(), "invalid_email".to_owned()),
            ("password".to_owned(), "password_too_short".to_owned()),
        ]
    );
    let refused = api
        .post("/register", json!({}))
        .await
        .problem(422, "invalid_input");
    let missing = [("email", "missing"), ("password", "missing")];
    assert_eq!(
        refused.errors(),
        missing.map(|(field, code)| (field.to_owned(), code.to_owned()))
    );

    let body = json!({
        "email": "élise@bücher.example", "password": GOOD, "given_name": "Élise",
        "birthdate": "1990-02-28", "zoneinfo": "Europe/Paris",
        "address": { "locality": "Lyon", "country": "France" },
    });
    api.post("/register", body).await.ok(202);
    let email = "élise@xn--bcher-kva.example";
    assert_eq!(column(&server, email, "a.name").await, ["Élise"]);
    assert_eq!(column(&server, email, "a.birthdate").await, ["1990-02-28"]);
    assert_eq!(
        column(&server, email, "a.address ->> 'country'").await,
        ["France"]
    );
    assert_eq!(column(&server, email, "a.locale").await, ["fr"]);
    let letter = &letters(&server, email).await[0];
    assert!(
        letter.content.subject.contains("adresse"),
        "{}",
        letter.content.subject
    );
    // The token of the mailed link, by JSON.
    let link = link(&server, email, "/verify-email").await;
    let token = link.split("token=").nth(1).unwrap();
    let body = json!({ "token": token });
    api.post("/email/verify", body).await.ok(204);
    api.login("ÉLISE@bücher.example", GOOD)
        .await
        .problem(401, "invalid_credentials");
    api.login("élise@BÜCHER.example", GOOD).await.ok(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_registration_is_closed_nobody_creates_an_account() {
    let server = TestServer::with(|config| config.account.registration = false).await;
    let browser = Browser::new(&server);
    let page = browser.get("/create-account").await;
    assert_eq!(page.status, 403);
    let login = browser.get("/login").await;
    assert!(!login.body.contains("/create-account"));
    let (_, hidden) = login.form();
    let form = [
        ("csrf", hidden[0].1.as_str()),
        ("email", NEW),
        ("password", GOOD),
    ];
    assert_eq!(browser.post("/create-account", &form).await.status, 403);
    let body = json!({ "email": NEW, "password": GOOD });
    let api = Api::new(&server);
    api.post("/register", body)
        .await
        .problem(403, "registration_closed");
    assert!(column(&server, NEW, "u.email").await.is_empty());
}
