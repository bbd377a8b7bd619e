//! Fifty requests at once with one code, one recovery code, one answer of a passkey, at two replicas
//! and at two processes: one is accepted.

use std::sync::Arc;

use auth_api::authn::attempt::{self, Owner};
use auth_api::authn::ceremony::Bound;
use auth_api::authn::factors::passkey::Challenge;
use auth_api::authn::factors::{email_code, recovery_code, totp};
use auth_api::foundation::secret::Secret;
use auth_api::http::context::RequestContext;
use auth_api::http::csrf;
use auth_api::users::store::find_by_email;
use serde_json::Value;
use uuid::Uuid;

use super::{codes, enrol_app, enrol_passkey, mailed_code, signed_in};
use crate::pages::told::{BROWSER, SESSION};
use crate::races::at_once;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::CUSTOMER;
use crate::support::process::Process;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

const MANY: usize = 50;

/// A server at which a person has an app, a passkey and recovery codes.
struct Scene {
    server: TestServer,
    app: AuthenticatorApp,
    key: Key,
    codes: Vec<String>,
    id_user: i32,
}

async fn scene() -> Scene {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (app, page) = enrol_app(&server, &browser).await;
    let mut key = Key::new(&server);
    enrol_passkey(&browser, &mut key, "Key").await;
    let user = find_by_email(&server.app.pool, CUSTOMER)
        .await
        .unwrap()
        .unwrap()
        .user;
    Scene {
        codes: codes(&page),
        id_user: user.id_user,
        server,
        app,
        key,
    }
}

/// A browser with its own attempt: the right password was entered in it.
async fn waiting(scene: &Scene) -> (Uuid, Secret) {
    let (browser, app) = (Secret::generate(), &scene.server.app);
    let lifetime = app.config.account.factor_ttl;
    let owner = Owner::Browser(&browser);
    let id = attempt::begin(&app.pool, scene.id_user, owner, lifetime, app.clock.now());
    (id.await.unwrap(), browser)
}

async fn challenge(scene: &Scene, bound: &Bound, known: bool) -> Challenge {
    let app = &scene.server.app;
    let (kek, now) = (app.keys.key_encryption_key(), app.clock.now());
    if known {
        let begun = app
            .passkeys
            .begin_authentication(&app.pool, kek, scene.id_user, bound, now);
        begun.await.unwrap().unwrap()
    } else {
        app.passkeys
            .begin_discoverable(&app.pool, kek, bound, now)
            .await
            .unwrap()
    }
}

/// One post of each, at the bases in turn: how many began a session.
async fn accepted(
    bases: &[&str],
    path: &str,
    posts: Vec<(Secret, Vec<(String, String)>)>,
) -> usize {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let count = posts.len();
    let mut posts = posts.into_iter().enumerate();
    let answers = at_once(count, |_| {
        let (number, (browser, mut form)) = posts.next().unwrap();
        let attempt = form.iter().position(|(name, _)| name == "attempt");
        let query =
            attempt.map_or_else(String::new, |at| format!("?attempt={}", form.remove(at).1));
        form.push(("csrf".to_owned(), csrf::token(&browser)));
        let request = http
            .post(format!("{}{path}{query}", bases[number % bases.len()]))
            .header("cookie", format!("{BROWSER}={}", browser.expose()))
            .form(&form);
        async move { request.send().await.unwrap() }
    })
    .await;
    answers
        .iter()
        .filter(|answer| {
            let cookies = answer.headers().get_all("set-cookie").iter();
            let mut cookies = cookies.map(|cookie| cookie.to_str().unwrap());
            assert!(answer.status().as_u16() < 500, "{}", answer.status());
            cookies.any(|cookie| cookie.starts_with(SESSION))
        })
        .count()
}

fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    fields.iter().map(own).collect()
}

/// Sends everything at the servers.
async fn everything_once(scene: &mut Scene, bases: &[&str]) {
    let code = scene.app.next_code(&scene.server);
    let recovery = scene.codes.pop().unwrap();
    for (method, code) in [("totp", &code), ("recovery_code", &recovery)] {
        // The others that carry it are wrong guesses, which delay the next.
        sqlx::query("DELETE FROM throttle")
            .execute(&scene.server.app.pool)
            .await
            .unwrap();
        let mut posts = Vec::new();
        for _ in 0..MANY {
            let (id, browser) = waiting(scene).await;
            let id = id.to_string();
            let fields = [("attempt", id.as_str()), ("method", method), ("code", code)];
            posts.push((browser, form(&fields)));
        }
        assert_eq!(accepted(bases, "/login/factor", posts).await, 1, "{method}");
    }

    let (id, browser) = waiting(scene).await;
    let asked = challenge(scene, &Bound::attempt(id), true).await;
    let post = answered(&mut scene.key, &asked, &[("attempt", &id.to_string())]);
    let posts = vec![(browser, post); MANY];
    assert_eq!(accepted(bases, "/login/factor", posts).await, 1);

    let browser = Secret::generate();
    let asked = challenge(scene, &Bound::browser(&browser), false).await;
    let post = answered(&mut scene.key, &asked, &[]);
    let posts = vec![(browser, post); MANY];
    assert_eq!(accepted(bases, "/login/passkey", posts).await, 1);
}

fn answered(key: &mut Key, asked: &Challenge, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let credential: Value = key.get(&asked.public_key);
    let (ceremony, credential) = (asked.ceremony.to_string(), credential.to_string());
    let mut fields = form(more);
    fields.extend(form(&[
        ("method", "passkey"),
        ("ceremony", &ceremony),
        ("credential", &credential),
    ]));
    fields
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_replicas_accept_nothing_twice() {
    let mut scene = scene().await;
    let other = scene.server.replica().await;
    let base = scene.server.base.clone();
    everything_once(&mut scene, &[&base, &other.base]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_accept_nothing_twice() {
    let mut scene = scene().await;
    let (url, issuer) = (
        scene.server.database.url.clone(),
        scene.server.issuer.clone(),
    );
    let processes = [
        Process::serve(&url, &issuer, &[]).await,
        Process::serve(&url, &issuer, &[]).await,
    ];
    let bases = [processes[0].base.as_str(), processes[1].base.as_str()];
    // Processes go by the wall clock, on which the first code may be used already.
    everything_once(&mut scene, &bases).await;
}

/// Without the delays between guesses, which let no more than a few of the fifty through.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_database_alone_accepts_nothing_twice() {
    let scene = scene().await;
    let other = scene.server.replica().await;
    let apps = [Arc::clone(&scene.server.app), Arc::clone(&other.app)];
    let code = Arc::new(Secret::new(scene.app.next_code(&scene.server)));
    let (now, id_user) = (apps[0].clock.now(), scene.id_user);
    let accepted = at_once(MANY, |number| {
        let (app, code) = (Arc::clone(&apps[number % 2]), Arc::clone(&code));
        async move {
            let kek = app.keys.key_encryption_key();
            totp::verify(&app.pool, kek, id_user, &code, now)
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(accepted.iter().filter(|accepted| **accepted).count(), 1);
    let code = Arc::new(Secret::new(scene.codes[0].clone()));
    let left = at_once(MANY, |number| {
        let (app, code) = (Arc::clone(&apps[number % 2]), Arc::clone(&code));
        async move {
            recovery_code::spend(&app.pool, id_user, &code, now)
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(left.iter().flatten().collect::<Vec<_>>(), [&9]);

    sqlx::query(
        "INSERT INTO factor (id, id_user, kind, name, created_at)
         VALUES (gen_random_uuid(), $1, 'email', 'Mail', now())",
    )
    .bind(id_user)
    .execute(&apps[0].pool)
    .await
    .unwrap();
    let (id, _) = waiting(&scene).await;
    let context = RequestContext::none(now);
    let user = find_by_email(&apps[0].pool, CUSTOMER)
        .await
        .unwrap()
        .unwrap()
        .user;
    let services = apps[0].authn();
    let to = services.recipient(&user);
    let sent = email_code::send(&apps[0].pool, &apps[0].mail, id, id_user, &to, &context);
    assert_eq!(sent.await.unwrap(), email_code::Sent::Mailed);
    let code = Arc::new(Secret::new(mailed_code(&scene.server).await));
    let accepted = at_once(MANY, |number| {
        let (app, code) = (Arc::clone(&apps[number % 2]), Arc::clone(&code));
        async move { email_code::verify(&app.pool, id, &code, now).await.unwrap() }
    })
    .await;
    assert_eq!(accepted.iter().filter(|accepted| **accepted).count(), 1);
}
