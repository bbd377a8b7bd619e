//! TLS and signing in to the SMTP server.

use std::fs;
use std::path::PathBuf;

use auth_api::config::{Config, SmtpTls};
use auth_api::foundation::secret::Secret;
use auth_api::http::context::random_id;
use auth_api::jobs;

use super::{PAST_ANY_RETRY, over, post, queue, reset, wait_for_attempts, wait_for_queue};
use crate::support::server::TestServer;
use crate::support::smtp::{Security, Setup, SmtpServer};

const LINK: &str = "https://auth.booking.test/reset-password?token=x";
const USER: (&str, &str) = ("auth-api", "q7Zk2mXv9Rb4TnL0");

/// A file of one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(text: &str) -> Self {
        let name = format!("mail-{}.pem", random_id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn setup(security: Security) -> Setup {
    Setup {
        security,
        user: Some(USER),
        port: 0,
    }
}

/// What a server with TLS and a user is reached by.
fn signed_in(config: &mut Config, tls: SmtpTls, authority: &Scratch) {
    config.mail.smtp_tls = tls;
    config.mail.smtp_user = Some(USER.0.to_owned());
    config.mail.smtp_password = Some(Secret::new(USER.1));
    config.mail.root_certificate = Some(authority.0.clone());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_and_signed_in_by_starttls_and_from_the_first_byte() {
    for (security, tls) in [
        (Security::Starttls, SmtpTls::Starttls),
        (Security::Implicit, SmtpTls::Implicit),
    ] {
        let smtp = SmtpServer::with(setup(security)).await;
        let authority = Scratch::new(&smtp.authority);
        let server = TestServer::with(|config| {
            over(&smtp)(config);
            signed_in(config, tls, &authority);
        })
        .await;
        let _jobs = jobs::start(&server.app);
        post(&server, "ada@booking.test", &reset(LINK)).await;
        let received = smtp.wait_for(1).await;
        assert!(received[0].over_tls, "{security:?}");
        assert_eq!(received[0].user.as_deref(), Some(USER.0), "{security:?}");
        wait_for_queue(&server, 0).await;
    }
}

/// Mail waits rather than going to somebody else, in plain, or nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_the_right_one_gets_nothing() {
    type Change = fn(&mut Config);
    let cases: [(&str, Security, Change, &str); 3] = [
        // Signed by an authority that nobody here knows.
        (
            "unknown authority",
            Security::Starttls,
            |config| config.mail.root_certificate = None,
            "ertificate",
        ),
        // Somebody on the way took the offer out (RFC 3207, section 6).
        ("no offer of STARTTLS", Security::None, |_| (), "STARTTLS"),
        (
            "wrong password",
            Security::Starttls,
            |config| config.mail.smtp_password = Some(Secret::new("wrong")),
            "535",
        ),
    ];
    for (name, security, change, words) in cases {
        let smtp = SmtpServer::with(setup(security)).await;
        let authority = Scratch::new(&smtp.authority);
        let server = TestServer::with(|config| {
            over(&smtp)(config);
            signed_in(config, SmtpTls::Starttls, &authority);
            change(config);
        })
        .await;
        let jobs = jobs::start(&server.app);
        post(&server, "ada@booking.test", &reset(LINK)).await;
        wait_for_attempts(&server, 1).await;
        assert_eq!(smtp.received().len(), 0, "{name}");
        assert_eq!(smtp.asked_for("ada@booking.test"), 0, "{name}");
        assert_eq!(queue(&server).await.0, 1, "{name}");
        let error: String = sqlx::query_scalar("SELECT last_error FROM mail")
            .fetch_one(&server.database.pool)
            .await
            .unwrap();
        assert!(error.contains(words), "{name}: {error}");
        assert!(
            !error.contains(USER.1) && !error.contains("wrong"),
            "{name}: {error}"
        );

        // Once somebody mended the setting, what waited is sent.
        drop(jobs);
        let right = server
            .replica_with(|config| {
                over(&smtp)(config);
                let tls = if security == Security::None {
                    SmtpTls::None
                } else {
                    SmtpTls::Starttls
                };
                signed_in(config, tls, &authority);
            })
            .await;
        let _jobs = jobs::start(&right.app);
        right.app.clock.advance(PAST_ANY_RETRY);
        smtp.wait_for(1).await;
        wait_for_queue(&right, 0).await;
    }
}
