//! Ten thousand guesses against one account from a thousand addresses.

use std::sync::Arc;
use std::time::Duration;

use auth_api::authn::throttle::Bucket;
use auth_api::cli::demo::PASSWORD;
use reqwest::header::{RETRY_AFTER, SET_COOKIE};
use serde_json::json;
use tokio::task::JoinSet;

use super::{Form, behind_a_proxy};
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

const ADDRESSES: usize = 1_000;
/// Each address guesses once in a round.
const ROUNDS: usize = 10;
/// By the server's clock: the attack takes an hour and a half.
const BETWEEN_ROUNDS: Duration = Duration::from_mins(10);
/// Connections of the attacker.
const AT_ONCE: usize = 100;

/// What the attacker learned.
#[derive(Default, Debug, PartialEq)]
struct Learned {
    wrong: usize,
    wait: usize,
    other: Vec<(u16, String)>,
}

/// Guesses by the page and by the JSON API, in turn, as many at once as the attacker can.
async fn guess(server: &Arc<TestServer>, form: &Form, password: &'static str) -> Learned {
    let mut learned = Learned::default();
    for attackers in 0..ADDRESSES / AT_ONCE {
        let mut tasks = JoinSet::new();
        for number in 0..AT_ONCE {
            let number = attackers * AT_ONCE + number;
            let address = format!("203.{}.{}.7", number / 250, number % 250);
            let request = if number.is_multiple_of(2) {
                let fields = [("username", CUSTOMER), ("password", password)];
                form.request(server, &fields)
            } else {
                let body = json!({ "email": CUSTOMER, "password": password, "client_id": "booking-mobile" });
                server.http.post(server.url("/api/auth/login")).json(&body)
            };
            tasks.spawn(request.header("x-forwarded-for", address).send());
        }
        for answer in tasks.join_all().await {
            let answer = answer.unwrap();
            let status = answer.status().as_u16();
            let retry_after = answer.headers().contains_key(RETRY_AFTER);
            let signed_in = answer
                .headers()
                .get_all(SET_COOKIE)
                .iter()
                .any(|cookie| cookie.to_str().unwrap().starts_with("auth_session="));
            match (status, retry_after, signed_in) {
                (422 | 401, false, false) => learned.wrong += 1,
                (429, true, false) => learned.wait += 1,
                _ => learned.other.push((status, answer.text().await.unwrap())),
            }
        }
    }
    learned
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_guesses_get_the_designed_number_of_tries_and_lock_nobody_out() {
    let server = Arc::new(behind_a_proxy().await);
    // The owner's browser, which has signed in before and is signed out now.
    let owner = Browser::new(&server);
    let page = owner.get("/login").await;
    let page = owner.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let sign_out = async || {
        let page = owner.visit("/logout").await;
        owner.submit(&page, &[]).await;
        let page = owner.get("/login").await;
        assert_eq!(page.status, 200);
        page
    };
    let form = Form::login(&server).await;

    let began = server.app.clock.now();
    let (mut wrong, mut guesses) = (0, 0);
    for round in 0..ROUNDS {
        let page = sign_out().await;
        let learned = guess(&server, &form, "not the password").await;
        assert_eq!(learned.other, [], "round {round}");
        wrong += learned.wrong;
        guesses += learned.wrong + learned.wait;
        // In the middle of it, the owner.
        let page = owner.sign_in(&page, CUSTOMER).await;
        assert_eq!((page.status, page.url.path()), (200, "/"));
        assert!(page.body.contains(CUSTOMER), "{}", page.body);
        server.app.clock.advance(BETWEEN_ROUNDS);
    }
    let elapsed = (server.app.clock.now() - began).unsigned_abs();
    let designed = Bucket::SignIn {
        email_key: CUSTOMER,
    }
    .policy()
    .attempts_within(elapsed);
    assert_eq!(guesses, ADDRESSES * ROUNDS);
    assert!(
        wrong as u64 <= designed,
        "{wrong} tries, designed {designed}"
    );
    // And no fewer than one a round: it is a delay, not a lock.
    assert!(wrong >= 5 + ROUNDS - 1, "{wrong} tries");

    // What the history tells is what reached the hash.
    let refused = "SELECT count(*) FROM audit_event e JOIN user_account a ON a.sub = e.subject
                   JOIN users USING (id_user) WHERE e.kind = 'sign_in_refused' AND email = $1";
    let refused: i64 = sqlx::query_scalar(refused)
        .bind(CUSTOMER)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(usize::try_from(refused).unwrap(), wrong);

    // As long as there is a delay, the right password is told from a wrong one by nothing.
    guess(&server, &form, "not the password").await;
    let right = guess(&server, &form, PASSWORD).await;
    assert_eq!(
        right,
        Learned {
            wrong: 0,
            wait: ADDRESSES,
            other: Vec::new()
        }
    );
}
