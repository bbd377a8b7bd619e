//! More sign-ins than the hashing threads can take: turned away in time, and nothing else suffers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::header::RETRY_AFTER;
use tokio::task::JoinSet;

use super::{Form, behind_a_proxy};

/// The queue takes 64, and the threads do not clear it as fast as these arrive.
const SIGN_INS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_is_turned_away_and_counts_for_nothing() {
    let server = Arc::new(behind_a_proxy().await);
    let form = Form::of(&server, "/login").await;
    let mut sign_ins = JoinSet::new();
    for number in 0..SIGN_INS {
        let email = format!("{number}@nobody.test");
        let fields = [("username", email.as_str()), ("password", "a password")];
        let caller = format!("10.0.{}.{}", number / 250, number % 250);
        let request = form.request(&server, &fields);
        sign_ins.spawn(request.header("x-forwarded-for", caller).send());
    }
    let over = Arc::new(AtomicBool::new(false));
    let others = tokio::spawn({
        let (server, over) = (Arc::clone(&server), Arc::clone(&over));
        async move {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let sent = Instant::now();
                let discovery = server.url("/.well-known/openid-configuration");
                assert_eq!(
                    server.http.get(discovery).send().await.unwrap().status(),
                    200
                );
                times.push(sent.elapsed());
            }
            times.sort_unstable();
            times[times.len() / 2]
        }
    });
    let (mut refused, mut turned_away) = (0, 0);
    for answer in sign_ins.join_all().await {
        let answer = answer.unwrap();
        let retry_after = answer.headers().contains_key(RETRY_AFTER);
        match answer.status().as_u16() {
            422 => refused += 1,
            503 if retry_after => turned_away += 1,
            other => panic!("{other}: {}", answer.text().await.unwrap()),
        }
    }
    over.store(true, Ordering::Relaxed);
    let median = others.await.unwrap();
    assert!(
        turned_away > 0 && refused >= 64,
        "{turned_away} turned away, {refused} refused"
    );
    // Half a second's work waits in the queue; discovery does not wait with it.
    assert!(median < Duration::from_millis(250), "{median:?}");
    // One row for the account and one for the address, of those whose password was looked at.
    let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM throttle")
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(counted, 2 * i64::from(refused));
}
