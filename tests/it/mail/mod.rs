//! Mail: what is written, and that it arrives whatever happens on the way.

mod caught;
mod delivery;
mod languages;
mod letters;
mod processes;
mod transport;

use std::time::Duration;

use auth_api::config::{Config, MailTransport, SmtpTls};
use auth_api::http::context::RequestContext;
use auth_api::i18n::Locale;
use auth_api::jobs;
use auth_api::mail::{Circumstances, Letter, Recipient};
use tokio::task::JoinSet;

use crate::support::server::TestServer;
use crate::support::smtp::SmtpServer;

/// Sends to an SMTP server, without TLS.
fn over(smtp: &SmtpServer) -> impl FnOnce(&mut Config) {
    let port = smtp.port.into();
    move |config| {
        config.mail.transport = MailTransport::Smtp;
        config.mail.smtp_host = Some("localhost".to_owned());
        config.mail.smtp_port = port;
        config.mail.smtp_tls = SmtpTls::None;
        config.mail.from = Some("no-reply@booking.test".parse().unwrap());
    }
}

/// A server that mails to `smtp`, with its jobs.
async fn mailing(smtp: &SmtpServer) -> (TestServer, JoinSet<()>) {
    let server = TestServer::with(over(smtp)).await;
    let jobs = jobs::start(&server.app);
    (server, jobs)
}

fn reset(link: &str) -> Letter {
    Letter::ResetPassword {
        link: link.to_owned(),
        valid_for: Duration::from_mins(30),
        what: Circumstances::at(time::OffsetDateTime::UNIX_EPOCH),
    }
}

fn recipient(email: &str) -> Recipient<'_> {
    Recipient {
        id_user: None,
        email,
        name: None,
        locale: Locale::En,
    }
}

/// Posts a letter as a request does.
async fn post(server: &TestServer, email: &str, letter: &Letter) {
    post_to(server, &recipient(email), letter).await;
}

async fn post_to(server: &TestServer, to: &Recipient<'_>, letter: &Letter) {
    let now = server.app.clock.now();
    let posted = server.app.mail.post(&server.app.pool, to, letter, now);
    posted.await.unwrap();
}

fn what(server: &TestServer) -> Circumstances {
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let context = RequestContext {
        ip: Some("203.0.113.7".parse().unwrap()),
        user_agent: Some(agent.to_owned()),
        ..RequestContext::none(server.app.clock.now())
    };
    Circumstances::from(&context)
}

/// Rows of the queue, and the attempts that were made on them.
async fn queue(server: &TestServer) -> (i64, i64) {
    sqlx::query_as("SELECT count(*), coalesce(sum(attempts), 0)::bigint FROM mail")
        .fetch_one(&server.database.pool)
        .await
        .unwrap()
}

/// Waits for the queue to have so many rows.
async fn wait_for_queue(server: &TestServer, rows: i64) {
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..3000 {
        poll.tick().await;
        if queue(server).await.0 == rows {
            return;
        }
    }
    panic!(
        "the queue has not come to {rows} rows: {:?}",
        queue(server).await
    );
}

/// Waits until sending was tried so often.
async fn wait_for_attempts(server: &TestServer, attempts: i64) {
    let mut poll = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..3000 {
        poll.tick().await;
        let failed: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(attempts), 0)::bigint FROM mail WHERE last_error IS NOT NULL",
        )
        .fetch_one(&server.database.pool)
        .await
        .unwrap();
        if failed >= attempts {
            return;
        }
    }
    panic!("not tried {attempts} times: {:?}", queue(server).await);
}

/// Past every wait between two attempts, and every lease; short of what a reset link is good for.
const PAST_ANY_RETRY: Duration = Duration::from_mins(2);

/// The names of all letters, each once.
fn every_letter(server: &TestServer) -> Vec<Letter> {
    let what = || what(server);
    let issuer = server.issuer.as_str();
    let link =
        |path: &str| format!("{issuer}{path}?token=0123456789abcdefghijklmnopqrstuvwxyzABCDEFG");
    let valid_for = Duration::from_mins(30);
    let code = || auth_api::foundation::secret::Secret::new("123456");
    vec![
        Letter::VerifyEmail {
            link: link("/verify-email"),
            valid_for,
            what: what(),
        },
        Letter::AlreadyRegistered {
            sign_in: format!("{issuer}/login"),
            reset: link("/reset-password"),
            what: what(),
        },
        Letter::ResetPassword {
            link: link("/reset-password"),
            valid_for,
            what: what(),
        },
        Letter::PasswordChanged { what: what() },
        Letter::PasswordReset { what: what() },
        Letter::ConfirmEmailChange {
            link: link("/confirm-email"),
            valid_for,
            what: what(),
        },
        Letter::EmailChangeAsked {
            new_email: "new@booking.test".to_owned(),
            undo: link("/undo-email-change"),
            what: what(),
        },
        Letter::EmailChanged {
            new_email: "new@booking.test".to_owned(),
            undo: link("/undo-email-change"),
            what: what(),
        },
        Letter::EmailChangeUndone {
            password: true,
            kept: vec![("email", String::new())],
            factors: vec![("passkey", "Key".to_owned())],
            recovery_codes: true,
            what: what(),
        },
        Letter::EmailTakenBack,
        Letter::EmailSet,
        Letter::NewDevice { what: what() },
        Letter::SignInCode {
            code: code(),
            valid_for,
            what: what(),
        },
        Letter::EnrolmentCode {
            code: code(),
            valid_for,
            what: what(),
        },
        Letter::FactorAdded {
            kind_key: "totp",
            name: "Phone <b>".to_owned(),
            what: what(),
        },
        Letter::FactorRemoved {
            kind_key: "passkey",
            name: "Key".to_owned(),
            what: what(),
        },
        Letter::RecoveryCodesMade { what: what() },
        Letter::RecoveryCodeUsed {
            left: 0,
            what: what(),
        },
        Letter::AccountDeleted {
            purge_at: server.app.clock.now(),
            restore: link("/restore-account"),
            what: what(),
        },
        Letter::AccountRestored { what: what() },
        Letter::AccountPurged,
    ]
}
