//! Connected apps: what they may do, and taking it back.

use auth_api::cli::demo::PASSWORD;

use super::entry::signs_in;
use crate::pages::told::{assert_safe, english};
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, BOOKING_APP, CUSTOMER, Request, refresh, text, tokens};
use crate::support::server::TestServer;

const PATH: &str = "/account/apps";

fn done(client_id: &str) -> String {
    format!("{PATH}?done={client_id}")
}

async fn signed_in(server: &TestServer) -> Browser {
    let browser = english(server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    browser
}

#[tokio::test]
async fn a_connected_app_says_what_it_may_do_and_loses_it_all() {
    let server = TestServer::start().await;
    let replica = server.replica().await;
    let browser = signed_in(&server).await;
    let page = browser.get(PATH).await;
    assert_safe(&page);
    assert!(!page.body.contains("disconnect="), "none yet");

    let held = tokens(
        &server,
        "openid email offline_access bookings:read",
        CUSTOMER,
    )
    .await;
    let admins = tokens(&server, "openid offline_access", ADMIN).await;
    let page = browser.get(PATH).await;
    assert_safe(&page);
    assert!(page.body.contains("Booking App") && page.body.contains("See your email address"));
    assert!(
        page.body
            .contains("Keep this access while you are not using it")
    );
    assert!(!page.body.contains("bookings:read"), "in words");
    let question = format!("{PATH}?disconnect={}", BOOKING_APP.0);
    assert!(page.body.contains(&format!("href=\"{question}\"")));
    let page = browser.get(&question).await;
    assert_safe(&page);
    assert!(page.body.contains("<h1>Disconnect Booking App?</h1>"));
    let claimed = browser.get(&done(BOOKING_APP.0)).await;
    assert!(claimed.text("done").is_none(), "it is connected");
    let access_token = text(&held, "access_token");
    assert_eq!(replica.userinfo(access_token).await.0, 200, "only asked");
    let next = browser
        .submit(&page, &[("disconnect", BOOKING_APP.0)])
        .await;
    let page = browser.follow(next).await;
    assert_eq!(
        page.text("done").unwrap(),
        "Booking App no longer has access to your account."
    );
    assert!(!page.body.contains("disconnect="));
    let again = browser.get(&question).await;
    assert!(again.body.contains("<h1>Connected apps</h1>"), "it is gone");
    let claimed = browser.get(&done("no%20app")).await;
    assert!(claimed.text("done").is_none(), "there is no such app");

    assert_eq!(replica.userinfo(access_token).await.0, 401);
    assert_eq!(refresh(&replica, text(&held, "refresh_token")).await.0, 400);
    assert_eq!(
        refresh(&replica, text(&admins, "refresh_token")).await.0,
        200
    );
    assert_eq!(
        browser.get("/account").await.status,
        200,
        "the session goes on"
    );
    // It has to ask again.
    let asked = Request::new("openid email").send(&browser).await;
    assert_eq!(asked.url.path(), "/consent");
}

#[tokio::test]
async fn json_lists_and_disconnects_the_same_apps() {
    let server = TestServer::start().await;
    let held = tokens(&server, "openid offline_access", CUSTOMER).await;
    let api = Api::signed_in(&server, CUSTOMER).await.speaking("en");
    let all = api.get("/me/apps").await.ok(200).body;
    let ids: Vec<&str> = all["apps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|app| text(app, "client_id"))
        .collect();
    assert_eq!(ids, ["booking-mobile", "booking-app"], "the newest first");
    let path = format!("/me/apps/{}", BOOKING_APP.0);
    let one = api.get(&path).await.ok(200);
    assert_eq!(one.text("scope"), "offline_access openid");
    assert_eq!(
        (one.text("client_name"), &one.body["active"]),
        ("Appli de réservation", &true.into()),
        "the profile's language stands above that of the call"
    );
    api.delete(&path).await.ok(204);
    api.delete(&path).await.problem(404, "not_found");
    api.get(&path).await.problem(404, "not_found");
    api.delete("/me/apps/no%20app")
        .await
        .problem(404, "not_found");
    assert_eq!(refresh(&server, text(&held, "refresh_token")).await.0, 400);
    // The calling app itself: its session ends with it.
    api.delete("/me/apps/booking-mobile").await.ok(204);
    api.get("/me").await.problem(401, "invalid_token");
    let sessions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM session WHERE client_id IS NOT NULL AND ended_at IS NULL",
    )
    .fetch_one(&server.database.pool)
    .await
    .unwrap();
    assert_eq!(sessions, 0);
}

#[tokio::test]
async fn another_sites_form_disconnects_nothing() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let held = tokens(&server, "openid offline_access", CUSTOMER).await;
    let forged = browser.post(PATH, &[("disconnect", BOOKING_APP.0)]).await;
    assert_eq!(forged.status, 422);
    assert!(forged.body.contains("id=\"disconnect-yes\""), "asked anew");
    assert_eq!(refresh(&server, text(&held, "refresh_token")).await.0, 200);
}
