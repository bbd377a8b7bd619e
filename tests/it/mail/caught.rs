//! `/dev/mail`, where mail is caught instead of sent.

use auth_api::foundation::cipher::KeyEncryptionKey;
use auth_api::foundation::secret::Secret;
use auth_api::i18n::Locale;
use auth_api::jobs;
use auth_api::keys::reencrypt::reencrypt;
use auth_api::mail::Recipient;
use serde_json::Value;

use super::{mailing, post, queue, reset};
use crate::support::process::Process;
use crate::support::server::{TestServer, json, kek};
use crate::support::smtp::SmtpServer;

async fn get_json(server: &TestServer, path: &str) -> (u16, Value) {
    let request = server.http.get(server.url(path));
    json(request.header("accept", "application/json")).await
}

async fn page(server: &TestServer, path: &str) -> (u16, String, String) {
    let request = server
        .http
        .get(server.url(path))
        .header("accept-language", "en");
    let answer = request.send().await.unwrap();
    let policy = answer.headers().get("content-security-policy");
    let policy = policy
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    (
        answer.status().as_u16(),
        policy,
        answer.text().await.unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caught_mail_is_shown_as_pages_and_as_json() {
    let server = TestServer::start().await;
    let (status, _, empty) = page(&server, "/dev/mail").await;
    assert_eq!(status, 200);
    assert!(empty.contains("id=\"no-mail\""), "{empty}");

    let link = format!("{}/reset-password?token=abc&x=%3Cb%3E", server.issuer);
    post(
        &server,
        "ada@booking.test",
        &reset("https://x.example/first"),
    )
    .await;
    let to = Recipient {
        id_user: None,
        email: "Zoë@booking.test",
        name: Some("<i>Zoë</i>"),
        locale: Locale::Fr,
    };
    super::post_to(&server, &to, &reset(&link)).await;

    let (status, list) = get_json(&server, "/dev/mail").await;
    assert_eq!(status, 200);
    let mails = list["mails"].as_array().unwrap();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0]["to"], "Zoë@booking.test", "the newest first");
    assert_eq!(mails[0]["letter"], "mail-reset-password");
    assert_eq!(mails[0]["locale"], "fr");
    assert!(mails[0].get("text").is_none());
    let (_, one) = get_json(&server, "/dev/mail?to=ADA%40booking.test").await;
    assert_eq!(one["mails"].as_array().unwrap().len(), 1);
    assert_eq!(one["mails"][0]["to"], "ada@booking.test");

    let id = mails[0]["id"].as_str().unwrap();
    let (_, mail) = get_json(&server, &format!("/dev/mail/{id}")).await;
    let link = link.replace('?', "?ui_locales=fr&");
    assert_eq!(mail["links"], serde_json::json!([link]));
    assert!(mail["html"].as_str().unwrap().contains("<!doctype html>"));

    let (_, _, list) = page(&server, "/dev/mail").await;
    assert!(list.contains(&format!("href=\"/dev/mail/{id}\"")), "{list}");
    assert!(
        list.contains("Choisissez un nouveau mot de passe"),
        "{list}"
    );
    let (status, policy, mail) = page(&server, &format!("/dev/mail/{id}")).await;
    assert_eq!(status, 200);
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let href = link.replace('&', "&#38;");
    assert!(mail.contains(&format!("<a href=\"{href}\">")), "{mail}");
    assert!(!mail.contains("<i>"), "{mail}");
    let (status, policy, html) = page(&server, &format!("/dev/mail/{id}/html")).await;
    assert_eq!(status, 200);
    assert!(
        policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"),
        "{policy}"
    );
    assert!(html.contains("<h1") && !html.contains("<i>"), "{html}");

    for nothing in ["00000000-0000-4000-8000-000000000000", "x", "..%2f"] {
        for view in ["", "/html"] {
            let (status, ..) = page(&server, &format!("/dev/mail/{nothing}{view}")).await;
            assert_eq!(status, 404, "{nothing}{view}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caught_mail_is_kept_for_a_week() {
    let server = TestServer::start().await;
    post(&server, "ada@booking.test", &reset("https://x.example/")).await;
    let day = std::time::Duration::from_hours(24);
    server.app.clock.advance(day * 6);
    jobs::round(&server.app).await;
    assert_eq!(queue(&server).await.0, 1);
    server.app.clock.advance(day);
    jobs::round(&server.app).await;
    assert_eq!(queue(&server).await.0, 0);
}

/// Whoever could read the mail of a real server could sign in as anybody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_mail_is_sent_there_are_no_such_pages() {
    let smtp = SmtpServer::start().await;
    let (server, _jobs) = mailing(&smtp).await;
    let process = Process::serve(&server.database.url, &server.issuer, &[]).await;
    for base in [&server.base, &process.base] {
        for path in [
            "/dev/mail",
            "/dev/mail/00000000-0000-4000-8000-000000000000",
        ] {
            let answer = server
                .http
                .get(format!("{base}{path}"))
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status().as_u16(), 404, "{base}{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_waits_follows_the_key_encryption_key() {
    let server = TestServer::start().await;
    post(&server, "ada@booking.test", &reset("https://x.example/")).await;
    let new = KeyEncryptionKey::from_secret(&Secret::generate()).unwrap();
    reencrypt(&server.database.pool, &kek(), &new)
        .await
        .unwrap();
    // This replica holds the old key, and says that it cannot read.
    let (status, _) = get_json_status(&server).await;
    assert_eq!(status, 500);
    reencrypt(&server.database.pool, &new, &kek())
        .await
        .unwrap();
    let (status, list) = get_json_status(&server).await;
    assert_eq!(status, 200);
    assert!(list.contains("ada@booking.test"), "{list}");
}

async fn get_json_status(server: &TestServer) -> (u16, String) {
    let request = server.http.get(server.url("/dev/mail"));
    let answer = request
        .header("accept", "application/json")
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
