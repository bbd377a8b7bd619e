//! Two server processes, one of them killed again and again while clients refresh, redeem and
//! revoke: no token lost that a client was given, none valid that was revoked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use auth_api::foundation::secret::Secret;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::chance::Chance;
use super::chaos_client::Servers;
use super::{assert_invariants, assert_refused, count};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Code, Request, text};
use crate::support::process::Process;
use crate::support::server::TestServer;

const ROUNDS: usize = 20;
/// Clients that refresh without a pause, each a family of its own.
const CLIENTS: usize = 4;
/// How many present one code at the moment of a kill.
const REDEEMERS: usize = 4;
/// The retry window of the servers: longer than the patience of a client.
const WINDOW: (&str, Duration) = ("6s", Duration::from_secs(6));
const SCOPE: &str = "openid offline_access";

/// One client's refresh tokens, oldest first.
type Family = Vec<String>;

/// Refreshes without a pause until told to stop, at the servers in turn.
async fn refresh_on(
    servers: Servers,
    first: String,
    stop: Arc<AtomicBool>,
    done: Arc<Notify>,
) -> Family {
    let mut family = vec![first];
    while !stop.load(Ordering::Relaxed) {
        let newest = family.last().unwrap();
        let next = servers.refresh(family.len(), newest).await;
        family.push(next);
        done.notify_one();
    }
    family
}

/// Waits until so many refreshes were made: a moment that no other client chose.
async fn progress(clients: &mut JoinSet<Family>, done: &Notify, refreshes: usize) {
    for _ in 0..refreshes {
        tokio::select! {
            () = done.notified() => {}
            ended = clients.join_next() => panic!("a client gave up: {ended:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_killed_at_random_loses_no_token_and_revives_none() {
    let mut chance = Chance::new();
    let server = TestServer::start().await;
    let settings = [("AUTH_TOKENS__REFRESH_RETRY_WINDOW", WINDOW.0)];
    let (url, issuer) = (server.database.url.clone(), server.issuer.clone());
    let start = || Process::serve(&url, &issuer, &settings);
    let mut processes = [start().await, start().await];
    let servers = Servers::new(processes.each_ref().map(|process| process.base.clone()));
    let browser = Browser::new(&server);

    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let first = family(&server, &browser).await;
        let (servers, stop, done) = (servers.clone(), Arc::clone(&stop), Arc::clone(&done));
        clients.spawn(refresh_on(servers, first, stop, done));
    }

    let mut revoked = Vec::new();
    for _ in 0..ROUNDS {
        let doomed = family(&server, &browser).await;
        let code = Request::new(SCOPE).code(&browser, CUSTOMER).await;
        progress(&mut clients, &done, chance.below(60)).await;
        let (victim, first) = (chance.below(2), chance.below(2));
        let redeeming = redeem_at_once(&servers, &code);
        let ((), (), answers) = tokio::join!(
            processes[victim].kill(),
            servers.revoke(first, &doomed),
            redeeming
        );
        processes[victim] = start().await;
        servers.moved(victim, processes[victim].base.clone());
        revoked.push(doomed);
        revoked.extend(replayed(&servers, &code, answers).await);
    }
    stop.store(true, Ordering::Relaxed);
    let families = clients.join_all().await;

    let pool = &server.database.pool;
    assert_invariants(pool).await;
    for token in &revoked {
        for number in 0..2 {
            assert!(!servers.is_active(number, token).await);
            assert_refused(&servers.try_refresh(number, token).await, "invalid_grant");
        }
    }
    for family in &families {
        assert_whole(&server, &servers, family).await;
    }
    let mut checks = JoinSet::new();
    for family in families {
        checks.spawn(assert_superseded(servers.clone(), family));
    }
    checks.join_all().await;
    let live = "SELECT count(*) FROM refresh_token JOIN oauth_grant ON id = grant_id
                WHERE used_at IS NULL AND revoked_at IS NULL";
    assert_eq!(count(pool, live).await, 0, "every family was revoked");
    for process in &processes {
        let log = process.log();
        assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
    }
}

/// The first refresh token of a new family.
async fn family(server: &TestServer, browser: &Browser) -> String {
    let code = Request::new(SCOPE).code(browser, CUSTOMER).await;
    let (status, tokens) = code.redeem(server).await;
    assert_eq!(status, 200, "{tokens}");
    text(&tokens, "refresh_token").to_owned()
}

/// Presents a code many times at both servers; the answers that arrived.
async fn redeem_at_once(servers: &Servers, code: &Code) -> Vec<(u16, Value)> {
    let mut attempts = JoinSet::new();
    for number in 0..REDEEMERS {
        let (servers, code) = (servers.clone(), code.clone());
        attempts.spawn(async move { servers.redeem(number, &code).await });
    }
    attempts.join_all().await.into_iter().flatten().collect()
}

/// Checks that a code was good once at most, and replays it once more: whatever came of it is dead
/// then. Returns its tokens.
async fn replayed(servers: &Servers, code: &Code, answers: Vec<(u16, Value)>) -> Vec<String> {
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|it| it.0 == 200);
    assert!(won.len() <= 1, "{won:?}");
    for answer in &lost {
        assert_refused(answer, "invalid_grant");
    }
    let again = servers.post_until_answered(0, "/token", &code.form()).await;
    assert_refused(&again, "invalid_grant");
    let tokens = won.iter().map(|(_, body)| text(body, "refresh_token"));
    tokens.map(str::to_owned).collect()
}

/// Asserts that the client was given every token that was made, and that the newest one alone is
/// live, at both servers.
async fn assert_whole(server: &TestServer, servers: &Servers, family: &Family) {
    let (newest, older) = family.split_last().unwrap();
    let made: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM refresh_token WHERE grant_id =
           (SELECT grant_id FROM refresh_token WHERE token_hash = $1)",
    )
    .bind(Secret::new(newest.as_str()).hash().to_vec())
    .fetch_one(&server.database.pool)
    .await
    .unwrap();
    assert_eq!(
        usize::try_from(made).unwrap(),
        family.len(),
        "no token was lost"
    );
    for number in 0..2 {
        assert!(servers.is_active(number, newest).await, "the newest token");
        for token in older.iter().rev().take(20) {
            assert!(!servers.is_active(number, token).await, "a superseded one");
        }
    }
}

/// Asserts that the newest token works; that its predecessor gets the same answer while the window
/// lasts, and is refused then, whereupon the family is dead.
async fn assert_superseded(servers: Servers, family: Family) {
    let newest = family.last().unwrap();
    let successor = servers.refresh(0, newest).await;
    let began = Instant::now();
    let mut poll = tokio::time::interval(Duration::from_millis(250));
    let refused = loop {
        let answer = servers.try_refresh(1, newest).await;
        if answer.0 != 200 {
            break answer;
        }
        assert_eq!(answer.1["refresh_token"], successor.as_str());
        assert!(began.elapsed() < WINDOW.1 * 2, "the window does not end");
        poll.tick().await;
    };
    assert!(
        began.elapsed() + Duration::from_secs(1) > WINDOW.1,
        "{refused:?}"
    );
    assert_refused(&refused, "invalid_grant");
    for number in 0..2 {
        assert!(!servers.is_active(number, &successor).await);
        let answer = servers.try_refresh(number, &successor).await;
        assert_refused(&answer, "invalid_grant");
    }
}
