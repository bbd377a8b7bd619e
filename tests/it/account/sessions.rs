//! Where a person is signed in, and ending it from elsewhere.

use auth_api::cli::demo::PASSWORD;
use serde_json::json;

use super::entry::{GOOD, signs_in};
use crate::pages::told::assert_safe;
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{ADMIN, BOOKING_APP, CUSTOMER, Request, refresh, text};
use crate::support::mailbox::link;
use crate::support::server::TestServer;

const PATH: &str = "/account/sessions";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1";

async fn signed_in(server: &TestServer, email: &str, user_agent: &str) -> Browser {
    let browser = Browser::named(server, user_agent);
    browser.get("/language?to=en").await;
    assert!(signs_in(&browser, email, PASSWORD).await);
    browser
}

/// The ids that the page offers to end.
fn offered(page: &Page) -> Vec<String> {
    let buttons = page.body.split("name=\"end\" value=\"").skip(1);
    buttons
        .map(|button| button.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_is_told_by_its_device_and_address_and_this_one_is_marked() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER, FIREFOX).await;
    signed_in(&server, CUSTOMER, PHONE).await;
    signed_in(&server, ADMIN, "curl/8.0").await;
    Api::signed_in(&server, CUSTOMER).await;
    let page = browser.get(PATH).await;
    assert_eq!(page.status, 200);
    assert_safe(&page);
    assert!(page.body.contains("Firefox on Linux") && page.body.contains("Safari on iPhone"));
    assert!(page.body.contains("127.0.0.1"));
    assert_eq!(page.body.matches("This one").count(), 1);
    let this = page.body.find("This one").unwrap();
    assert!(page.body.find("Firefox on Linux").unwrap() < this);
    assert!(page.body.find("Safari on iPhone").unwrap() > this);
    // The phone, the platform's own app, and all others at once; not this one, not the admin's.
    assert_eq!(offered(&page).len(), 3, "{}", page.body);
}

#[tokio::test]
async fn an_ended_session_takes_all_its_tokens_along_on_every_replica() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    let browser = signed_in(&server, CUSTOMER, FIREFOX).await;
    let phone = signed_in(&server, CUSTOMER, PHONE).await;
    let mut held = Vec::new();
    for scope in ["openid", "openid offline_access"] {
        let code = Request::new(scope).code(&phone, CUSTOMER).await;
        held.push(code.redeem(&server).await.1);
    }
    let mine = Request::new("openid offline_access")
        .code(&browser, CUSTOMER)
        .await;
    let mine = mine.redeem(&server).await.1;

    let page = browser.get(PATH).await;
    let id = offered(&page).remove(0);
    let next = browser.submit(&page, &[("end", &id)]).await;
    let page = browser.follow(next).await;
    assert!(page.text("done").is_some());
    assert!(!page.body.contains("Safari on iPhone"));

    assert_eq!(phone.get("/account").await.status, 303);
    for tokens in &held {
        let access_token = text(tokens, "access_token");
        assert_eq!(replica.userinfo(access_token).await.0, 401);
        let form = [("token", access_token)];
        let (_, told) = replica.post_as(BOOKING_APP, "/introspect", &form).await;
        assert_eq!(told["active"], false);
    }
    let (status, told) = refresh(&replica, text(&held[1], "refresh_token")).await;
    assert_eq!((status, text(&told, "error")), (400, "invalid_grant"));
    assert_eq!(replica.userinfo(text(&mine, "access_token")).await.0, 200);
    assert_eq!(refresh(&replica, text(&mine, "refresh_token")).await.0, 200);
}

#[tokio::test]
async fn all_others_end_at_once_and_a_reload_of_the_form_is_harmless() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER, FIREFOX).await;
    let phone = signed_in(&server, CUSTOMER, PHONE).await;
    let mobile = Api::signed_in(&server, CUSTOMER).await;
    let stranger = signed_in(&server, ADMIN, PHONE).await;
    let page = browser.get(PATH).await;
    for _ in 0..2 {
        let next = browser.submit(&page, &[("end", "others")]).await;
        assert_eq!(next.status, 303);
        assert!(browser.follow(next).await.text("done").is_some());
    }
    assert_eq!(phone.get("/account").await.status, 303);
    mobile.get("/me").await.problem(401, "invalid_token");
    assert_eq!(browser.get("/account").await.status, 200);
    assert_eq!(stranger.get("/account").await.status, 200);
    assert!(offered(&browser.get(PATH).await).is_empty());
}

#[tokio::test]
async fn nobody_ends_anothers_session() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER, FIREFOX).await;
    let admin = Api::signed_in(&server, ADMIN).await;
    let theirs = admin.get("/me/sessions").await.ok(200).body["sessions"][0]["id"].clone();
    let theirs = theirs.as_str().unwrap();
    signed_in(&server, CUSTOMER, PHONE).await;
    let page = browser.get(PATH).await;
    assert_eq!(browser.submit(&page, &[("end", theirs)]).await.status, 303);
    let customer = Api::signed_in(&server, CUSTOMER).await;
    for id in [theirs, "00000000-0000-0000-0000-000000000000", "x"] {
        let path = format!("/me/sessions/{id}");
        customer.get(&path).await.problem(404, "not_found");
        customer.delete(&path).await.problem(404, "not_found");
    }
    admin.get("/me").await.ok(200);
    let forged = browser.post(PATH, &[("end", "others")]).await;
    assert_eq!(forged.status, 422);
    customer.get("/me").await.ok(200);
}

#[tokio::test]
async fn what_one_person_asked_is_not_done_to_another() {
    let server = TestServer::start().await;
    let browser = signed_in(&server, CUSTOMER, FIREFOX).await;
    signed_in(&server, CUSTOMER, PHONE).await;
    let sessions = browser.get(PATH).await;
    let email = browser.get("/account/email").await;
    let password = browser.get("/account/password").await;
    // In another tab.
    let admins = signed_in(&server, ADMIN, PHONE).await;
    let request = Request::new("openid").with("prompt", "login");
    request.code(&browser, ADMIN).await;
    let passwords = [("old_password", PASSWORD), ("new_password", GOOD)];
    for (page, fields) in [
        (&sessions, &[("end", "others")][..]),
        (&email, &[("email", "new@booking.test")]),
        (&password, &passwords),
    ] {
        let told = browser.submit(page, fields).await;
        assert_eq!(told.status, 422, "{}", page.url);
        assert!(told.body.contains(ADMIN) && !told.body.contains("new@booking.test"));
    }
    assert_eq!(admins.get("/account").await.status, 200);
    assert!(signs_in(&Browser::new(&server), ADMIN, PASSWORD).await);
}

#[tokio::test]
async fn json_lists_and_ends_the_same_sessions() {
    let server = TestServer::start().await;
    let phone = signed_in(&server, CUSTOMER, PHONE).await;
    let other = Api::signed_in(&server, CUSTOMER).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let all = api.get("/me/sessions").await.ok(200).body;
    let all = all["sessions"].as_array().unwrap();
    assert_eq!(all.len(), 3);
    let current: Vec<_> = all.iter().filter(|it| it["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["client_id"], "booking-mobile");
    let browser = all.iter().find(|it| it["client_id"].is_null()).unwrap();
    assert_eq!(
        (&browser["ip"], &browser["user_agent"]),
        (&"127.0.0.1".into(), &PHONE.into())
    );
    let path = format!("/me/sessions/{}", text(browser, "id"));
    assert_eq!(&api.get(&path).await.ok(200).body, browser);
    // An app's session was last used when its tokens were last refreshed.
    server.app.clock.advance(std::time::Duration::from_secs(90));
    let tokens = Api::new(&server).login(CUSTOMER, PASSWORD).await.ok(200);
    server.app.clock.advance(std::time::Duration::from_secs(90));
    let body = serde_json::json!({ "refresh_token": tokens.text("refresh_token") });
    Api::new(&server).post("/refresh", body).await.ok(200);
    let all = api.get("/me/sessions").await.ok(200).body;
    let newest = &all["sessions"][0];
    assert_ne!(newest["last_seen_at"], newest["signed_in_at"]);
    assert_eq!(newest["current"], false);
    api.delete(&format!("/me/sessions/{}", text(newest, "id")))
        .await
        .ok(204);

    api.delete(&path).await.ok(204);
    api.delete(&path).await.problem(404, "not_found");
    assert_eq!(phone.get("/account").await.status, 303);
    api.delete("/me/sessions").await.ok(204);
    other.get("/me").await.problem(401, "invalid_token");
    // Its own too, like a sign-out.
    let own = format!("/me/sessions/{}", text(current[0], "id"));
    api.delete(&own).await.ok(204);
    api.get("/me").await.problem(401, "invalid_token");
    let kinds: i64 =
        sqlx::query_scalar("SELECT count(*) FROM audit_event WHERE kind = 'session_ended'")
            .fetch_one(&server.database.pool)
            .await
            .unwrap();
    assert_eq!(kinds, 4);
}

/// A stranger may have asked for it in the session that its owner does not know.
#[tokio::test]
async fn a_change_of_address_that_waits_goes_with_a_session_that_is_ended_from_another() {
    let server = TestServer::start().await;
    for by_json in [false, true] {
        let thief = signed_in(&server, CUSTOMER, PHONE).await;
        let page = thief.get("/account/email").await;
        thief.submit(&page, &[("email", "new@booking.test")]).await;
        let change = link(&server, "new@booking.test", "/confirm-email").await;
        let sid = "SELECT sid FROM session WHERE ended_at IS NULL AND client_id IS NULL
                   ORDER BY created_at DESC LIMIT 1";
        let sid: uuid::Uuid = sqlx::query_scalar(sid)
            .fetch_one(&server.app.pool)
            .await
            .unwrap();
        let sid = sid.to_string();
        if by_json {
            let own = Api::signed_in(&server, CUSTOMER).await;
            own.delete(&format!("/me/sessions/{sid}")).await.ok(204);
        } else {
            let owner = signed_in(&server, CUSTOMER, FIREFOX).await;
            let page = owner.get(PATH).await;
            assert!(offered(&page).contains(&sid), "{}", page.body);
            owner.submit(&page, &[("end", &sid)]).await;
        }
        assert_eq!(thief.get("/account").await.status, 303, "{by_json}");
        assert_eq!(thief.get(&change).await.status, 410, "{by_json}");
    }
}

#[tokio::test]
async fn a_sign_out_by_its_own_program_leaves_it() {
    let server = TestServer::start().await;
    let own = Api::signed_in(&server, CUSTOMER).await;
    let asked = json!({ "email": "new@booking.test" });
    own.post("/email/change", asked).await.ok(202);
    let change = link(&server, "new@booking.test", "/confirm-email").await;
    let sessions = own.get("/me/sessions").await.ok(200);
    let sid = sessions.body["sessions"][0]["id"].as_str().unwrap();
    own.delete(&format!("/me/sessions/{sid}")).await.ok(204);
    assert_eq!(Browser::new(&server).get(&change).await.status, 200);
}
