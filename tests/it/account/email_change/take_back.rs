//! Whoever asked for a change that is undone keeps nothing that lets them in again; what was there
//! before stays.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::{NEW, ask, signed_in};
use crate::account::entry::{GOOD, OTHER, column, mail_in_english, press, signs_in};
use crate::factors::{codes, enrol_app, enrol_passkey};
use crate::pages::told::english;
use crate::sign_in::enter;
use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::{Browser, Page};
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

/// What is older than the link is good for, and than the session.
const LONG: Duration = Duration::from_hours(24 * 7 + 1);

/// The owner's telephone, enrolled in a session that has ended.
async fn with_a_phone(server: &TestServer) -> AuthenticatorApp {
    let owner = signed_in(server).await;
    let (phone, page) = enrol_app(server, &owner).await;
    assert_eq!(codes(&page).len(), 10);
    server.app.clock.advance(LONG);
    phone
}

/// Signs in with the telephone's code, phished along with the password.
async fn phished(server: &TestServer, phone: &AuthenticatorApp) -> Browser {
    let browser = english(server).await;
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    let page = enter(&browser, &page, "totp", &phone.next_code(server)).await;
    assert_eq!(browser.follow(page).await.url.path(), "/");
    browser
}

async fn new_codes(browser: &Browser) {
    let page = browser.visit("/account/factors/recovery-codes").await;
    let made = browser.submit(&page, &[]).await;
    assert_eq!(codes(&browser.follow(made).await).len(), 10);
}

/// Presses the newest link in the old mailbox; the page that says what was done.
async fn undone(server: &TestServer) -> Page {
    let owner = english(server).await;
    let undo = link(server, CUSTOMER, "/undo-email-change").await;
    let done = press(&owner, &undo).await;
    owner.follow(done).await
}

/// Before the change was asked for, while it waited, and after.
#[tokio::test]
async fn what_was_added_around_the_change_goes_and_what_is_older_stays() {
    let server = TestServer::start().await;
    mail_in_english(&server).await;
    let phone = with_a_phone(&server).await;
    let thief = phished(&server, &phone).await;
    let mut key = Key::new(&server);
    enrol_passkey(&thief, &mut key, "Jemmy").await;
    server.app.clock.advance(Duration::from_mins(1));
    ask(&thief, NEW).await;
    server.app.clock.advance(Duration::from_mins(1));
    enrol_passkey(&thief, &mut Key::new(&server), "Crowbar").await;
    server.app.clock.advance(Duration::from_mins(1));
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    new_codes(&thief).await;
    consents(&thief).await;

    // By the last link, which was mailed after the passkeys were added.
    let done = undone(&server).await;
    assert!(
        done.body.contains("Passkey, Recovery codes")
            && done.body.contains("Your password no longer works"),
        "{}",
        done.body
    );
    assert_eq!(left(&server).await, ["Phone", "0", "null"]);
    let events = [
        "app_disconnected booking-app",
        "factor_removed passkey",
        "factor_removed passkey",
        "recovery_codes_removed",
        "password_voided",
        "email_change_undone",
    ];
    assert_eq!(happened(&server).await, events);
    let told = letters(&server, CUSTOMER).await.remove(0);
    assert_eq!(told.template, "mail-email-change-undone");
    for words in [
        "Taken back: Password",
        "Taken back: Passkey (Jemmy)",
        "Taken back: Passkey (Crowbar)",
        "Taken back: Recovery codes",
        "Still there: Authenticator app (Phone)",
        "Your password no longer works",
        "/forgot-password",
    ] {
        assert!(told.content.text.contains(words), "{}", told.content.text);
    }
    for words in [
        "Jemmy",
        "Phone",
        "Still there",
        "Your password no longer works",
    ] {
        assert!(told.content.html.contains(words), "{}", told.content.html);
    }

    // The other address is told what to do, and not where that was.
    let told = letters(&server, NEW).await.remove(0);
    assert_eq!(told.template, "mail-email-taken-back");
    assert!(!told.content.text.contains("127.0.0.1"));
    assert!(told.content.text.contains("write at once to those who run"));

    // What the thief has lets nobody in; the owner gets in by the mailbox and the telephone, and reads
    // what was done.
    assert!(!signs_in(&english(&server).await, CUSTOMER, PASSWORD).await);
    let owner = english(&server).await;
    set_password(&server, &owner, GOOD).await;
    let api = with_second_factor(&server, GOOD, &phone).await;
    let events = api.get("/me/events").await.ok(200).body.to_string();
    assert!(events.contains("Password voided"), "{events}");
}

async fn set_password(server: &TestServer, browser: &Browser, password: &str) {
    let page = browser.get("/forgot-password").await;
    browser.submit(&page, &[("email", CUSTOMER)]).await;
    let page = browser
        .get(&link(server, CUSTOMER, "/reset-password").await)
        .await;
    let set = browser.submit(&page, &[("new_password", password)]).await;
    assert_eq!(set.status, 303, "{}", set.body);
}

/// With the password and an app of their own, enrolled in a session that nothing leads back to: as often as
/// they like.
#[tokio::test]
async fn a_thief_with_two_sessions_keeps_nothing_either() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    let (jemmy, _) = enrol_app(&server, &thief).await;
    consents(&thief).await;
    sqlx::query("DELETE FROM session")
        .execute(&server.app.pool)
        .await
        .unwrap();
    server.app.clock.advance(Duration::from_hours(24 * 6));
    let thief = with_second_factor(&server, PASSWORD, &jemmy).await;
    thief
        .post("/email/change", json!({ "email": NEW }))
        .await
        .ok(202);
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    let token = undo.split("token=").nth(1).unwrap();
    let api = Api::new(&server);
    api.post("/email/undo", json!({ "token": token }))
        .await
        .ok(204);
    assert_eq!(left(&server).await, ["null", "0", "null"]);
    // The address never was the account's: it is told nothing.
    assert_eq!(kinds(&server, NEW).await, ["mail-confirm-email-change"]);
    api.login(CUSTOMER, PASSWORD)
        .await
        .problem(401, "invalid_credentials");
    set_password(&server, &english(&server).await, GOOD).await;
    api.login(CUSTOMER, GOOD).await.ok(200);
}

/// However long ago it began: confirmed again and again, it stays the same session.
#[tokio::test]
async fn what_was_done_in_the_session_that_asked_goes() {
    for (noted, left_then) in [(true, "null"), (false, "Phone")] {
        let server = TestServer::start().await;
        let thief = signed_in(&server).await;
        let (jemmy, _) = enrol_app(&server, &thief).await;
        // Used every few hours.
        for _ in 0..17 {
            server.app.clock.advance(Duration::from_hours(10));
            assert_eq!(thief.get("/account").await.status, 200);
        }
        let page = thief.visit("/login?then=/account&confirm=1").await;
        let page = thief.sign_in(&page, CUSTOMER).await;
        enter(&thief, &page, "totp", &jemmy.next_code(&server)).await;
        ask(&thief, NEW).await;
        if !noted {
            // As a link that was mailed before there was such a column.
            sqlx::query("UPDATE mailed_token SET session_began_at = NULL")
                .execute(&server.app.pool)
                .await
                .unwrap();
        }
        undone(&server).await;
        assert_eq!(left(&server).await[0], left_then);
    }
}

/// What was added while an earlier change to and fro was under way is no matter of this one.
#[tokio::test]
async fn what_came_before_the_account_last_had_the_address_stays() {
    let server = TestServer::start().await;
    let owner = signed_in(&server).await;
    let (phone, _) = enrol_app(&server, &owner).await;
    for address in [NEW, CUSTOMER] {
        ask(&owner, address).await;
        server.app.clock.advance(Duration::from_secs(1));
        press(&owner, &link(&server, address, "/confirm-email").await).await;
        server.app.clock.advance(Duration::from_secs(1));
    }
    server.app.clock.advance(LONG);
    let later = with_second_factor(&server, PASSWORD, &phone).await;
    later
        .post("/email/change", json!({ "email": "third@booking.test" }))
        .await
        .ok(202);
    undone(&server).await;
    assert_eq!(left(&server).await, ["Phone", "10", "null"]);
}

/// A password that its reader has just set by the same mailbox is the owner's; one that came by the
/// account's pages is not, nor is one that came by another mailbox.
#[tokio::test]
async fn a_password_that_was_set_by_the_old_mailbox_since_stays() {
    let server = TestServer::start().await;
    mail_in_english(&server).await;
    let owner = english(&server).await;
    set_password(&server, &owner, GOOD).await;
    server.app.clock.advance(Duration::from_mins(1));
    let api = Api::new(&server);
    let asked = async |password| {
        let tokens = api.login(CUSTOMER, password).await.ok(200);
        let thief = Api::new(&server).with_token(tokens.text("access_token"));
        thief
            .post("/email/change", json!({ "email": NEW }))
            .await
            .ok(202);
        thief
    };
    let asked_and_changed = async || {
        let thief = asked(OTHER).await;
        let body = json!({ "old_password": OTHER, "new_password": GOOD });
        thief.post("/password/change", body).await.ok(204);
    };
    // From before the change was asked for: whoever asked knows it.
    asked(GOOD).await;
    undone(&server).await;
    api.login(CUSTOMER, GOOD)
        .await
        .problem(401, "invalid_credentials");

    server.app.clock.advance(Duration::from_mins(1));
    set_password(&server, &owner, OTHER).await;
    server.app.clock.advance(Duration::from_mins(1));
    asked_and_changed().await;
    server.app.clock.advance(Duration::from_mins(1));
    set_password(&server, &owner, THIRD).await;
    let done = undone(&server).await;
    assert!(
        done.body.contains("somebody may know your password"),
        "{}",
        done.body
    );
    api.login(CUSTOMER, THIRD).await.ok(200);
    let told = letters(&server, CUSTOMER).await;
    let told = told
        .iter()
        .find(|it| it.template == "mail-email-change-undone");
    assert!(!told.unwrap().content.text.contains("Password"));

    // By the account's pages, with the one that came by the mailbox, which was phished too.
    asked(THIRD).await;
    server.app.clock.advance(Duration::from_mins(1));
    set_password(&server, &owner, OTHER).await;
    server.app.clock.advance(Duration::from_mins(1));
    asked_and_changed().await;
    undone(&server).await;
    api.login(CUSTOMER, GOOD)
        .await
        .problem(401, "invalid_credentials");
}

const THIRD: &str = "seventeen grey herons wade";

async fn with_second_factor<'a>(
    server: &'a TestServer,
    password: &str,
    phone: &AuthenticatorApp,
) -> Api<'a> {
    let api = Api::new(server);
    let due = api.login(CUSTOMER, password).await;
    let due = due.problem(403, "mfa_required");
    let body = json!({
        "mfa_token": due.text("mfa_token"), "method": "totp", "code": phone.next_code(server),
    });
    let tokens = api.post("/login/factor", body).await.ok(200);
    api.with_token(tokens.text("access_token"))
}
