//! From the queue to the SMTP server, whatever either does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use auth_api::jobs;
use mail_parser::MessageParser;

use super::{
    PAST_ANY_RETRY, mailing, over, post, queue, recipient, reset, wait_for_attempts, wait_for_queue,
};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;
use crate::support::smtp::{Fate, Received, Security, Setup, SmtpServer};

const LINK: &str = "https://auth.booking.test/reset-password?token=x";

/// How often each mail arrived, by its `Message-ID`.
pub fn by_message_id(received: &[Received]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for received in received {
        let mail = MessageParser::default().parse(&received.raw).unwrap();
        let id = mail.message_id().unwrap().to_owned();
        *counts.entry(id).or_default() += 1;
    }
    counts
}

/// Who was written to, each once.
pub fn recipients(received: &[Received]) -> BTreeSet<String> {
    received.iter().map(|mail| mail.to[0].clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_posted_while_the_server_is_down_arrives_once_it_is_back() {
    let port = SmtpServer::start().await.stop().await;
    let setup = Setup {
        security: Security::None,
        user: None,
        port,
    };
    let dead = SmtpServer::with(setup.clone()).await;
    let (server, _jobs) = mailing(&dead).await;
    dead.stop().await;
    for number in 0..3 {
        post(&server, &format!("p{number}@booking.test"), &reset(LINK)).await;
    }
    wait_for_attempts(&server, 3).await;
    assert_eq!(queue(&server).await.0, 3);

    let smtp = SmtpServer::with(setup).await;
    server.app.clock.advance(PAST_ANY_RETRY);
    wait_for_queue(&server, 0).await;
    let received = smtp.received();
    assert_eq!(received.len(), 3);
    assert_eq!(recipients(&received).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_in_the_middle_gets_the_mail_when_it_is_back() {
    for (fate, copies) in [
        (Fate::Taken, 1),
        // It never had the mail: it arrives once.
        (Fate::CutAtData, 1),
        (Fate::CutAtEnd, 1),
        // It had the mail, and nobody here could know: it arrives again, with the same Message-ID.
        (Fate::TakenAndCut, 2),
        (Fate::TakenAndSilent, 2),
    ] {
        let smtp = SmtpServer::start().await;
        smtp.destine([fate]);
        let server = TestServer::with(|config| {
            over(&smtp)(config);
            config.mail.smtp_timeout = Duration::from_secs(2);
        })
        .await;
        let _jobs = jobs::start(&server.app);
        post(&server, "ada@booking.test", &reset(LINK)).await;
        if fate != Fate::Taken {
            wait_for_attempts(&server, 1).await;
            assert_eq!(queue(&server).await, (1, 1), "{fate:?}");
            server.app.clock.advance(PAST_ANY_RETRY);
        }
        wait_for_queue(&server, 0).await;
        let received = smtp.received();
        assert_eq!(received.len(), copies, "{fate:?}");
        assert_eq!(by_message_id(&received).len(), 1, "{fate:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recipients_that_are_refused_keep_no_other_waiting() {
    let smtp = SmtpServer::start().await;
    let (server, _jobs) = mailing(&smtp).await;
    // More than are sent at once, before everybody else.
    for number in 0..10 {
        for bad in ["nobody", "relayed", "greylisted"] {
            let address = format!("{bad}@d{number}.booking.test");
            post(&server, &address, &reset(LINK)).await;
        }
        post(
            &server,
            &format!("fine@d{number}.booking.test"),
            &reset(LINK),
        )
        .await;
    }
    // There is no such mailbox: dropped, asked for once. The others wait.
    wait_for_queue(&server, 20).await;
    wait_for_attempts(&server, 20).await;
    let arrived = recipients(&smtp.received());
    assert_eq!(arrived.len(), 10);
    assert!(arrived.iter().all(|address| address.starts_with("fine@")));

    server.app.clock.advance(PAST_ANY_RETRY);
    smtp.wait_for(20).await;
    wait_for_queue(&server, 10).await;
    let arrived = recipients(&smtp.received());
    assert!(
        !arrived
            .iter()
            .any(|address| address.starts_with("relayed@"))
    );
    for number in 0..10 {
        assert_eq!(smtp.asked_for(&format!("nobody@d{number}.booking.test")), 1);
    }
    let errors: Vec<String> = sqlx::query_scalar("SELECT last_error FROM mail")
        .fetch_all(&server.database.pool)
        .await
        .unwrap();
    assert!(
        errors.iter().all(|error| error.contains("Relaying denied")),
        "{errors:?}"
    );
}

/// Sealed with another key, or moved to another row: it is kept, for whoever brings the key back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_open_keeps_no_other_waiting() {
    let smtp = SmtpServer::start().await;
    let server = TestServer::with(over(&smtp)).await;
    for number in 0..8 {
        post(&server, &format!("p{number}@booking.test"), &reset(LINK)).await;
    }
    sqlx::query("UPDATE mail SET id = gen_random_uuid()")
        .execute(&server.database.pool)
        .await
        .unwrap();
    post(&server, "fine@booking.test", &reset(LINK)).await;
    let _jobs = jobs::start(&server.app);
    smtp.wait_for(1).await;
    wait_for_attempts(&server, 8).await;
    wait_for_queue(&server, 8).await;
    let fine = BTreeSet::from(["fine@booking.test".to_owned()]);
    assert_eq!(recipients(&smtp.received()), fine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_that_drain_one_queue_send_no_mail_twice() {
    const MAILS: usize = 300;
    let smtp = SmtpServer::start().await;
    let one = TestServer::with(over(&smtp)).await;
    let two = one.replica().await;
    for number in 0..MAILS {
        post(&one, &format!("p{number}@booking.test"), &reset(LINK)).await;
    }
    let _one = jobs::start(&one.app);
    let _two = jobs::start(&two.app);
    wait_for_queue(&one, 0).await;
    let received = smtp.received();
    assert_eq!(received.len(), MAILS);
    assert_eq!(recipients(&received).len(), MAILS);
    // Both had their part: each keeps its own connections, and uses them again.
    let connections = smtp.connections();
    let most = 2 * one.app.config.mail.concurrency;
    assert!((2..=most).contains(&connections), "{connections}");
}

/// A server that takes connections and says nothing is worse than a dead one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_blocks_no_request() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let smtp = SmtpServer::start().await;
    let server = TestServer::with(|config| {
        over(&smtp)(config);
        config.mail.smtp_port = port.into();
    })
    .await;
    let _jobs = jobs::start(&server.app);
    let began = Instant::now();
    for number in 0..50 {
        post(&server, &format!("p{number}@booking.test"), &reset(LINK)).await;
        let answer = server.http.get(server.url("/readyz")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
    }
    // A request that posts a mail itself.
    let forgot = server.http.post(server.url("/api/auth/password/forgot"));
    let body = serde_json::json!({ "email": CUSTOMER });
    let answer = forgot.json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    // The mails that hang are given up after 30 s only.
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    let (rows, attempts) = queue(&server).await;
    assert_eq!(rows, 51);
    let at_once = i64::try_from(server.app.config.mail.concurrency).unwrap();
    assert!((1..=at_once).contains(&attempts), "{attempts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_goes_out_if_and_only_if_its_transaction_commits() {
    let smtp = SmtpServer::start().await;
    let (server, _jobs) = mailing(&smtp).await;
    let now = server.app.clock.now();
    for (email, commits) in [("gone@booking.test", false), ("kept@booking.test", true)] {
        let mut transaction = server.app.pool.begin().await.unwrap();
        let to = recipient(email);
        let letter = reset(LINK);
        let posted = server.app.mail.post(&mut *transaction, &to, &letter, now);
        posted.await.unwrap();
        if commits {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    let received = smtp.wait_for(1).await;
    wait_for_queue(&server, 0).await;
    assert_eq!(
        recipients(&received),
        BTreeSet::from(["kept@booking.test".to_owned()])
    );
    assert_eq!(smtp.received().len(), 1);
}

/// A link is not delivered after it is good for anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_came_too_late_is_dropped() {
    let port = SmtpServer::start().await.stop().await;
    let setup = Setup {
        security: Security::None,
        user: None,
        port,
    };
    let dead = SmtpServer::with(setup.clone()).await;
    let (server, _jobs) = mailing(&dead).await;
    dead.stop().await;
    let notice = auth_api::mail::Letter::AccountPurged;
    post(&server, "late@booking.test", &reset(LINK)).await;
    post(&server, "notice@booking.test", &notice).await;
    wait_for_attempts(&server, 2).await;
    server.app.clock.advance(Duration::from_mins(31));
    let smtp = SmtpServer::with(setup).await;
    let received = smtp.wait_for(1).await;
    wait_for_queue(&server, 1).await;
    jobs::round(&server.app).await;
    assert_eq!(queue(&server).await.0, 0);
    assert_eq!(
        recipients(&received),
        BTreeSet::from(["notice@booking.test".to_owned()])
    );
    assert_eq!(smtp.received().len(), 1);
}
