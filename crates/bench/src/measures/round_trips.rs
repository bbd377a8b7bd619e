//! Round trips to the database and commits of the grants that write, counted on the wire.

use std::path::Path;

use super::{answer, median};
use crate::Outcome;
use crate::database::{self, Database};
use crate::http::Connection;
use crate::load;
use crate::process::Process;
use crate::proxy::{Counts, Reading};
use crate::table::Row;

/// Each connection of the pool prepares a statement once, which costs a round trip more.
const WARM_UP: usize = 100;
const COUNTED: usize = 50;
const LOADED: usize = 1_000;

/// What requests, one after the other, cost.
#[derive(Default)]
struct Cost {
    round_trips: Vec<u64>,
    transactions: Vec<u64>,
    written: f64,
}

/// Code exchange and refresh, through a server that reaches the database by the counting way.
pub async fn measure(server: &Path, database: &Database, directory: &Path) -> Outcome<Vec<Row>> {
    let (counts, url) = database.counted(directory)?;
    let server = Process::server(server, &url, directory)?;
    let exchanges = database.code_exchanges(WARM_UP + COUNTED + LOADED).await?;
    let (warm_up, rest) = exchanges.split_at(WARM_UP);
    let (counted, loaded) = rest.split_at(COUNTED);

    let mut connection = Connection::open(server.port)?;
    let mut responses = Vec::new();
    for request in warm_up {
        let response = answer(&mut connection, request)?;
        answer(&mut connection, &database::refresh(&response)?)?;
    }
    let exchange = count(&counts, database, &mut connection, counted, &mut responses).await?;
    let refreshes: Result<Vec<_>, _> = responses
        .iter()
        .map(|response| database::refresh(response))
        .collect();
    let refresh = count(
        &counts,
        database,
        &mut connection,
        &refreshes?,
        &mut Vec::new(),
    )
    .await?;
    let load = load::run(server.port, loaded, loaded.len())?;

    let mut rows = Vec::new();
    rows.extend(exchange.rows("code exchange"));
    rows.extend(refresh.rows("refresh"));
    rows.push(Row::information(
        "code exchange, speed, two RS256 signatures each",
        format!(
            "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
            load.rate(),
            load.quantile(0.5).as_secs_f64() * 1e3,
            load.quantile(0.99).as_secs_f64() * 1e3
        ),
    ));
    Ok(rows)
}

async fn count(
    counts: &Counts,
    database: &Database,
    connection: &mut Connection,
    requests: &[Vec<u8>],
    responses: &mut Vec<Vec<u8>>,
) -> Outcome<Cost> {
    let mut cost = Cost::default();
    let written = database.written().await?;
    for request in requests {
        let before: Reading = counts.read();
        responses.push(answer(connection, request)?);
        let after = counts.read();
        cost.round_trips
            .push(after.round_trips - before.round_trips);
        cost.transactions
            .push(after.transactions - before.transactions);
    }
    let written = u32::try_from(database.written().await? - written)?;
    cost.written = f64::from(written) / load::as_f64(requests.len());
    Ok(cost)
}

impl Cost {
    /// The medians: every half minute one request reads the clients and the APIs again.
    fn rows(self, grant: &str) -> [Row; 3] {
        let show = |count: f64| format!("{count:.0}");
        let limited = |what: &str, counts: Vec<u64>| {
            let count = u32::try_from(median(counts)).unwrap_or(u32::MAX);
            Row::limited(&format!("{grant}, {what}"), f64::from(count), 1.0, show)
        };
        [
            limited("database round trips", self.round_trips),
            limited("transactions", self.transactions),
            Row::limited(
                &format!("{grant}, commits that wrote"),
                self.written,
                1.0,
                |count| format!("{count:.2}"),
            ),
        ]
    }
}
