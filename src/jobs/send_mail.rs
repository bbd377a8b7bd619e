//! Drains the queue of mail: in a loop of its own, for a code to sign in is waited for.
//!
//! Sent at least once: a mail is removed after the SMTP server took it, and a process that is killed
//! in between leaves it to be sent again, with the same `Message-ID`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinSet};

use crate::app::App;
use crate::foundation::secret::random_bytes;
use crate::mail::{self, Due, SendError};

/// Between two looks at the queue, for what other replicas posted and for what is due again.
const POLL: Duration = Duration::from_secs(3);
/// After a letter was posted here, for its transaction may commit a little later.
const SOON: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
];
/// The first wait before a mail is tried again; it doubles each time.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// The longest, where the server was away: mail flows again soon after it is back.
const LONGEST_AWAY: Duration = Duration::from_mins(1);
/// The longest, where the server refused the mail: greylisting wants minutes, not seconds.
const LONGEST_REFUSED: Duration = Duration::from_mins(30);
/// Dropped rows in one round.
const DROPPED: i64 = 1000;

/// What became of a mail.
enum Outcome {
    Done,
    /// No other mail will fare better now.
    ServerAway,
}

/// Sends until the task is dropped.
pub(super) async fn run(app: Arc<App>) {
    if app.mail.catches() {
        return;
    }
    let mut running = JoinSet::new();
    let mut soon = SOON.iter();
    let mut away_until: Option<Instant> = None;
    loop {
        // Also while the server drains, for people still ask for mail then; `Outbox::rest` ends it.
        if away_until.is_none_or(|until| until <= Instant::now()) {
            away_until = None;
            begin(&app, &mut running).await;
        }
        let wait = soon
            .next()
            .copied()
            .unwrap_or_else(|| super::jittered(POLL));
        tokio::select! {
            () = app.mail.posted() => soon = SOON.iter(),
            () = tokio::time::sleep(wait) => {}
            Some(ended) = running.join_next(), if !running.is_empty() => {
                if server_is_away(ended) {
                    away_until = Some(Instant::now() + super::jittered(POLL));
                }
            }
        }
    }
}

/// Whether a mail that ended says that the next one need not be tried.
fn server_is_away(ended: Result<Outcome, JoinError>) -> bool {
    match ended {
        Ok(Outcome::Done) => false,
        Ok(Outcome::ServerAway) => true,
        Err(error) => {
            tracing::error!(%error, "sending a mail ended early; it is tried again");
            false
        }
    }
}

/// Begins as many mails as are due and may be sent at once.
async fn begin(app: &Arc<App>, running: &mut JoinSet<Outcome>) {
    let slots = app.mail.free_slots();
    if slots.is_empty() {
        return;
    }
    let now = app.clock.now();
    match mail::claim(&app.pool, slots.len(), app.mail.lease(), now).await {
        Ok(due) => {
            for (due, slot) in due.into_iter().zip(slots) {
                running.spawn(send(Arc::clone(app), due, slot));
            }
        }
        Err(error) => tracing::error!(%error, "the queue of mail could not be read"),
    }
}

async fn send(app: Arc<App>, due: Due, _slot: OwnedSemaphorePermit) -> Outcome {
    let (id, letter) = (due.id, due.template.as_str());
    let error = match app.mail.send(&due).await {
        Ok(()) => {
            tracing::info!(%id, letter, attempts = due.attempts, "a mail was sent");
            count("sent");
            remove(&app, &due).await;
            return Outcome::Done;
        }
        Err(error) => error,
    };
    let (outcome, longest) = match &error {
        // An answer may quote the recipient's address, which is nothing for a log: it stands in the
        // row, as long as there is one.
        SendError::NoRecipient(_) => {
            tracing::warn!(%id, letter, "a mail was dropped: its address has no mailbox");
            count("no_recipient");
            remove(&app, &due).await;
            return Outcome::Done;
        }
        SendError::Refused(_) => {
            tracing::warn!(%id, letter, attempts = due.attempts, "the SMTP server refused a mail");
            count("refused");
            (Outcome::Done, LONGEST_REFUSED)
        }
        SendError::Unreadable(why) => {
            tracing::error!(%id, letter, why, "a mail cannot be put together");
            count("unreadable");
            (Outcome::Done, LONGEST_REFUSED)
        }
        SendError::Unreachable(why) => {
            tracing::warn!(%id, letter, why, "the SMTP server cannot be used; mail waits");
            count("unreachable");
            (Outcome::ServerAway, LONGEST_AWAY)
        }
    };
    let next = app.clock.now() + backoff(due.attempts, longest);
    let reason: String = error.to_string().chars().take(500).collect();
    if let Err(error) = mail::postpone(&app.pool, &due, next, &reason).await {
        // Then its lease ends.
        tracing::error!(%error, %id, "a mail that was not sent could not be put back");
    }
    outcome
}

/// What became of attempts to send, for Prometheus.
fn count(outcome: &'static str) {
    metrics::counter!("mail_total", "outcome" => outcome).increment(1);
}

async fn remove(app: &App, due: &Due) {
    // A moment without a database must not send the mail again.
    let mut error = None;
    for wait in SOON {
        match mail::remove(&app.pool, due.id).await {
            Ok(()) => return,
            Err(failed) => error = Some(failed),
        }
        tokio::time::sleep(wait).await;
    }
    if let Some(error) = error {
        tracing::error!(%error, id = %due.id, "a mail that was sent could not be removed");
    }
}

/// Doubles with each attempt, up to `longest`, and spreads: what failed together must not come back
/// together.
fn backoff(attempts: i32, longest: Duration) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(0)
        .min(16);
    let wait = FIRST_RETRY.saturating_mul(1 << doublings).min(longest);
    let [random] = random_bytes::<1>();
    wait.mul_f64(0.75 + f64::from(random) / 512.0)
}

/// Drops mail that came too late, and caught mail that is old.
pub(super) async fn drop_expired(app: &App, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    for letter in mail::drop_expired(&app.pool, DROPPED, now).await? {
        tracing::warn!(letter, "a mail was dropped: it could not be sent in time");
        count("too_late");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_to_its_bound_and_spreads() {
        for (attempts, seconds) in [(1, 2.0), (2, 4.0), (5, 32.0), (6, 60.0), (i32::MAX, 60.0)] {
            for _ in 0..100 {
                let wait = backoff(attempts, LONGEST_AWAY).as_secs_f64();
                assert!(
                    (seconds * 0.75..=seconds * 1.25).contains(&wait),
                    "{attempts}: {wait}"
                );
            }
        }
    }
}
