//! What `serve` refuses to start on, and the commands about a server.

use serde_json::Value;

use super::{ISSUER, refuses, run, succeeds};
use crate::support::database::TestDatabase;
use crate::support::process::{NO_MAIL, Process, output};
use crate::support::server::{KEK, TestServer};

/// The setting that is left out, those that are set, and what the message says.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

/// Another good key.
const OTHER_KEK: &str = "b3RoZXJzLW9ubHkta2V5LWVuY3J5cHRpb24ta2V5LTE";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_refuses_what_it_cannot_rely_on() {
    let empty = TestDatabase::empty().await;
    let sealed = TestServer::start().await;
    let good = [
        ("DATABASE_URL", sealed.database.url.as_str()),
        ("AUTH_SERVER__ISSUER", ISSUER),
        ("AUTH_KEYS__ENCRYPTION_KEY", KEK),
        ("AUTH_SERVER__LISTEN", "127.0.0.1:0"),
        NO_MAIL[0],
        NO_MAIL[1],
    ];
    let nowhere = "postgres://auth@127.0.0.1:1/auth";
    let no_file = "/nonexistent/key-encryption-key";
    let cases: &[Case] = &[
        (
            "AUTH_SERVER__ISSUER",
            &[("AUTH_SERVER__ISSUER", "http://auth.example.com")],
            &[
                "server.issuer",
                "http://auth.example.com",
                "must use https: http is for loopback hosts only",
            ],
        ),
        (
            "AUTH_SERVER__ISSUER",
            &[],
            &["server.issuer", "is required", "https://auth.example.com"],
        ),
        (
            "",
            &[("AUTH_SERVER__ISSUERS", "x")],
            &[
                "AUTH_SERVER__ISSUERS",
                "no such setting; did you mean server.issuer?",
            ],
        ),
        (
            "",
            &[("AUTH_LOG_FORMAT", "json")],
            &["AUTH_LOG_FORMAT", "write AUTH_LOG__FORMAT"],
        ),
        (
            "",
            &[("AUTH_CONFIG", "/nonexistent.toml")],
            &["/nonexistent.toml", "cannot be read"],
        ),
        (
            "DATABASE_URL",
            &[],
            &["database.url", "is required", "DATABASE_URL can set it"],
        ),
        (
            "DATABASE_URL",
            &[("DATABASE_URL", nowhere)],
            &["the database cannot be reached"],
        ),
        (
            "DATABASE_URL",
            &[("DATABASE_URL", &empty.url)],
            &["run `auth-api migrate`"],
        ),
        (
            "AUTH_KEYS__ENCRYPTION_KEY",
            &[("AUTH_KEYS__ENCRYPTION_KEY_FILE", no_file)],
            &[
                "there is no key-encryption key at /nonexistent/key-encryption-key",
                "auth-api keys init",
                "backup",
            ],
        ),
        (
            "AUTH_KEYS__ENCRYPTION_KEY",
            &[("AUTH_KEYS__ENCRYPTION_KEY", OTHER_KEK)],
            &[
                "is not the one that sealed this database",
                "auth-api keys reencrypt",
            ],
        ),
        (
            "AUTH_KEYS__ENCRYPTION_KEY",
            &[("AUTH_KEYS__ENCRYPTION_KEY", "short")],
            &["keys.encryption_key", "less than 32 bytes"],
        ),
        (
            "AUTH_MAIL__SMTP_HOST",
            &[],
            &["mail.smtp_host", "is required", "Name the SMTP server"],
        ),
        (
            "AUTH_MAIL__FROM",
            &[],
            &["mail.from", "is required", "Booking <no-reply@example.com>"],
        ),
        (
            "",
            &[("AUTH_MAIL__TRANSPORT", "catch")],
            &["mail.transport (AUTH_MAIL__TRANSPORT)", "set it to smtp"],
        ),
        (
            "",
            &[("AUTH_MAIL__ROOT_CERTIFICATE", "/nonexistent.pem")],
            &["mail.root_certificate (/nonexistent.pem)", "cannot be used"],
        ),
        // Where others reach the server, its people must not have published passwords.
        (
            "AUTH_SERVER__ISSUER",
            &[("AUTH_SERVER__ISSUER", "https://auth.example.com")],
            &["demo data", "customer@booking.test", "booking-app"],
        ),
    ];
    for (left_out, set, words) in cases {
        let mut settings: Vec<_> = good.iter().filter(|(name, _)| name != left_out).collect();
        settings.extend(*set);
        let settings: Vec<_> = settings.into_iter().copied().collect();
        let output = output(&["serve"], &settings).await;
        refuses(&output, words);
        assert!(!output.stderr.contains(KEK), "{output:?}");
        assert!(!output.stderr.contains(OTHER_KEK), "{output:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn healthcheck_tells_whether_the_server_answers() {
    let database = TestDatabase::new().await;
    let mut server = Process::serve(&database.url, ISSUER, &[]).await;
    let listen = server.base.replace("http://localhost", "127.0.0.1");
    let settings = [("AUTH_SERVER__LISTEN", listen.as_str())];
    succeeds(output(&["healthcheck"], &settings).await, &[]);
    // SIGTERM is what a service manager stops it by.
    assert!(server.stop("TERM").await.success());
    refuses(&output(&["healthcheck"], &settings).await, &["/healthz"]);
}

#[tokio::test]
async fn openapi_prints_the_document_alone() {
    let printed = succeeds(output(&["openapi"], &[]).await, &[]);
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["paths"]["/token"]["post"].is_object());
}

#[tokio::test]
async fn unknown_commands_are_mistakes_of_usage() {
    for args in [
        &["start"][..],
        &[],
        &["keys"],
        &["user", "add"],
        &["serve", "--port", "1"],
    ] {
        let output = output(args, &[]).await;
        assert_eq!(output.code, Some(2), "{args:?}: {output:?}");
        assert!(output.stderr.contains("Usage: auth-api"), "{output:?}");
    }
    let version = env!("CARGO_PKG_VERSION");
    succeeds(output(&["--version"], &[]).await, &[version]);
    // Commands over a database are told what is missing, too.
    let output = output(&["client", "list"], &[("AUTH_SERVER__ISSUER", ISSUER)]).await;
    refuses(&output, &["database.url", "is required"]);
    let none = run("postgres://auth@127.0.0.1:1/auth", &["client", "list"]).await;
    refuses(&none, &["the database cannot be reached"]);
}
