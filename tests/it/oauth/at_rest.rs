//! What opens a door is kept as a hash only: whoever reads the database opens none.

use auth_api::foundation::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::client::CALLBACK;
use crate::account::entry::forgot;
use crate::pages::told::{BROWSER, SESSION, cookie};
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Request, text, tokens};
use crate::support::mailbox;
use crate::support::server::{TestServer, json as send};

/// Every row of every table, as text; bytes as hexadecimal digits.
async fn everything(server: &TestServer) -> String {
    let pool = &server.database.pool;
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(pool).await.unwrap();
    assert!(tables.len() > 20);
    let mut all = String::new();
    for table in tables {
        let rows = format!("SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t");
        let rows: String = sqlx::query_scalar(AssertSqlSafe(rows))
            .fetch_one(pool)
            .await
            .unwrap();
        all.push_str(&rows);
        all.push('\n');
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

#[tokio::test]
async fn no_secret_is_in_the_database_in_plain() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let login = browser.get("/login").await;
    let own = cookie(&login, BROWSER).unwrap().to_owned();
    let fields = [
        ("username", CUSTOMER),
        ("password", auth_api::cli::demo::PASSWORD),
    ];
    let signed_in = browser.submit(&login, &fields).await;
    let session = cookie(&signed_in, SESSION).unwrap().to_owned();
    let code = Request::new("openid").code(&browser, CUSTOMER).await;
    let held = tokens(&server, "openid offline_access", CUSTOMER).await;
    // Used, with its answer kept for a retry.
    let used = text(&held, "refresh_token");
    let (_, next) = crate::support::flow::refresh(&server, used).await;
    let metadata = json!({"redirect_uris": [CALLBACK]});
    let request = server.http.post(server.url("/register")).json(&metadata);
    let (_, made) = send(request).await;
    forgot(&Browser::new(&server), CUSTOMER).await;
    let link = mailbox::link(&server, CUSTOMER, "/reset-password").await;
    let mailed = link.rsplit('=').next().unwrap();

    let all = everything(&server).await;
    // It is found where it does stand: a name, and the hash of what must not.
    assert!(all.contains(CUSTOMER));
    assert!(all.contains(&hex(Secret::new(code.code.as_str()).hash().as_bytes())));
    for (what, secret) in [
        ("session cookie", session.as_str()),
        ("browser cookie", &own),
        ("code", &code.code),
        ("used refresh token", used),
        ("refresh token", text(&next, "refresh_token")),
        ("access token", text(&next, "access_token")),
        ("client secret", BOOKING_APP.1),
        ("registered client secret", text(&made, "client_secret")),
        (
            "registration token",
            text(&made, "registration_access_token"),
        ),
        ("mailed token", mailed),
        ("password", auth_api::cli::demo::PASSWORD),
    ] {
        assert!(!all.contains(secret), "{what}");
        assert!(!all.contains(&hex(secret.as_bytes())), "{what}, as bytes");
        if let Ok(raw) = URL_SAFE_NO_PAD.decode(secret) {
            assert!(!all.contains(&hex(&raw)), "{what}, decoded");
        }
    }
}

/// RFC 6749, section 10.10: 128 bits at least; here 256, none of which is always the same.
#[tokio::test]
async fn codes_and_refresh_tokens_are_of_256_bits_of_chance() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid offline_access");
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for _ in 0..24 {
        let code = request.code(&browser, CUSTOMER).await;
        let (_, tokens) = code.redeem(&server).await;
        for secret in [code.code.as_str(), text(&tokens, "refresh_token")] {
            seen.push(URL_SAFE_NO_PAD.decode(secret).unwrap());
        }
    }
    assert!(seen.iter().all(|secret| secret.len() == 32));
    for bit in 0..256 {
        let set = seen
            .iter()
            .filter(|secret| secret[bit / 8] >> (bit % 8) & 1 == 1);
        assert!(
            (1..seen.len()).contains(&set.count()),
            "bit {bit} never changes"
        );
    }
}
