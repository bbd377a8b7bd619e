//! Sign-ins by the page that keep all cores busy: processor time of one against that of the bare
//! hash, and what becomes of everything else meanwhile.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::{DISCOVERY, median};
use crate::database::{Database, PASSWORD};
use crate::http::{self, Connection};
use crate::load::as_f64;
use crate::process::{Process, own_cpu};
use crate::table::Row;
use crate::{Error, Outcome};

/// More than cores, so that a hash always waits for its thread; each is a person of their own.
const PEOPLE: usize = 8;
/// For each person and round: some seconds.
const SIGN_INS: usize = 20;
/// Bare hashes of each core and round.
const HASHES: u32 = 80;
/// Discovery is asked for this often, over one connection.
const PACE: Duration = Duration::from_millis(4);
const ASKED: usize = 1_500;

/// A person's browser: a sign-in that is sent again and again.
struct Person {
    connection: Connection,
    sign_in: Vec<u8>,
}

impl Person {
    /// Signs in once, so that the browser is known.
    fn new(port: u16, email: &str) -> Outcome<Self> {
        let mut connection = Connection::open(port)?;
        let page = connection.send(&http::get("/login"))?;
        let browser = page.cookies();
        let body = String::from_utf8_lossy(page.body);
        let csrf = body.split("name=\"csrf\" value=\"").nth(1);
        let csrf = csrf.and_then(|rest| rest.split('"').next());
        let csrf = csrf.ok_or("the sign-in page has no csrf token")?.to_owned();
        let form = [
            ("csrf", csrf.as_str()),
            ("username", email),
            ("password", PASSWORD),
        ];
        let first = http::form("/login", &browser.join("; "), &form);
        let answer = connection.send(&first)?;
        if answer.status != 303 {
            return Err(format!("the sign-in was answered {}", answer.status).into());
        }
        // Without the session: each sign-in begins one.
        let known = browser.iter().cloned().chain(answer.cookies());
        let known: Vec<String> = known.filter(|one| !one.contains("session=")).collect();
        Ok(Self {
            sign_in: http::form("/login", &known.join("; "), &form),
            connection,
        })
    }

    fn sign_in(&mut self) -> Outcome {
        match self.connection.send(&self.sign_in)?.status {
            303 => Ok(()),
            other => Err(format!("a sign-in was answered {other}").into()),
        }
    }
}

/// Everybody signs in, as often as `goes_on` says; how often in all.
fn all_sign_in(people: &mut [Person], goes_on: impl Fn(usize) -> bool + Sync) -> Outcome<usize> {
    thread::scope(|scope| {
        let busy: Vec<_> = people
            .iter_mut()
            .map(|person| {
                scope.spawn(|| {
                    let mut count = 0;
                    while goes_on(count) {
                        person.sign_in()?;
                        count += 1;
                    }
                    Ok::<usize, Error>(count)
                })
            })
            .collect();
        busy.into_iter()
            .map(|person| person.join().map_err(|_| "a person panicked")?)
            .sum()
    })
}

/// Rounds of everything, one after the other, so that what else the machine does falls on all alike.
pub async fn measure(server: &Process, database: &Database, rounds: usize) -> Outcome<Vec<Row>> {
    let emails = database.people(PEOPLE).await?;
    let people: Outcome<Vec<Person>> = emails
        .iter()
        .map(|email| Person::new(server.port, email))
        .collect();
    let mut people = people?;
    let (mut logins, mut bare, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut idle, mut busy, mut delays) = (Vec::new(), Vec::new(), Vec::new());
    let mut rates = Vec::new();
    for _ in 0..rounds {
        let hash = bare_hash()?;
        let before = server.cpu()?;
        let begun = Instant::now();
        let count = all_sign_in(&mut people, |done| done < SIGN_INS)?;
        rates.push(as_f64(count) / begun.elapsed().as_secs_f64());
        let login = (server.cpu()?.saturating_sub(before)).as_secs_f64() / as_f64(count);
        logins.push(login);
        bare.push(hash);
        costs.push(login / hash);

        let unloaded = apart(|| discovery(server.port))?;
        let loaded = under_load(server.port, &mut people)?;
        idle.push(unloaded);
        busy.push(loaded);
        delays.push(loaded / unloaded);
    }
    let millis = |seconds: Vec<f64>| format!("{:.2} ms", median(seconds) * 1e3);
    Ok(vec![
        Row::compared(
            "login on all cores, CPU, against the bare Argon2id hash",
            millis(logins),
            millis(bare),
            median(costs),
            Some(1.05),
        ),
        Row::compared(
            "discovery, p99 while logins take all cores, against none",
            millis(busy),
            millis(idle),
            median(delays),
            Some(3.0),
        ),
        Row::information(
            "login, speed",
            format!("{:.0}/s by {PEOPLE} people", median(rates)),
        ),
    ])
}

/// Processor time of one hash with the parameters of the server's, in seconds, as many at once as
/// there are cores: they share caches as sign-ins do.
fn bare_hash() -> Outcome<f64> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let hash = || -> Result<(), argon2::Error> {
        let params = Params::new(19 * 1024, 2, 1, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut memory = vec![Block::new(); argon2.params().block_count()];
        let (mut out, password) = ([0; 32], PASSWORD.as_bytes());
        for _ in 0..HASHES {
            argon2.hash_password_into_with_memory(
                password,
                b"sixteen bytes!!!",
                &mut out,
                &mut memory,
            )?;
            std::hint::black_box(&out);
        }
        Ok(())
    };
    let before = own_cpu()?;
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(hash)).collect();
        all.into_iter().try_for_each(|one| {
            let done = one.join().map_err(|_| Error::from("a hash panicked"))?;
            done.map_err(|error| Error::from(error.to_string()))
        })
    })?;
    let used = own_cpu()?.saturating_sub(before).as_secs_f64();
    Ok(used / as_f64(threads) / f64::from(HASHES))
}

fn under_load(port: u16, people: &mut [Person]) -> Outcome<f64> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = scope.spawn(|| all_sign_in(people, |_| !over.load(Ordering::Relaxed)));
        // Until everybody's hash is under way.
        thread::sleep(Duration::from_millis(300));
        let measured = apart(|| discovery(port));
        over.store(true, Ordering::Relaxed);
        load.join().map_err(|_| "the load panicked")??;
        measured
    })
}

/// The 99th percentile of discovery's latency, in seconds.
fn discovery(port: u16) -> Outcome<f64> {
    let mut connection = Connection::open(port)?;
    let request = http::get(DISCOVERY);
    first_of_all()?;
    let mut latencies = Vec::with_capacity(ASKED);
    let begun = Instant::now();
    for number in 0..u32::try_from(ASKED)? {
        let at = begun + PACE * number;
        thread::sleep(at.saturating_duration_since(Instant::now()));
        let sent = Instant::now();
        super::answer(&mut connection, &request)?;
        latencies.push(sent.elapsed().as_secs_f64());
    }
    latencies.sort_unstable_by(f64::total_cmp);
    let p99 = latencies.get(ASKED * 99 / 100).copied();
    Ok(p99.ok_or("no latencies")?)
}

/// On a thread of its own, whose priority ends with it.
fn apart<T: Send>(measure: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    thread::scope(|scope| {
        let measured = scope.spawn(measure).join();
        measured.map_err(|_| "the measure panicked")?
    })
}

/// Puts this thread before all others (`SCHED_FIFO`): what it waits for a core itself is not the
/// server's delay, for clients have cores of their own. Needs the right to (root has it).
fn first_of_all() -> Outcome {
    let thread = std::fs::read_link("/proc/thread-self")?;
    let id = thread.file_name().ok_or("no thread id")?;
    let set = Command::new("chrt")
        .args(["--fifo", "--pid", "1"])
        .arg(id)
        .output()?;
    if !set.status.success() {
        eprintln!(
            "discovery is asked for without priority: {}",
            String::from_utf8_lossy(&set.stderr).trim()
        );
    }
    Ok(())
}
