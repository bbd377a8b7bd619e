//! What the tests of the pages for those who cannot sign in yet share.

use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::support::browser::{Browser, Page};
use crate::support::server::TestServer;

/// A password that the policy accepts.
pub const GOOD: &str = "marmot-kettle-orbit-42";
/// Another one.
pub const OTHER: &str = "velvet-tractor-lagoon-17";

/// Fills in and sends the form of `/create-account`, whatever is asked for before.
pub async fn register(browser: &Browser, email: &str, password: &str) -> Page {
    let page = browser.get("/create-account").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let fields = [("email", email), ("password", password)];
    browser.submit(&page, &fields).await
}

/// Fills in and sends the form of `/forgot-password`.
pub async fn forgot(browser: &Browser, email: &str) -> Page {
    let page = browser.get("/forgot-password").await;
    assert_eq!(page.status, 200);
    browser.submit(&page, &[("email", email)]).await
}

/// Presses the button of a mailed link.
pub async fn press(browser: &Browser, link: &str) -> Page {
    let page = browser.get(link).await;
    assert_eq!(page.status, 200, "{}", page.body);
    browser.submit(&page, &[]).await
}

/// Signs in at `/login` and says whether that led to the start page.
pub async fn signs_in(browser: &Browser, email: &str, password: &str) -> bool {
    let page = browser.get("/login").await;
    let fields = [("username", email), ("password", password)];
    let page = browser.submit(&page, &fields).await;
    page.location().is_some_and(|to| to.path() == "/")
}

/// From here on people are written to in English, whatever they speak.
pub async fn mail_in_english(server: &TestServer) {
    sqlx::query("UPDATE user_account SET locale = 'en'")
        .execute(&server.app.pool)
        .await
        .unwrap();
}

/// A column of an account, as text.
pub async fn column(server: &TestServer, email: &str, expression: &'static str) -> Vec<String> {
    let statement = format!(
        "SELECT coalesce(({expression})::text, 'null') FROM users u JOIN user_account a USING (id_user) \
         WHERE u.email = $1"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .bind(email)
        .fetch_all(&server.app.pool)
        .await
        .unwrap()
}

/// Waits until so many statements wait for a lock.
pub async fn wait_for_waiting(pool: &PgPool, count: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(pool).await.unwrap();
        if waiting >= count {
            return;
        }
        assert!(Instant::now() < deadline, "{waiting} wait");
    }
}

/// What of an answer must not tell whether there is an account: all but what belongs to the request
/// and the browser alone.
pub fn shape(page: &Page, email: &str) -> String {
    let mut headers: Vec<String> = page
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .map(|line| without_secrets(&line))
        .collect();
    headers.sort();
    let body = without_secrets(&page.body).replace(email, "EMAIL");
    format!("{}\n{}\n{body}", page.status, headers.join("\n"))
}

/// Sealed addresses and csrf tokens differ in each browser; their lengths do not.
fn without_secrets(text: &str) -> String {
    let mut out = text.to_owned();
    for start in ["to=", "to%3D", "name=\"csrf\" value=\""] {
        let mut parts = out.split(start);
        let mut cleaned = parts.next().unwrap().to_owned();
        for part in parts {
            let is_secret = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            let end = part.find(|c| !is_secret(c)).unwrap_or(part.len());
            cleaned.push_str(start);
            cleaned.push_str(&"x".repeat(end));
            cleaned.push_str(&part[end..]);
        }
        out = cleaned;
    }
    out
}
