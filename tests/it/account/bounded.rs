//! Lists that nothing else bounds: whoever signs in again and again, or connects whatever app asks, gets
//! pages and answers of an ordinary size, and can still end what is not listed.

use auth_api::account::{apps, sessions};
use auth_api::cli::demo::PASSWORD;
use serde_json::Value;

use super::entry::signs_in;
use crate::pages::told::english;
use crate::support::api::Api;
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, text};
use crate::support::many;
use crate::support::server::TestServer;

async fn signed_in(server: &TestServer) -> Browser {
    let browser = english(server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    browser
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().unwrap()
}

#[tokio::test]
async fn of_many_sessions_those_used_last_are_listed_and_all_others_can_be_ended() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    // All used later than the browser's own.
    many::sessions(&server.app.pool).await;
    let api = Api::signed_in(&server, CUSTOMER).await;
    let page = browser.get("/account/sessions").await;
    let note = page.text("not-all").unwrap();
    assert!(
        note.contains("42 sessions") && note.contains("25"),
        "{note}"
    );
    assert_eq!(page.body.matches("<h2>").count(), sessions::MOST_LISTED);
    assert_eq!(page.body.matches("This one").count(), 1, "its own is there");
    let home = browser.get("/account").await;
    assert!(home.body.contains("42 open"), "{}", home.body);

    let told = api.get("/me/sessions").await.ok(200).body;
    let listed = list(&told, "sessions");
    assert_eq!((listed.len(), &told["total"]), (25, &42.into()));
    assert_eq!(listed.iter().filter(|it| it["current"] == true).count(), 1);
    let used: Vec<&str> = listed.iter().map(|it| text(it, "last_seen_at")).collect();
    assert!(used.is_sorted_by(|a, b| a >= b), "{used:?}");
    // What is not listed is there nevertheless.
    let ids: Vec<String> = listed.iter().map(|it| text(it, "id").to_owned()).collect();
    let other: String = sqlx::query_scalar(
        "SELECT sid::text FROM session WHERE NOT (sid::text = ANY ($1))
         ORDER BY last_seen_at DESC LIMIT 1",
    )
    .bind(&ids)
    .fetch_one(&server.app.pool)
    .await
    .unwrap();
    let path = format!("/me/sessions/{other}");
    assert_eq!(api.get(&path).await.ok(200).text("id"), other);
    api.delete(&path).await.ok(204);
    api.get(&path).await.problem(404, "not_found");
    browser.submit(&page, &[("end", "others")]).await;
    let page = browser.get("/account/sessions").await;
    assert!(page.text("not-all").is_none(), "{}", page.body);
    assert_eq!(page.body.matches("<h2>").count(), 1);
    api.get("/me").await.problem(401, "invalid_token");
}

#[tokio::test]
async fn of_many_apps_the_newest_are_listed_and_any_can_be_disconnected() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    many::apps(&server.app.pool).await;
    let page = browser.get("/account/apps").await;
    let note = page.text("not-all").unwrap();
    assert!(note.contains("30 apps") && note.contains("25"), "{note}");
    assert_eq!(page.body.matches("disconnect=").count(), apps::MOST_LISTED);
    assert!(page.body.contains("App 30") && !page.body.contains("disconnect=app-1\""));

    let api = Api::signed_in(&server, CUSTOMER).await;
    let told = api.get("/me/apps").await.ok(200).body;
    let listed = list(&told, "apps");
    // The calling app is among them.
    assert_eq!((listed.len(), &told["total"]), (25, &31.into()));
    assert_eq!(text(&listed[0], "client_id"), "app-30");
    api.get("/me/apps/app-1").await.ok(200);
    api.delete("/me/apps/app-1").await.ok(204);
    let asked = browser.get("/account/apps?disconnect=app-2").await;
    assert!(
        asked.body.contains("id=\"disconnect-yes\""),
        "{}",
        asked.body
    );
    // A link from elsewhere claims of one that is connected, and not listed, that it is gone.
    let claimed = browser.get("/account/apps?done=app-2").await;
    assert!(claimed.text("done").is_none(), "{}", claimed.body);
    let done = browser.submit(&asked, &[("disconnect", "app-2")]).await;
    let done = browser.follow(done).await;
    assert_eq!(
        done.text("done").unwrap(),
        "App 2 no longer has access to your account."
    );
    let told = api.get("/me/apps").await.ok(200).body;
    assert_eq!(told["total"], 29);
}
