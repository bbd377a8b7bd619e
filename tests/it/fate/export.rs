//! The export: everything that the server holds about a person, and no secret.

use auth_api::cli::demo::PASSWORD;
use serde_json::{Value, json};
use sqlx::Row as _;

use super::{count, signed_in_by, sub_of};
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, BOOKING_APP, CUSTOMER, Request};
use crate::support::server::TestServer;

/// Where the export has what a table holds about a person; `""`: the table tells nothing of one.
/// A column that is in no export stands in [`NOT_TOLD`].
const TABLES: [(&str, &str); 28] = [
    ("users", "account"),
    ("user_account", "account"),
    ("session", "sessions"),
    ("consent", "apps"),
    ("consent_at_api", "apps"),
    ("oauth_grant", "grants"),
    ("authorization_code", "grants"),
    ("refresh_token", "grants"),
    ("factor", "factors"),
    ("recovery_code", "recovery_codes"),
    ("known_device", "known_devices"),
    ("mail", "mail"),
    ("mailed_token", "mailed_links"),
    ("sign_in_attempt", "sign_ins_under_way"),
    ("ceremony", "enrolments_under_way"),
    ("audit_event", "history"),
    ("role", "account"),
    ("role_policy", ""),
    ("client", ""),
    ("client_assertion", ""),
    ("continuation", ""),
    ("initial_access_token", ""),
    ("resource_permission", ""),
    ("resource_server", ""),
    ("revoked_access_token", ""),
    ("server_secret", ""),
    ("signing_key", ""),
    ("throttle", ""),
];

/// Secrets and their hashes; keys that only join tables; names under which the export has a column.
const NOT_TOLD: [&str; 24] = [
    "users.password_hash",
    "users.role_id",
    "user_account.email_key",
    "user_account.id_user",
    "session.token_hash",
    "authorization_code.code_hash",
    "authorization_code.code_challenge",
    "authorization_code.grant_id",
    "refresh_token.token_hash",
    "refresh_token.grant_id",
    "refresh_token.predecessor_hash",
    "refresh_token.retry_answer_sealed",
    "factor.totp_secret_sealed",
    "factor.totp_last_step",
    "factor.credential_id",
    "factor.credential",
    "recovery_code.code_hash",
    "known_device.device_hash",
    "mail.id",
    "mail.message_sealed",
    "mailed_token.token_hash",
    "sign_in_attempt.browser_hash",
    "sign_in_attempt.handle_hash",
    "sign_in_attempt.email_code_hash",
];

/// Of the ceremony: to what it is bound, and its sealed state. Of the role: what is the same for all
/// who have it.
const ALSO_NOT_TOLD: [&str; 5] = [
    "ceremony.bound_to",
    "ceremony.state_sealed",
    "role.id_role",
    "role.created_at",
    "role.name",
];

/// A table or column that a later migration adds is told, or said here why not.
#[tokio::test]
async fn every_column_about_a_person_is_told() {
    let server = TestServer::start().await;
    let source = include_str!("../../../src/account/export/store.rs");
    let columns = "SELECT table_name, column_name FROM information_schema.columns
                   WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'
                     AND table_name NOT IN (SELECT table_name FROM information_schema.views)";
    let columns = sqlx::query(columns).fetch_all(&server.database.pool);
    for row in columns.await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        let known = TABLES.iter().find(|(name, _)| *name == table);
        let (_, place) = known.unwrap_or_else(|| panic!("is {table} about a person?"));
        let full = format!("{table}.{column}");
        let not_told = NOT_TOLD.iter().chain(&ALSO_NOT_TOLD).any(|it| **it == full);
        if place.is_empty() || *place == "history" || not_told || column == "id_user" {
            continue;
        }
        assert!(source.contains(&format!("'{place}'")), "{place}");
        assert!(source.contains(&format!("'{column}', ")), "{full}");
    }
}

#[tokio::test]
async fn the_document_tells_what_is_there_and_no_secret() {
    let server = TestServer::start().await;
    let browser = Browser::named(&server, "Export/1.0");
    let request = Request::new("openid email offline_access");
    let code = request.code(&browser, CUSTOMER).await;
    let (_, tokens) = code.redeem(&server).await;
    let phone = AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let api = signed_in_by(&server, (CUSTOMER, PASSWORD), &phone).await;
    let answer = api.get("/me/export").await.ok(200);
    let day = server.app.clock.now().date();
    let disposition = answer.header("content-disposition");
    let name = format!("attachment; filename=\"my-data-{day}.json\"");
    assert_eq!(disposition, Some(name.as_str()));
    let told = &answer.body;
    assert_eq!(told["issuer"], server.issuer);
    assert_eq!(told["account"]["email"], CUSTOMER);
    assert_eq!(
        told["account"]["sub"],
        json!(sub_of(&server, CUSTOMER).await)
    );
    assert_eq!(told["account"]["role"], "customer");
    assert_eq!(told["profile"]["given_name"], "Camille");
    assert_eq!(told["profile"]["address"]["locality"], "Paris");
    let list = |name: &str| told[name].as_array().unwrap();
    assert_eq!(list("sessions").len(), 2);
    assert_eq!(list("sessions")[0]["user_agent"], "Export/1.0");
    assert_eq!(list("sessions")[0]["ip"], "127.0.0.1");
    assert_eq!(list("apps")[0]["client_id"], BOOKING_APP.0);
    let offline = list("grants")
        .iter()
        .find(|grant| grant["client_id"] == BOOKING_APP.0)
        .unwrap();
    assert!(offline["code"]["redeemed_at"].is_string());
    assert_eq!(offline["refresh_tokens"].as_array().unwrap().len(), 1);
    assert_eq!(list("factors")[0]["kind"], "totp");
    assert!(!list("known_devices").is_empty());
    let kinds: Vec<&Value> = list("history").iter().map(|event| &event["kind"]).collect();
    for kind in ["data_exported", "signed_in", "consent_given"] {
        assert!(kinds.contains(&&json!(kind)), "{kind}: {kinds:?}");
    }

    let text = told.to_string();
    for secret in ["$argon2", "hash", "sealed", "credential"] {
        assert!(!text.contains(secret), "{secret}: {told:#}");
    }
    for name in ["refresh_token", "access_token"] {
        assert!(!text.contains(tokens[name].as_str().unwrap()));
    }
    for other in [ADMIN, "manager@booking.test"] {
        assert!(!text.contains(other), "{other}");
    }
}

#[tokio::test]
async fn the_page_downloads_the_same_and_each_time_is_noted() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser.visit("/account/export").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/account/export");
    let refused = browser.post("/account/export", &[("csrf", "wrong")]).await;
    assert_eq!(refused.status, 422);
    let noted = "audit_event WHERE kind = 'data_exported'";
    assert_eq!(count(&server, noted).await, 0);
    for times in 1..=2 {
        let file = browser.submit(&page, &[]).await;
        assert_eq!(file.status, 200);
        assert_eq!(file.headers["content-type"], "application/json");
        assert_eq!(file.headers["cache-control"], "no-store");
        let told: Value = serde_json::from_str(&file.body).unwrap();
        assert_eq!(told["account"]["email"], CUSTOMER);
        assert_eq!(count(&server, noted).await, times);
    }
    let stranger = Browser::new(&server);
    let page = stranger.visit("/account/export").await;
    assert_eq!(page.url.path(), "/login");
}
