//! Load: some connections, each sending its next request when the last was answered.

use std::thread;
use std::time::{Duration, Instant};

use crate::http::Connection;
use crate::{Error, Outcome};

/// Enough to keep two cores busy, few enough that the scheduler is not what is measured.
pub const CONNECTIONS: usize = 8;

/// What a load took.
pub struct Load {
    elapsed: Duration,
    /// In order.
    latencies: Vec<Duration>,
}

impl Load {
    /// Answers in a second.
    pub fn rate(&self) -> f64 {
        as_f64(self.latencies.len()) / self.elapsed.as_secs_f64()
    }

    /// The latency that a share of the requests did not exceed.
    pub fn quantile(&self, share: f64) -> Duration {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a small count"
        )]
        let index = (as_f64(self.latencies.len()) * share) as usize;
        let last = self.latencies.last().copied().unwrap_or_default();
        self.latencies.get(index).copied().unwrap_or(last)
    }
}

/// Sends `count` requests in all, over and over those given, and insists on 200.
pub fn run(port: u16, requests: &[Vec<u8>], count: usize) -> Outcome<Load> {
    let begun = Instant::now();
    let latencies: Result<Vec<_>, Error> = thread::scope(|scope| {
        let connections: Vec<_> = (0..CONNECTIONS)
            .map(|first| scope.spawn(move || one_connection(port, requests, first, count)))
            .collect();
        let joined = connections.into_iter().map(|connection| {
            connection
                .join()
                .map_err(|_| Error::from("the load generator panicked"))?
        });
        joined.collect()
    });
    let mut latencies = latencies?.concat();
    let elapsed = begun.elapsed();
    latencies.sort_unstable();
    Ok(Load { elapsed, latencies })
}

fn one_connection(
    port: u16,
    requests: &[Vec<u8>],
    first: usize,
    count: usize,
) -> Outcome<Vec<Duration>> {
    let mut connection = Connection::open(port)?;
    let mut latencies = Vec::with_capacity(count / CONNECTIONS + 1);
    for number in (first..count).step_by(CONNECTIONS) {
        let Some(request) = requests.get(number % requests.len()) else {
            break;
        };
        let sent = Instant::now();
        let answer = connection.send(request)?;
        if answer.status != 200 {
            let body = String::from_utf8_lossy(answer.body);
            return Err(format!("answered {}: {body}", answer.status).into());
        }
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// Exact up to 2^53, which no count here reaches.
#[allow(clippy::cast_precision_loss)]
pub fn as_f64(count: usize) -> f64 {
    count as f64
}
