//! Mail and server processes that are killed.

use auth_api::jobs;

use super::delivery::{by_message_id, recipients};
use super::{PAST_ANY_RETRY, over, post, reset, wait_for_queue};
use crate::support::process::Process;
use crate::support::server::TestServer;
use crate::support::smtp::{Fate, SmtpServer};

const LINK: &str = "https://auth.booking.test/reset-password?token=x";

fn settings(smtp: &SmtpServer) -> [(&'static str, String); 4] {
    [
        ("AUTH_MAIL__SMTP_HOST", "localhost".to_owned()),
        ("AUTH_MAIL__SMTP_PORT", smtp.port.to_string()),
        ("AUTH_MAIL__SMTP_TLS", "none".to_owned()),
        ("AUTH_MAIL__FROM", "no-reply@booking.test".to_owned()),
    ]
}

async fn serve(server: &TestServer, smtp: &SmtpServer, more: &[(&str, &str)]) -> Process {
    let settings = settings(smtp);
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain(more.iter().copied())
        .collect();
    Process::serve(&server.database.url, &server.issuer, &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_in_the_middle_loses_nothing() {
    const MAILS: usize = 60;
    let smtp = SmtpServer::start().await;
    // After a few mails every connection hangs: the server took a mail and has not said so yet.
    let fates = std::iter::repeat_n(Fate::Taken, 20).chain([Fate::TakenAndSilent; 4]);
    smtp.destine(fates);
    let server = TestServer::with(over(&smtp)).await;
    for number in 0..MAILS {
        post(&server, &format!("p{number}@booking.test"), &reset(LINK)).await;
    }
    let mut process = serve(&server, &smtp, &[]).await;
    smtp.wait_for(24).await;
    process.kill().await;

    // Another replica, once the dead one's claims are over.
    let jobs = jobs::start(&server.app);
    server.app.clock.advance(PAST_ANY_RETRY);
    wait_for_queue(&server, 0).await;
    drop(jobs);
    let received = smtp.received();
    assert_eq!(recipients(&received).len(), MAILS, "each arrived");
    let copies = by_message_id(&received);
    assert_eq!(copies.len(), MAILS);
    // At least once: those that the dead process could not know to be taken came again.
    let twice = copies.values().filter(|count| **count == 2).count();
    assert_eq!(twice, 4, "{copies:?}");
    assert_eq!(received.len(), MAILS + 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_told_to_stop_ends_what_it_began() {
    const MAILS: usize = 200;
    let smtp = SmtpServer::start().await;
    let server = TestServer::with(over(&smtp)).await;
    for number in 0..MAILS {
        post(&server, &format!("p{number}@booking.test"), &reset(LINK)).await;
    }
    let mut process = serve(&server, &smtp, &[]).await;
    smtp.wait_for(10).await;
    assert!(process.stop("TERM").await.success());
    let jobs = jobs::start(&server.app);
    server.app.clock.advance(PAST_ANY_RETRY);
    wait_for_queue(&server, 0).await;
    drop(jobs);
    let received = smtp.received();
    assert_eq!(received.len(), MAILS, "each once");
    assert_eq!(recipients(&received).len(), MAILS);
}

/// The SMTP server has the mail and has not said so yet: a process that does not wait for the answer
/// leaves the mail to be sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_told_to_stop_waits_for_the_answer_to_a_mail() {
    let smtp = SmtpServer::start().await;
    smtp.destine([Fate::TakenAndHeld]);
    let server = TestServer::with(over(&smtp)).await;
    post(&server, "held@booking.test", &reset(LINK)).await;
    let mut process = serve(&server, &smtp, &[]).await;
    smtp.wait_for(1).await;
    process.signal("TERM").await;
    process.logs("waiting for mail that is being sent").await;
    assert!(process.is_running());
    smtp.release();
    assert!(process.ended().await.success(), "{}", process.log());
    assert!(!process.log().contains("is given up"), "{}", process.log());
    // It noted the answer before it ended: nobody finds the mail in the queue.
    wait_for_queue(&server, 0).await;
    assert_eq!(smtp.received().len(), 1);
}

/// Its people still ask for links and codes while balancers find out that it ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_out_while_requests_are_still_served() {
    let smtp = SmtpServer::start().await;
    let server = TestServer::with(over(&smtp)).await;
    let delay = [("AUTH_SERVER__DRAIN_DELAY", "1h")];
    let mut process = serve(&server, &smtp, &delay).await;
    process.signal("TERM").await;
    process.logs("a second signal stops at once").await;
    post(&server, "late@booking.test", &reset(LINK)).await;
    assert_eq!(smtp.wait_for(1).await[0].to, ["late@booking.test"]);
    assert_eq!(process.stop("TERM").await.code(), Some(130));
}
