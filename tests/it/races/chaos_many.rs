//! 64 at once at two server processes, one of which is killed in the middle of it: a code is good
//! once at most and its replays revoke, a refresh token has one successor, and that one works.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;
use tokio::sync::mpsc;

use super::chance::Chance;
use super::chaos_client::Servers;
use super::processes::assert_no_errors;
use super::{MANY, assert_invariants, assert_refused, at_once, count};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Code, Request, text};
use crate::support::process::Process;
use crate::support::server::TestServer;

const ROUNDS: usize = 12;
/// Each request is two events, its sending and its end. A kill comes after one of these: when many
/// are on their way at least, and before all are answered.
const MOMENTS: Range<usize> = MANY / 2..MANY * 7 / 4;

/// What one request of a storm came to: its number, and the answer unless that was lost.
type Outcome = (usize, Option<(u16, Value)>);

/// Two processes beside a server of this process, at which people sign in.
struct Scene {
    server: TestServer,
    browser: Browser,
    processes: [Process; 2],
    servers: Servers,
    chance: Chance,
    /// Answers that died with their server so far.
    lost: usize,
}

impl Scene {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let start = || Process::serve(&server.database.url, &server.issuer, &[]);
        let processes = [start().await, start().await];
        let bases = processes.each_ref().map(|process| process.base.clone());
        Self {
            browser: Browser::new(&server),
            servers: Servers::new(bases),
            chance: Chance::new(),
            lost: 0,
            processes,
            server,
        }
    }

    async fn code(&self) -> Code {
        let request = Request::new("openid offline_access");
        request.code(&self.browser, CUSTOMER).await
    }

    async fn count(&self, sql: &'static str) -> i64 {
        count(&self.server.database.pool, sql).await
    }

    /// Sends a form many times at once, to both processes in turn, kills one of them at some moment
    /// among the sendings and the answers, and starts it again.
    async fn storm(&mut self, form: &[(&str, &str)]) -> Vec<Outcome> {
        let victim = self.chance.below(2);
        let moment = MOMENTS.start + self.chance.below(MOMENTS.len());
        let form: Vec<(String, String)> = form
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let (events, mut happened) = mpsc::unbounded_channel();
        let requests = at_once(MANY, |number| {
            let (servers, form, events) = (self.servers.clone(), form.clone(), events.clone());
            async move {
                let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                // After the kill nobody listens any more.
                let _ = events.send(());
                let answer = servers.post(number, "/token", &form).await.ok();
                let _ = events.send(());
                (number, answer)
            }
        });
        let killed = &mut self.processes[victim];
        let kill = async {
            for _ in 0..moment {
                happened.recv().await.unwrap();
            }
            killed.kill().await;
        };
        let (outcomes, ()) = tokio::join!(requests, kill);

        for (number, answer) in &outcomes {
            let survived = number % 2 != victim;
            assert!(answer.is_some() || !survived, "no answer of the other");
            self.lost += usize::from(answer.is_none());
        }
        assert_no_errors(&self.processes);
        let server = &self.server;
        self.processes[victim] = Process::serve(&server.database.url, &server.issuer, &[]).await;
        let base = self.processes[victim].base.clone();
        self.servers.moved(victim, base);
        outcomes
    }

    /// Asserts that a token is as it should be, whichever server is asked.
    async fn assert_active(&self, token: &str, active: bool) {
        for number in 0..2 {
            assert_eq!(self.servers.is_active(number, token).await, active);
        }
    }

    async fn end(self) {
        assert!(self.lost > 0, "no kill met a request");
        assert_invariants(&self.server.database.pool).await;
        assert_no_errors(&self.processes);
    }
}

/// RFC 6749, section 4.1.2. Half of them are at the server that lives on, so there are replays
/// whoever won, also when nobody was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_redemptions_around_a_kill_one_at_most_succeeds_and_all_is_revoked() {
    let mut scene = Scene::new().await;
    for round in 1..=ROUNDS {
        let code = scene.code().await;
        let outcomes = scene.storm(&code.form()).await;

        let answers = outcomes.into_iter().filter_map(|(_, answer)| answer);
        let (won, lost): (Vec<_>, Vec<_>) = answers.partition(|answer| answer.0 == 200);
        assert!(won.len() <= 1, "{won:?}");
        for answer in &lost {
            assert_refused(answer, "invalid_grant");
        }
        // Before anybody asks once more.
        let round = i64::try_from(round).unwrap();
        let revoked = "SELECT count(*) FROM oauth_grant
                       WHERE revoked_reason = 'authorization code replayed'";
        assert_eq!(scene.count(revoked).await, round);
        let made = "SELECT count(*) FROM refresh_token";
        assert_eq!(scene.count(made).await, round);
        for (_, tokens) in &won {
            let refresh_token = text(tokens, "refresh_token");
            scene.assert_active(refresh_token, false).await;
            let access_token = text(tokens, "access_token");
            scene.assert_active(access_token, false).await;
            for number in 0..2 {
                let answer = scene.servers.try_refresh(number, refresh_token).await;
                assert_refused(&answer, "invalid_grant");
            }
        }
    }
    let grants = "SELECT count(*) FROM oauth_grant";
    assert_eq!(scene.count(grants).await, i64::try_from(ROUNDS).unwrap());
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_refreshes_around_a_kill_one_makes_the_successor_and_that_works() {
    let mut scene = Scene::new().await;
    for round in 1..=ROUNDS {
        let (status, tokens) = scene.code().await.redeem(&scene.server).await;
        assert_eq!(status, 200, "{tokens}");
        let first = text(&tokens, "refresh_token");
        let form = [("grant_type", "refresh_token"), ("refresh_token", first)];
        let outcomes = scene.storm(&form).await;

        // Who lost the answer asks once more, at the other server. All have the same, byte for byte.
        let mut different = BTreeSet::new();
        for (number, answer) in outcomes {
            let (status, body) = match answer {
                Some(answer) => answer,
                None => scene.servers.try_refresh(number + 1, first).await,
            };
            assert_eq!(status, 200, "{body}");
            assert!(body["refresh_token"].is_string(), "{body}");
            different.insert(body.to_string());
        }
        assert_eq!(different.len(), 1, "{different:?}");
        let answer: Value = serde_json::from_str(different.first().unwrap()).unwrap();
        let second = text(&answer, "refresh_token");

        // Each round leaves a family of three, one of them live; this one has two so far.
        let round = i64::try_from(round).unwrap();
        let live = "SELECT count(*) FROM refresh_token JOIN oauth_grant ON id = grant_id
                    WHERE used_at IS NULL AND revoked_at IS NULL";
        let made = "SELECT count(*) FROM refresh_token";
        let counted = (scene.count(live).await, scene.count(made).await);
        assert_eq!(counted, (round, 3 * round - 1));
        scene.assert_active(first, false).await;
        scene.assert_active(second, true).await;
        let third = scene.servers.refresh(0, second).await;
        scene.assert_active(second, false).await;
        scene.assert_active(&third, true).await;
    }
    scene.end().await;
}
