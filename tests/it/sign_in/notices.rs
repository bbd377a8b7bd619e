//! What a completed sign-in leaves behind: history, known devices, a mail about a new one.

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

async fn letters(server: &TestServer) -> Vec<String> {
    sqlx::query_scalar("SELECT template FROM mail ORDER BY created_at")
        .fetch_all(&server.app.pool)
        .await
        .unwrap()
}

async fn sign_in(browser: &Browser) {
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.status, 200);
}

async fn sign_out(browser: &Browser) {
    let page = browser.visit("/logout").await;
    browser.submit(&page, &[("then", "signed-out")]).await;
}

#[tokio::test]
async fn a_new_device_is_told_of_and_a_known_one_is_not() {
    let server = TestServer::start().await;
    let known = Browser::new(&server);
    sign_in(&known).await;
    // The first sign-in of all is no news.
    assert_eq!(letters(&server).await, Vec::<String>::new());
    sign_out(&known).await;
    sign_in(&known).await;
    assert_eq!(letters(&server).await, Vec::<String>::new());
    sign_in(&Browser::new(&server)).await;
    assert_eq!(letters(&server).await, ["mail-new-device"]);

    let events: Vec<(String, Value)> = sqlx::query_as(
        "SELECT actor, detail FROM audit_event WHERE kind = 'signed_in' ORDER BY id",
    )
    .fetch_all(&server.app.pool)
    .await
    .unwrap();
    let new: Vec<&Value> = events
        .iter()
        .map(|(_, detail)| &detail["new_device"])
        .collect();
    assert_eq!(new, [false, false, true]);
    assert!(
        events
            .iter()
            .all(|(actor, detail)| actor == "self" && detail["acr"] == "pwd")
    );
}
