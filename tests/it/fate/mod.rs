//! What becomes of an account: its history, its export, its deletion and its purge.

mod admin;
mod by_others;
mod columns;
mod deletion;
mod erasure;
mod export;
mod history;
mod pseudonyms;
mod purge;

use std::time::Duration;

use auth_api::jobs;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::api::Api;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::server::TestServer;

const DAY: Duration = Duration::from_hours(24);
/// A little more than the grace period.
const GRACE: Duration = Duration::from_hours(24 * 30 + 1);

/// The latest mail of a kind to an address: its text.
async fn letter(server: &TestServer, template: &str, to: &str) -> String {
    let mails = server.app.mail.caught(&server.app.pool, 100).await.unwrap();
    let mail = mails
        .into_iter()
        .find(|mail| mail.template == template && mail.content.to == to);
    mail.unwrap_or_else(|| panic!("no {template} to {to}"))
        .content
        .text
        .clone()
}

/// The path and query of the link in a mail that leads to a page.
fn link(text: &str, page: &str) -> String {
    let at = text
        .find(page)
        .unwrap_or_else(|| panic!("{page} in {text}"));
    text[at..].split_whitespace().next().unwrap().to_owned()
}

fn token_of(link: &str) -> String {
    link.split("token=").nth(1).unwrap().to_owned()
}

/// Signs in with a second factor.
async fn signed_in_by<'a>(
    server: &'a TestServer,
    (email, password): (&str, &str),
    phone: &AuthenticatorApp,
) -> Api<'a> {
    let api = Api::new(server);
    let due = api.login(email, password).await;
    let due = due.problem(403, "mfa_required");
    let body = json!({
        "mfa_token": due.text("mfa_token"), "method": "totp", "code": phone.next_code(server),
    });
    let tokens = api.post("/login/factor", body).await.ok(200);
    api.with_token(tokens.text("access_token"))
}

async fn count(server: &TestServer, rows: &str) -> i64 {
    let statement = AssertSqlSafe(format!("SELECT count(*) FROM {rows}"));
    let count = sqlx::query_scalar(statement).fetch_one(&server.database.pool);
    count.await.unwrap()
}

async fn execute(server: &TestServer, statement: &str) {
    let statement = AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(statement)
        .execute(&server.database.pool)
        .await
        .unwrap();
}

async fn sub_of(server: &TestServer, email: &str) -> uuid::Uuid {
    let sub = "SELECT sub FROM user_account WHERE email_key = $1";
    let sub = sqlx::query_scalar(sub).bind(email);
    sub.fetch_one(&server.database.pool).await.unwrap()
}

async fn round_after(server: &TestServer, by: Duration) {
    server.app.clock.advance(by);
    jobs::round(&server.app).await;
}
