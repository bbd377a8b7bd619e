//! Whoever has a list of addresses learns nothing: neither from the answers, byte for byte, nor from
//! the time that they take.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_api::authn::uniform::STEP;
use auth_api::foundation::secret::{Secret, random_bytes};
use reqwest::header::{DATE, LOCATION, RETRY_AFTER, SET_COOKIE};
use reqwest::{RequestBuilder, Response, Url};
use serde_json::json;
use tokio::task::JoinSet;
use url::form_urlencoded::byte_serialize;

use super::statistics::difference;
use super::{Form, behind_a_proxy};
use crate::support::server::TestServer;

/// Addresses of each kind, for each question. No address is asked about twice: its own delays would
/// tell of the first question, not of the account.
const SAMPLES: usize = 400;
/// So many are asked about at least, and then as many as there is time for: where answers were not
/// held back, there would be time for all.
const LEAST: usize = 80;
const TIME: Duration = Duration::from_secs(6);
/// Questions that are under way at once, so that the test does not only wait.
const LANES: usize = 4;
/// Standard deviations: chance alone goes beyond it once in 150,000 runs.
const SURE: f64 = 4.5;
/// It would pass the policy, and it is nobody's.
const PASSWORD: &str = "tuiles violettes sur un velo";

/// What an account may be like, as SQL on `user_account`; the fifth has an old hash.
const ACCOUNTS: [&str; 5] = [
    "email_verified = true",
    "unverified_since = now()",
    "deleted_at = now(), purge_at = now() + interval '30 d'",
    "disabled_at = now()",
    "email_verified = true",
];

/// A server, the addresses that have an account there, and as many that have none.
type Lists = (Arc<TestServer>, Vec<String>, Vec<String>);

/// A server with accounts of every kind.
async fn server() -> Lists {
    let server = behind_a_proxy().await;
    let passwords = &server.app.passwords;
    let hash = passwords.hash(Secret::generate()).await.unwrap();
    let old = bcrypt::hash(Secret::generate().expose(), 6).unwrap();
    let address = || format!("{:016x}@list.test", u64::from_ne_bytes(random_bytes()));
    let known: Vec<String> = (0..SAMPLES).map(|_| address()).collect();
    for (kind, change) in ACCOUNTS.iter().enumerate() {
        let emails: Vec<String> = known
            .iter()
            .skip(kind)
            .step_by(ACCOUNTS.len())
            .cloned()
            .collect();
        let hash = if kind == 4 { &old } else { hash.expose() };
        let insert = "INSERT INTO users (email, password_hash) SELECT unnest($1::text[]), $2";
        let insert = sqlx::query(insert).bind(&emails).bind(hash);
        insert.execute(&server.app.pool).await.unwrap();
        let update = format!("UPDATE user_account SET {change} WHERE email_key = ANY ($1)");
        let update = sqlx::query(sqlx::AssertSqlSafe(update)).bind(&emails);
        let updated = update.execute(&server.app.pool).await.unwrap();
        assert_eq!(updated.rows_affected(), emails.len() as u64);
    }
    passwords.learn_costs(&server.app.pool).await.unwrap();
    (
        Arc::new(server),
        known,
        (0..SAMPLES).map(|_| address()).collect(),
    )
}

/// A question that a stranger can ask about an address.
type Question = Arc<dyn Fn(&TestServer, &str) -> RequestBuilder + Send + Sync>;

fn by_form(form: Form, fields: fn(&str) -> Vec<(&str, &str)>) -> Question {
    Arc::new(move |server, email| form.request(server, &fields(email)))
}

fn by_json(path: &'static str, body: fn(&str) -> serde_json::Value) -> Question {
    Arc::new(move |server, email| server.http.post(server.url(path)).json(&body(email)))
}

/// An answer without what is each request's own, and the time that it took.
async fn ask(server: &TestServer, question: &Question, email: &str) -> (String, Duration) {
    let [a, b, c] = random_bytes::<3>();
    // A caller of its own, or the address that all come from would have to wait.
    let caller = format!("10.{a}.{b}.{c}");
    let request = question(server, email).header("x-forwarded-for", caller);
    let sent = Instant::now();
    let answer = request.send().await.unwrap();
    let took = sent.elapsed();
    let location = answer.headers().get(LOCATION).cloned();
    let mut text = without_its_own(answer, email).await;
    if let Some(location) = location {
        let shown = server.http.get(server.url(location.to_str().unwrap()));
        let shown = shown.send().await.unwrap();
        assert_eq!(shown.status(), 200);
        text += &without_its_own(shown, email).await;
    }
    (text, took)
}

async fn without_its_own(answer: Response, email: &str) -> String {
    let status = answer.status();
    let headers = answer.headers().clone();
    let address = answer.url().clone();
    let body = answer.text().await.unwrap();
    let mut own = vec![headers["x-request-id"].to_str().unwrap().to_owned()];
    own.extend([email.to_owned(), byte_serialize(email.as_bytes()).collect()]);
    // The address, sealed: never twice the same.
    let location = headers
        .get(LOCATION)
        .map(|one| address.join(one.to_str().unwrap()).unwrap());
    for (_, value) in [Some(address), location]
        .iter()
        .flatten()
        .flat_map(Url::query_pairs)
    {
        own.push(value.into_owned());
    }
    // What belongs to this browser alone.
    for cookie in headers.get_all(SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        own.push(cookie[cookie.find('=').unwrap() + 1..cookie.find(';').unwrap()].to_owned());
    }
    if let Some(at) = body.find("name=\"csrf\" value=\"") {
        own.push(body[at + 19..].split('"').next().unwrap().to_owned());
    }
    // The seconds that are left, which go by.
    assert_eq!(headers.contains_key(RETRY_AFTER), status == 429);
    let mut lines: Vec<String> = headers
        .iter()
        .filter(|(name, _)| ![DATE, RETRY_AFTER].contains(name))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort_unstable();
    let mut text = format!("{status}\n{}\n\n{body}\n", lines.join("\n"));
    if let Some(seconds) = headers.get(RETRY_AFTER) {
        let seconds = format!(":{}", seconds.to_str().unwrap());
        text = text.replace(&seconds, ":(seconds)");
    }
    for value in own.iter().filter(|value| !value.is_empty()) {
        text = text.replace(value, &format!("({} of its own)", value.len()));
    }
    text
}

/// Asks about every address, those with and those without an account in turn, and in chance's order
/// within each pair.
async fn learns_nothing(lists: Lists, question: Question, status: &str) {
    let (server, known, unknown) = lists;
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let (server, question) = (Arc::clone(&server), Arc::clone(&question));
        let mine = |list: &[String]| -> Vec<String> {
            list.iter().skip(lane).step_by(LANES).cloned().collect()
        };
        let (known, unknown) = (mine(&known), mine(&unknown));
        lanes.spawn(async move {
            let mut answers = Vec::new();
            let began = Instant::now();
            for (number, (known, unknown)) in known.iter().zip(&unknown).enumerate() {
                if number >= LEAST / LANES && began.elapsed() > TIME {
                    break;
                }
                let mut pair = [(true, known), (false, unknown)];
                if random_bytes::<1>()[0].is_multiple_of(2) {
                    pair.reverse();
                }
                for (is_known, email) in pair {
                    let (text, took) = ask(&server, &question, email).await;
                    answers.push((is_known, text, took));
                }
            }
            answers
        });
    }
    let answers = lanes.join_all().await.concat();
    let texts: BTreeSet<&str> = answers.iter().map(|(_, text, _)| text.as_str()).collect();
    assert_eq!(texts.len(), 1, "{texts:#?}");
    assert!(texts.first().unwrap().starts_with(status), "{texts:?}");
    let times = |wanted: bool| -> Vec<f64> {
        let of = answers.iter().filter(|(is_known, ..)| *is_known == wanted);
        of.map(|(.., took)| took.as_secs_f64()).collect()
    };
    let found = difference(&times(true), &times(false));
    assert!(
        found.deviations.abs() < SURE,
        "an account shows in the time of {} answers: {found:?}",
        answers.len()
    );
    // What differs is done while every answer waits for the same moment.
    let least = answers.iter().map(|(.., took)| *took).min().unwrap();
    assert!(least >= STEP, "an answer after {least:?}");
}

fn sign_in_fields(email: &str) -> Vec<(&str, &str)> {
    vec![("username", email), ("password", PASSWORD)]
}

fn new_account(email: &str) -> Vec<(&str, &str)> {
    vec![
        ("email", email),
        ("password", PASSWORD),
        ("given_name", "Zoé"),
        ("family_name", "Petit"),
    ]
}

fn sign_in_body(email: &str) -> serde_json::Value {
    json!({ "email": email, "password": PASSWORD, "client_id": "booking-mobile" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_by_page() {
    let lists = server().await;
    let form = Form::of(&lists.0, "/login").await;
    learns_nothing(lists, by_form(form, sign_in_fields), "422").await;
}

/// With a device cookie that the stranger made up, or has from a browser of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_with_a_device_cookie() {
    let lists = server().await;
    let mut form = Form::of(&lists.0, "/login").await;
    let cookie = Secret::generate();
    form.cookies = format!("{}; auth_device={}", form.cookies, cookie.expose());
    learns_nothing(lists, by_form(form, sign_in_fields), "422").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_by_json() {
    let question = by_json("/api/auth/login", sign_in_body);
    learns_nothing(server().await, question, "401").await;
}

/// Where too many guesses were made before, and nothing is hashed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_that_has_to_wait() {
    use auth_api::authn::throttle::{Bucket, Gate, try_pass};
    let lists = server().await;
    let app = &lists.0.app;
    let now = app.clock.now() + Duration::from_mins(10);
    for email_key in lists.1.iter().chain(&lists.2) {
        let bucket = [Bucket::SignIn { email_key }];
        while try_pass(&app.pool, &bucket, now).await.unwrap() == Gate::Open {}
    }
    let question = by_json("/api/auth/login", sign_in_body);
    let (answer, _) = ask(&lists.0, &question, &lists.1[0]).await;
    assert!(answer.starts_with("429"), "{answer}");
    learns_nothing(lists, question, "429").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgot_password_by_page() {
    let lists = server().await;
    let form = Form::of(&lists.0, "/forgot-password").await;
    learns_nothing(lists, by_form(form, |email| vec![("email", email)]), "303").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgot_password_by_json() {
    let question = by_json(
        "/api/auth/password/forgot",
        |email| json!({ "email": email }),
    );
    learns_nothing(server().await, question, "202").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn create_account_by_page() {
    let lists = server().await;
    let form = Form::of(&lists.0, "/create-account").await;
    learns_nothing(lists, by_form(form, new_account), "303").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn create_account_by_json() {
    let body = |email: &str| json!({ "email": email, "password": PASSWORD, "name": "Zoé Petit" });
    learns_nothing(server().await, by_json("/api/auth/register", body), "202").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_link_to_prove_an_address() {
    let question = by_json("/api/auth/email/verify", |email| json!({ "email": email }));
    learns_nothing(server().await, question, "202").await;
}
