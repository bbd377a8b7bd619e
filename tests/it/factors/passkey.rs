//! Passkeys, with an authenticator in software.

use serde_json::{Value, json};

use super::{
    answer, codes, enrol_passkey, events, letter_names, options, second_step, session, signed_in,
};
use crate::account::entry::wait_for_waiting;
use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// What the sign-in page's script asks for, whatever the answer.
pub(super) async fn ask(browser: &Browser, page: &Page) -> Page {
    let (_, hidden) = page.form();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let from = page.attribute("data-passkey-from").unwrap();
    browser.post(&from, &[("csrf", &csrf.1)]).await
}

/// What the sign-in page's script asks for.
pub(super) async fn challenge(browser: &Browser, page: &Page) -> Value {
    let answer = ask(browser, page).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// Sends an answer as the sign-in page's script does.
pub(super) async fn sign_in(
    browser: &Browser,
    page: &Page,
    ceremony: &Value,
    credential: &Value,
) -> Page {
    let (_, hidden) = page.form();
    let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap();
    let form = [
        ("csrf", csrf.1.as_str()),
        ("ceremony", ceremony.as_str().unwrap()),
        ("credential", &credential.to_string()),
    ];
    browser.post("/login/passkey", &form).await
}

#[tokio::test]
async fn a_passkey_is_enrolled_and_is_a_second_factor() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/passkeys").await;
    let asked = options(&page);
    let selection = &asked["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "preferred");
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(asked["rp"]["id"], "localhost");
    assert_eq!(asked["user"]["name"], CUSTOMER);
    assert_eq!(asked["excludeCredentials"], json!([]));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("script-src 'self'") && !policy.contains("unsafe"),
        "{policy}"
    );

    let mut key = Key::new(&server);
    let page = enrol_passkey(&browser, &mut key, "Blue key").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(codes(&page).len(), 10);
    assert_eq!(letter_names(&server).await, ["mail-factor-added"]);
    assert_eq!(
        events(&server).await,
        ["factor_added passkey", "recovery_codes_made"]
    );
    let (acr, amr) = session(&server).await;
    assert_eq!(
        (acr.as_str(), amr.join(" ").as_str()),
        ("phr", "pwd hwk user mfa")
    );

    // The next one is told not to be this authenticator.
    let page = browser.visit("/account/factors/passkeys").await;
    let known = options(&page)["excludeCredentials"].clone();
    assert_eq!(known.as_array().unwrap().len(), 1);

    let (other, page) = second_step(&server).await;
    let credential = key.get(&options(&page)).to_string();
    let home = answer(&other, &page, &credential, &[]).await;
    assert_eq!(other.follow(home).await.url.path(), "/");
    let (acr, amr) = session(&server).await;
    assert_eq!(
        (acr.as_str(), amr.join(" ").as_str()),
        ("phr", "pwd hwk user mfa")
    );
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_password() {
    let server = TestServer::start().await;
    let mut key = Key::new(&server);
    enrol_passkey(&signed_in(&server).await, &mut key, "Blue key").await;

    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let asked = challenge(&browser, &page).await;
    assert_eq!(asked["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(asked["publicKey"]["userVerification"], "required");
    let credential = key.get(&asked["publicKey"]);
    // Another browser cannot answer for this one, and cannot use the challenge up.
    let thief = Browser::new(&server);
    let elsewhere = thief.get("/login").await;
    let refused = sign_in(&thief, &elsewhere, &asked["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    let home = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    let home = browser.follow(home).await;
    assert_eq!((home.status, home.url.path()), (200, "/"), "{}", home.body);
    assert!(home.body.contains(CUSTOMER));
    let (acr, amr) = session(&server).await;
    assert_eq!(
        (acr.as_str(), amr.join(" ").as_str()),
        ("phr", "hwk user mfa")
    );
    // An answer is good once.
    let again = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    assert_eq!(again.status, 422);
}

#[tokio::test]
async fn an_answer_of_somebody_else_or_elsewhere_is_refused() {
    let server = TestServer::start().await;
    let mut key = Key::new(&server);
    let browser = signed_in(&server).await;
    enrol_passkey(&browser, &mut key, "Blue key").await;

    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    // Another person's user handle.
    let asked = challenge(&browser, &page).await;
    let mut credential = key.get(&asked["publicKey"]);
    credential["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let refused = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    // A challenge of another browser.
    let mine = challenge(&browser, &page).await;
    let other = Browser::new(&server);
    let theirs = challenge(&other, &other.get("/login").await).await;
    let credential = key.get(&theirs["publicKey"]);
    let refused = sign_in(&browser, &page, &mine["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    // A page at another origin that got hold of a challenge.
    let asked = challenge(&browser, &page).await;
    key.visit("http://localhost:1");
    let credential = key.get(&asked["publicKey"]);
    let refused = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    // No such credential is known.
    let asked = challenge(&browser, &page).await;
    let mut stranger = Key::new(&server);
    let options = json!({
        "rp": { "id": "localhost", "name": "x" },
        "user": { "id": "AAAA", "name": "x", "displayName": "x" },
        "challenge": asked["publicKey"]["challenge"],
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "authenticatorSelection": { "userVerification": "required", "requireResidentKey": false },
    });
    stranger.create(&options);
    let credential = stranger.get(&asked["publicKey"]);
    let refused = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    // The right one, of an account that is closed.
    sqlx::query("UPDATE user_account SET disabled_at = now()")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let asked = challenge(&browser, &page).await;
    key.visit(&server.issuer);
    let credential = key.get(&asked["publicKey"]);
    let refused = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    // Told to whom the passkey belongs, where it is known.
    let told: Vec<(Option<String>, bool)> = sqlx::query_as(
        "SELECT detail ->> 'reason', subject = a.sub FROM audit_event
         LEFT JOIN user_account a ON subject = a.sub
         WHERE kind = 'sign_in_refused' ORDER BY id",
    )
    .fetch_all(&server.app.pool)
    .await
    .unwrap();
    let refused = || (Some("passkey_refused".to_owned()), true);
    let closed = (Some("account_disabled".to_owned()), true);
    assert_eq!(told, [refused(), refused(), closed]);
    let live: i64 = sqlx::query_scalar("SELECT count(*) FROM session")
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(live, 1);
}

#[tokio::test]
async fn a_counter_that_goes_back_is_refused_and_recorded() {
    let server = TestServer::start().await;
    let mut key = Key::new(&server);
    enrol_passkey(&signed_in(&server).await, &mut key, "Blue key").await;
    // As if a copy of the key had been used a hundred times.
    sqlx::query(
        "UPDATE factor SET credential = jsonb_set(credential, '{cred,counter}', '100')
         WHERE credential_id = $1",
    )
    .bind(key.id())
    .execute(&server.app.pool)
    .await
    .unwrap();
    let (browser, page) = second_step(&server).await;
    let credential = key.get(&options(&page)).to_string();
    let refused = answer(&browser, &page, &credential, &[]).await;
    assert_eq!(refused.status, 422);
    let browser = Browser::new(&server);
    let page = browser.get("/login").await;
    let asked = challenge(&browser, &page).await;
    let credential = key.get(&asked["publicKey"]);
    let refused = sign_in(&browser, &page, &asked["ceremony"], &credential).await;
    assert_eq!(refused.status, 422);
    let recorded = events(&server).await;
    let cloned = recorded.iter().filter(|kind| *kind == "passkey_copied");
    assert_eq!(cloned.count(), 2, "{recorded:?}");
}

#[tokio::test]
async fn a_challenge_is_over_after_five_minutes() {
    let server = TestServer::start().await;
    let mut key = Key::new(&server);
    enrol_passkey(&signed_in(&server).await, &mut key, "Blue key").await;
    let (browser, page) = second_step(&server).await;
    let credential = key.get(&options(&page)).to_string();
    server
        .app
        .clock
        .advance(std::time::Duration::from_secs(301));
    let refused = answer(&browser, &page, &credential, &[]).await;
    assert_eq!(refused.status, 422);
    // The page has a new challenge.
    let credential = key.get(&options(&refused)).to_string();
    let home = answer(&browser, &refused, &credential, &[]).await;
    assert_eq!(browser.follow(home).await.url.path(), "/");
}

#[tokio::test]
async fn a_form_that_is_sent_again_says_that_the_passkey_is_there() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let form = browser.visit("/account/factors/passkeys").await;
    let mut key = Key::new(&server);
    let credential = key.create(&options(&form)).to_string();
    let name = [("name", "Blue key")];
    let first = answer(&browser, &form, &credential, &name).await;
    // Pressed twice: what the browser shows is the answer to the second.
    let second = answer(&browser, &form, &credential, &name).await;
    let shown = browser.follow(second).await;
    assert_eq!(codes(&shown), codes(&browser.follow(first).await));
    let next = browser.submit(&shown, &[]).await;
    browser.follow(next).await;
    // By the back button, after the codes were kept.
    let late = answer(&browser, &form, &credential, &name).await;
    let list = browser.follow(late).await;
    assert_eq!((list.status, list.url.path()), (200, "/account/factors"));
    assert!(list.body.contains("was added already"), "{}", list.body);
    assert_eq!(super::links(&list, "/remove").len(), 1);
    assert_eq!(letter_names(&server).await, ["mail-factor-added"]);
    // Another credential in the same form is none of ours.
    let strange = Key::new(&server).create(&options(&form)).to_string();
    let refused = answer(&browser, &form, &strange, &name).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("was not accepted"));
}

#[tokio::test]
async fn a_form_that_is_sent_again_goes_on_to_the_app_that_waits() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    enrol_passkey(&browser, &mut Key::new(&server), "First").await;
    let page = browser.visit("/account/factors/recovery-codes/new").await;
    browser.submit(&page, &[]).await;
    let request = crate::support::flow::Request::new("openid").with("prompt", "consent");
    let query = request.send(&browser).await.url.query().unwrap().to_owned();
    let form = browser
        .visit(&format!("/account/factors/passkeys?{query}"))
        .await;
    let credential = Key::new(&server).create(&options(&form)).to_string();
    for _ in 0..2 {
        let next = answer(&browser, &form, &credential, &[("name", "Second")]).await;
        let next = browser.follow(next).await;
        assert_eq!(next.url.path(), "/consent", "{}", next.body);
    }
}

/// As a change of address is undone, or an administrator takes factors off, meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_that_is_taken_off_while_it_signs_in_lets_nobody_in() {
    let server = TestServer::start().await;
    let mut key = Key::new(&server);
    enrol_passkey(&signed_in(&server).await, &mut key, "Crowbar").await;
    let pool = &server.app.pool;
    let thief = Browser::new(&server);
    let page = thief.get("/login").await;
    let asked = challenge(&thief, &page).await;
    let credential = key.get(&asked["publicKey"]);
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM user_account FOR NO KEY UPDATE")
        .execute(&mut *tx)
        .await
        .unwrap();
    let signing_in =
        tokio::spawn(async move { sign_in(&thief, &page, &asked["ceremony"], &credential).await });
    wait_for_waiting(pool, 1).await;
    for statement in [
        "DELETE FROM factor",
        "UPDATE session SET ended_at = now() WHERE ended_at IS NULL",
    ] {
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let to = signing_in.await.unwrap().location().unwrap();
    assert_eq!(to.path(), "/login");
    let live = "SELECT count(*) FROM session WHERE ended_at IS NULL";
    let live: i64 = sqlx::query_scalar(live).fetch_one(pool).await.unwrap();
    assert_eq!(live, 0);
}
