//! Processor time of a request, against a bare axum handler and a bare signature.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;

use super::{DISCOVERY, answer, median};
use crate::Outcome;
use crate::database::{ES256_CLIENT, RS256_CLIENT, client_credentials};
use crate::http::{self, Connection};
use crate::load::{self, Load};
use crate::process::{Process, own_cpu};
use crate::table::Row;

// Counts that take about a second each: the kernel counts in hundredths.
const DOCUMENTS: usize = 150_000;
const ES256_TOKENS: usize = 25_000;
const RS256_TOKENS: usize = 3_000;
const SIGNATURES: u32 = 3_000;
/// The signing input of an access token is about as long.
const SIGNED_BYTES: usize = 600;

/// Processor time of one request in each round, in microseconds, and the latest load.
#[derive(Default)]
struct Series {
    costs: Vec<f64>,
    load: Option<Load>,
}

impl Series {
    fn round(&mut self, process: &Process, request: &[u8], count: usize) -> Outcome {
        let before = process.cpu()?;
        let load = load::run(process.port, &[request.to_vec()], count)?;
        let used = process.cpu()?.saturating_sub(before);
        self.costs.push(micros(used) / load::as_f64(count));
        self.load = Some(load);
        Ok(())
    }

    fn cost(&self) -> f64 {
        median(self.costs.clone())
    }

    /// The median of the rounds' ratios.
    fn over(&self, baseline: &Self) -> f64 {
        let pairs = self.costs.iter().zip(&baseline.costs);
        median(pairs.map(|(cost, baseline)| cost / baseline).collect())
    }

    fn compared(&self, measure: &str, baseline: &Self, limit: Option<f64>) -> Row {
        let ratio = self.over(baseline);
        Row::compared(
            measure,
            shown(self.cost()),
            shown(baseline.cost()),
            ratio,
            limit,
        )
    }

    fn speed(&self, measure: &str) -> Row {
        let speed = self.load.as_ref().map(|load| {
            format!(
                "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms",
                load.rate(),
                millis(load.quantile(0.5)),
                millis(load.quantile(0.99))
            )
        });
        Row::information(measure, speed.unwrap_or_default())
    }
}

/// Rounds of everything, one after the other, so that what else the machine does falls on all alike.
pub fn measure(server: &Process, directory: &Path, rounds: usize) -> Outcome<Vec<Row>> {
    let file = directory.join("document");
    let discovery = http::get(DISCOVERY);
    fs::write(
        &file,
        answer(&mut Connection::open(server.port)?, &discovery)?,
    )?;
    let bare_server = Process::bare(&file, directory)?;
    let bare_request = http::get(crate::bare::PATH);
    let jwks_request = http::get("/.well-known/jwks.json");
    let rs256_request = client_credentials(RS256_CLIENT);
    let es256_request = client_credentials(ES256_CLIENT);
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| "no RSA key")?;
    let [
        mut bare,
        mut document,
        mut jwks,
        mut rs256,
        mut es256,
        mut signature,
    ] = std::array::from_fn(|_| Series::default());
    for _ in 0..rounds {
        bare.round(&bare_server, &bare_request, DOCUMENTS)?;
        document.round(server, &discovery, DOCUMENTS)?;
        jwks.round(server, &jwks_request, DOCUMENTS)?;
        es256.round(server, &es256_request, ES256_TOKENS)?;
        rs256.round(server, &rs256_request, RS256_TOKENS)?;
        signature.costs.push(bare_signature(&key)?);
    }
    Ok(vec![
        document.compared("discovery, CPU, against a bare handler", &bare, Some(1.5)),
        jwks.compared("JWK set, CPU, against a bare handler", &bare, None),
        rs256.compared(
            "client credentials RS256, CPU, against a bare signature",
            &signature,
            Some(1.5),
        ),
        es256.compared(
            "client credentials ES256, CPU, against a bare handler",
            &bare,
            Some(10.0),
        ),
        bare.speed("bare handler, speed"),
        document.speed("discovery, speed"),
        rs256.speed("client credentials RS256, speed"),
        es256.speed("client credentials ES256, speed"),
    ])
}

/// Processor time of one RS256 signature with a parsed key, in microseconds.
fn bare_signature(key: &KeyPair) -> Outcome<f64> {
    let message = [0x61; SIGNED_BYTES];
    let mut signature = vec![0; key.public_modulus_len()];
    let before = own_cpu()?;
    for _ in 0..SIGNATURES {
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            black_box(&message),
            &mut signature,
        )
        .map_err(|_| "signing failed")?;
        black_box(&signature);
    }
    let used = own_cpu()?.saturating_sub(before);
    Ok(micros(used) / f64::from(SIGNATURES))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn shown(micros: f64) -> String {
    format!("{micros:.1} µs")
}
