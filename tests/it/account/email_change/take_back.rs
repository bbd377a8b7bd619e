//! Whoever asked for a change that is undone keeps nothing that lets them in again; what was there
//! before stays.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::{NEW, ask, signed_in};
use crate::account::entry::{column, mail_in_english, press};
use crate::factors::{codes, enrol_app, enrol_passkey};
use crate::pages::told::english;
use crate::sign_in::enter;
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request};
use crate::support::mailbox::{kinds, letters, link};
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

/// The names of the factors, how many recovery codes there are, and the apps with a consent.
async fn left(server: &TestServer) -> [String; 3] {
    let mut left = [const { String::new() }; 3];
    for (left, expression) in left.iter_mut().zip([
        "SELECT string_agg(name, ' ') FROM factor f WHERE f.id_user = u.id_user",
        "SELECT count(*) FROM recovery_code r WHERE r.id_user = u.id_user",
        "SELECT string_agg(client_id, ' ') FROM consent c WHERE c.id_user = u.id_user",
    ]) {
        *left = column(server, CUSTOMER, expression).await.remove(0);
    }
    left
}

async fn consents(browser: &Browser) {
    let page = Request::new("openid email").send(browser).await;
    let page = browser.follow(page).await;
    assert_eq!(page.url.path(), "/consent", "{}", page.body);
    browser.submit(&page, &[("decision", "allow")]).await;
}

/// What happened since the change was asked for.
async fn happened(server: &TestServer) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', kind, detail ->> 'method', client_id) FROM audit_event
         WHERE id > (SELECT max(id) FROM audit_event WHERE kind = 'consent_given')
           AND kind <> 'session_ended' ORDER BY id",
    )
    .fetch_all(&server.app.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn what_was_added_since_the_change_was_asked_for_goes() {
    let server = TestServer::start().await;
    mail_in_english(&server).await;
    // The owner's session, stolen after they enrolled their telephone in it.
    let thief = signed_in(&server).await;
    let (phone, page) = enrol_app(&server, &thief).await;
    assert_eq!(codes(&page).len(), 10);
    server.app.clock.advance(Duration::from_mins(1));
    ask(&thief, NEW).await;
    server.app.clock.advance(Duration::from_mins(1));
    let mut key = Key::new(&server);
    enrol_passkey(&thief, &mut key, "Crowbar").await;
    server.app.clock.advance(Duration::from_mins(1));
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    let page = thief.visit("/account/factors/recovery-codes").await;
    let made = thief.submit(&page, &[]).await;
    assert_eq!(codes(&thief.follow(made).await).len(), 10);
    consents(&thief).await;

    // By the last link, which was mailed after the passkey was added.
    let owner = english(&server).await;
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    let done = press(&owner, &undo).await;
    let done = owner.follow(done).await;
    assert!(
        done.body.contains("Second factors that were added"),
        "{}",
        done.body
    );
    assert_eq!(left(&server).await, ["Phone", "0", "null"]);
    let events = [
        "app_disconnected booking-app",
        "factor_removed passkey",
        "recovery_codes_removed",
        "email_change_undone",
    ];
    assert_eq!(happened(&server).await, events);
    let told = letters(&server, CUSTOMER).await.remove(0);
    assert_eq!(told.template, "mail-email-change-undone");
    for words in [
        "Taken back: Passkey (Crowbar)",
        "Taken back: Recovery codes",
    ] {
        assert!(told.content.text.contains(words), "{}", told.content.text);
    }
    assert!(!told.content.text.contains("Phone"));

    // The other address is told without where that was.
    let told = letters(&server, NEW).await.remove(0);
    assert_eq!(told.template, "mail-email-taken-back");
    assert!(!told.content.text.contains("127.0.0.1"));

    // The owner's telephone still lets them in.
    let page = owner.get("/login").await;
    let page = owner.sign_in(&page, CUSTOMER).await;
    let home = enter(&owner, &page, "totp", &phone.next_code(&server)).await;
    assert_eq!(owner.follow(home).await.url.path(), "/");
}

#[tokio::test]
async fn by_json_too_and_the_only_factor_of_a_stranger_with_its_recovery_codes() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    consents(&thief).await;
    server.app.clock.advance(Duration::from_mins(1));
    ask(&thief, NEW).await;
    server.app.clock.advance(Duration::from_mins(1));
    enrol_app(&server, &thief).await;
    assert_eq!(left(&server).await, ["Phone", "10", "booking-app"]);
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    let token = undo.split("token=").nth(1).unwrap();
    let api = Api::new(&server);
    api.post("/email/undo", json!({ "token": token }))
        .await
        .ok(204);
    assert_eq!(left(&server).await, ["null", "0", "booking-app"]);
    api.login(CUSTOMER, PASSWORD).await.ok(200);
    // It never was the account's.
    assert_eq!(kinds(&server, NEW).await, ["mail-confirm-email-change"]);
}

/// What was added while an earlier change to and fro was under way is no matter of this one.
#[tokio::test]
async fn what_came_before_the_account_last_had_the_address_stays() {
    let server = TestServer::start().await;
    let owner = signed_in(&server).await;
    for address in [NEW, CUSTOMER] {
        ask(&owner, address).await;
        server.app.clock.advance(Duration::from_secs(1));
        press(&owner, &link(&server, address, "/confirm-email").await).await;
        if address == NEW {
            enrol_app(&server, &owner).await;
        }
        server.app.clock.advance(Duration::from_secs(1));
    }
    ask(&owner, "third@booking.test").await;
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    press(&english(&server).await, &undo).await;
    assert_eq!(left(&server).await, ["Phone", "10", "null"]);
}
