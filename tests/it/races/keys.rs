//! Keys that follow one another under load while an API validates, with the middleware that APIs
//! use. Time goes on when every client has done its round, so that the test is as strict on a slow
//! machine: no request ever takes longer than two steps of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use auth_api::keys::{Algorithm, KeyState, Lead, rotation};
use axum::Router;
use axum::routing::get;
use token_guard::{AccessToken, TokenGuard};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, BOOKING_APP, BOOKING_BATCH, Request, header, text};
use crate::support::server::TestServer;

const AUDIENCE: &str = "http://localhost:3004";
const ROTATIONS: usize = 5;
/// How far time goes on at once: less than a replica keeps its copy of the keys.
const STEP: Duration = Duration::from_secs(14);
/// Clients that get tokens and call the API without a pause: half of them for a person.
const CLIENTS: usize = 4;

/// Two replicas and an API that trusts them.
struct Scene {
    servers: [Arc<TestServer>; 2],
    api: String,
    http: reqwest::Client,
    /// How often each client has done its round.
    rounds: [AtomicUsize; CLIENTS],
    round_done: Notify,
    stop: AtomicBool,
}

impl Scene {
    async fn new() -> Arc<Self> {
        let one = TestServer::with(|config| {
            config.keys.publish_ahead = Duration::from_mins(10);
        })
        .await;
        let two = one.replica().await;
        let api = api(guard(&one)).await;
        Arc::new(Self {
            servers: [Arc::new(one), Arc::new(two)],
            api,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            rounds: Default::default(),
            round_done: Notify::new(),
            stop: AtomicBool::new(false),
        })
    }

    /// What the API answers to an access token.
    async fn call(&self, token: &str) -> u16 {
        let request = self.http.get(&self.api).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }

    /// A token of the client's own.
    async fn batch_token(&self, number: usize) -> String {
        let form = [("grant_type", "client_credentials"), ("resource", AUDIENCE)];
        let server = &self.servers[number % 2];
        let (status, body) = server.post_as(BOOKING_BATCH, "/token", &form).await;
        assert_eq!(status, 200, "{body}");
        text(&body, "access_token").to_owned()
    }

    /// Lets time go on in steps; each waits until every client did a round. Then waits for a whole
    /// round more, in which the replicas read again what is due: nothing is under way that began
    /// before.
    async fn pass(&self, time: Duration) {
        let mut passed = Duration::ZERO;
        while passed < time {
            self.rounds(1).await;
            self.servers[0].app.clock.advance(STEP);
            passed += STEP;
        }
        self.rounds(2).await;
    }

    /// Waits until every client has ended so many rounds.
    async fn rounds(&self, rounds: usize) {
        let wanted = self
            .rounds
            .each_ref()
            .map(|done| done.load(Ordering::SeqCst) + rounds);
        let behind = || {
            let mut both = self.rounds.iter().zip(&wanted);
            both.any(|(done, wanted)| done.load(Ordering::SeqCst) < *wanted)
        };
        while behind() {
            self.round_done.notified().await;
        }
    }

    fn now(&self) -> time::OffsetDateTime {
        self.servers[0].app.clock.now()
    }
}

/// A guard whose clock is the servers'.
fn guard(server: &TestServer) -> TokenGuard {
    let clock = server.app.clock.clone();
    TokenGuard::builder(server.issuer.as_str(), AUDIENCE)
        .clock(move || clock.now().into())
        .build()
        .unwrap()
}

/// An API behind a guard; its address.
async fn api(guard: TokenGuard) -> String {
    let answer = async |token: AccessToken| token.sub.clone();
    let app = Router::new().route("/", get(answer)).layer(guard.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/")
}

/// Gets a new token in each round and calls the API with it and with the one before; tells how many
/// calls there were. Even clients act for themselves, odd ones for a person, by refreshing.
async fn client(scene: Arc<Scene>, number: usize, mut refresh_token: String) -> usize {
    let mut before: Option<String> = None;
    let mut calls = 0;
    while !scene.stop.load(Ordering::SeqCst) {
        let round = scene.rounds[number].load(Ordering::SeqCst);
        let token = if number.is_multiple_of(2) {
            scene.batch_token(number / 2 + round).await
        } else {
            let server = &scene.servers[(number / 2 + round) % 2];
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token.as_str()),
            ];
            let (status, body) = server.post_as(BOOKING_APP, "/token", &form).await;
            assert_eq!(status, 200, "{body}");
            text(&body, "refresh_token").clone_into(&mut refresh_token);
            text(&body, "access_token").to_owned()
        };
        for token in [&token].into_iter().chain(&before) {
            assert_eq!(scene.call(token).await, 200, "{}", header(token));
            calls += 1;
        }
        before = Some(token);
        scene.rounds[number].fetch_add(1, Ordering::SeqCst);
        scene.round_done.notify_one();
    }
    calls
}

async fn start_clients(scene: &Arc<Scene>) -> JoinSet<usize> {
    let browser = Browser::new(&scene.servers[0]);
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let request = Request::new("openid offline_access roles bookings:read");
        let request = request.with("resource", AUDIENCE);
        let code = request.code(&browser, ADMIN).await;
        let (status, tokens) = code.redeem(&scene.servers[0]).await;
        assert_eq!(status, 200, "{tokens}");
        let refresh_token = text(&tokens, "refresh_token").to_owned();
        clients.spawn(client(Arc::clone(scene), number, refresh_token));
    }
    clients
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_rotations_under_load_cause_not_one_failure() {
    let scene = Scene::new().await;
    let mut clients = start_clients(&scene).await;
    let lead = scene.servers[0].app.keys.settings().minimum_lead();
    let rotate = async {
        for number in 0..ROTATIONS {
            let keys = &scene.servers[number % 2].app.keys;
            let created = keys
                .rotate(None, Lead::After(lead), scene.now())
                .await
                .unwrap();
            assert_eq!(created.len(), Algorithm::ALL.len());
            scene.pass(lead + 2 * STEP).await;
            // Every replica signs with the new key by now.
            let new = created
                .iter()
                .find(|key| key.alg == Algorithm::RS256)
                .unwrap();
            for server in 0..2 {
                let token = scene.batch_token(server).await;
                assert_eq!(header(&token)["kid"], new.kid);
            }
            scene.servers[number % 2]
                .app
                .keys
                .tick(scene.now())
                .await
                .unwrap();
        }
        scene.stop.store(true, Ordering::SeqCst);
    };
    let failed = async {
        // A client that fails is told at once: without it time would stand still.
        let mut calls = 0;
        while let Some(done) = clients.join_next().await {
            calls += done.unwrap();
        }
        calls
    };
    let ((), calls) = tokio::join!(rotate, failed);
    assert!(calls > 500, "{calls}");
    let pool = &scene.servers[0].database.pool;
    let keys = rotation::list(pool, scene.now()).await.unwrap();
    let retired = keys
        .iter()
        .filter(|(key, state)| key.alg == Algorithm::RS256 && *state == KeyState::Retired);
    assert!(retired.count() >= 2, "{keys:?}");
}

/// In an emergency the new key signs before anyone knows it: the guard looks for it, once for all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_emergency_rotation_under_load_causes_not_one_failure() {
    let scene = Scene::new().await;
    let mut clients = start_clients(&scene).await;
    let rotate = async {
        for _ in 0..ROTATIONS {
            let keys = &scene.servers[0].app.keys;
            scene.pass(2 * STEP).await;
            keys.rotate(Some(Algorithm::RS256), Lead::Now, scene.now())
                .await
                .unwrap();
            scene.rounds(2).await;
        }
        scene.stop.store(true, Ordering::SeqCst);
    };
    let failed = async {
        while let Some(done) = clients.join_next().await {
            assert!(done.unwrap() > 10);
        }
    };
    tokio::join!(rotate, failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawn_key_is_accepted_no_more() {
    let scene = Scene::new().await;
    let stolen = scene.batch_token(0).await;
    assert_eq!(scene.call(&stolen).await, 200);
    let keys = &scene.servers[1].app.keys;
    let kid = header(&stolen)["kid"].as_str().unwrap().to_owned();
    keys.withdraw(&kid, scene.now()).await.unwrap();
    // The set may be cached for its `max-age`; the token itself would live longer.
    scene.servers[0]
        .app
        .clock
        .advance(keys.settings().jwks_max_age);
    assert_eq!(scene.call(&stolen).await, 401);
    for number in 0..2 {
        let token = scene.batch_token(number).await;
        assert_eq!(scene.call(&token).await, 200);
        let form = [("token", stolen.as_str())];
        let server = &scene.servers[number];
        let (_, told) = server.post_as(BOOKING_BATCH, "/introspect", &form).await;
        assert_eq!(told["active"], false);
    }
}
