//! The old address takes the change back.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::{NEW, ask, signed_in, verified};
use crate::account::entry::{GOOD, OTHER, column, press, signs_in};
use crate::pages::told::english;
use crate::support::api::Api;
use crate::support::flow::{CUSTOMER, refresh, text, tokens};
use crate::support::mailbox::{link, links};
use crate::support::server::TestServer;

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
        done.body.contains("href=\"/forgot-password?ui_locales="),
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

/// What its mailbox let a stranger set lets nobody in once the mailbox is the account's no more.
#[tokio::test]
async fn a_password_that_was_set_by_way_of_the_new_mailbox_goes() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    server.app.clock.advance(Duration::from_mins(1));
    ask(&thief, NEW).await;
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    let page = thief.get("/forgot-password").await;
    thief.submit(&page, &[("email", NEW)]).await;
    let page = thief
        .get(&link(&server, NEW, "/reset-password").await)
        .await;
    thief.submit(&page, &[("new_password", GOOD)]).await;
    let api = Api::new(&server);
    api.login(NEW, GOOD).await.ok(200);

    let owner = english(&server).await;
    press(&owner, &link(&server, CUSTOMER, "/undo-email-change").await).await;
    for password in [GOOD, PASSWORD] {
        let refused = api.login(CUSTOMER, password).await;
        assert_eq!(refused.status, 401, "{:#}", refused.body);
    }
    let page = owner.get("/forgot-password").await;
    owner.submit(&page, &[("email", CUSTOMER)]).await;
    let reset = link(&server, CUSTOMER, "/reset-password").await;
    let page = owner.get(&reset).await;
    owner.submit(&page, &[("new_password", OTHER)]).await;
    api.login(CUSTOMER, OTHER).await.ok(200);
}

/// Nor where the stranger had the account moved back before, and the owner confirmed that in good faith.
#[tokio::test]
async fn it_goes_where_the_old_mailbox_has_the_account_again_too() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    let later = || server.app.clock.advance(Duration::from_mins(1));
    ask(&thief, NEW).await;
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    later();
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    later();
    let page = thief.get("/forgot-password").await;
    thief.submit(&page, &[("email", NEW)]).await;
    let reset = link(&server, NEW, "/reset-password").await;
    let page = thief.get(&reset).await;
    thief.submit(&page, &[("new_password", GOOD)]).await;
    later();
    assert!(signs_in(&thief, NEW, GOOD).await);
    ask(&thief, CUSTOMER).await;
    later();
    let owner = english(&server).await;
    press(&owner, &link(&server, CUSTOMER, "/confirm-email").await).await;
    let api = Api::new(&server);
    api.login(CUSTOMER, GOOD).await.ok(200);
    later();
    let done = press(&owner, &undo).await;
    let done = owner.follow(done).await;
    assert!(done.body.contains("Your password no longer works"));
    api.login(CUSTOMER, GOOD)
        .await
        .problem(401, "invalid_credentials");
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
    assert!(!signs_in(&browser, CUSTOMER, PASSWORD).await);
    let page = browser.get("/forgot-password").await;
    browser.submit(&page, &[("email", CUSTOMER)]).await;
    let page = browser
        .get(&link(&server, CUSTOMER, "/reset-password").await)
        .await;
    browser.submit(&page, &[("new_password", GOOD)]).await;
    assert!(signs_in(&browser, CUSTOMER, GOOD).await);

    ask(&browser, "late@booking.test").await;
    let undo = link(&server, CUSTOMER, "/undo-email-change").await;
    server.app.clock.advance(Duration::from_hours(24 * 7 + 1));
    assert_eq!(browser.get(&undo).await.status, 410);
}

/// Who reads a mailbox need not wait for what strangers had us send there.
#[tokio::test]
async fn a_new_password_follows_at_once_however_often_strangers_asked() {
    let server = TestServer::start().await;
    let thief = signed_in(&server).await;
    ask(&thief, NEW).await;
    press(&thief, &link(&server, NEW, "/confirm-email").await).await;
    let sent = async || links(&server, CUSTOMER, "/reset-password").await.len();
    // Nobody has the address now; it counts all the same.
    let flood = async || {
        let page = thief.get("/forgot-password").await;
        for _ in 0..6 {
            thief.submit(&page, &[("email", CUSTOMER)]).await;
        }
    };
    flood().await;
    let owner = english(&server).await;
    press(&owner, &link(&server, CUSTOMER, "/undo-email-change").await).await;
    assert_eq!(sent().await, 0);
    let page = owner.get("/forgot-password").await;
    owner.submit(&page, &[("email", CUSTOMER)]).await;
    assert_eq!(sent().await, 1);
    flood().await;
    let before = sent().await;
    assert_eq!(before, 3);
    let reset = link(&server, CUSTOMER, "/reset-password").await;
    let form = owner.get(&reset).await;
    owner.submit(&form, &[("new_password", OTHER)]).await;
    owner.submit(&page, &[("email", CUSTOMER)]).await;
    assert_eq!(sent().await, before + 1);
}
