//! People, and impatient ones: many sign-ins, two clicks on "Allow", a sign-out in another tab.

use std::collections::BTreeSet;
use std::sync::Arc;

use auth_api::authn::session;

use super::{MANY, assert_refused, at_once, count, replicas};
use crate::account::entry::wait_for_waiting;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CALLBACK, CUSTOMER, Code, Request, payload, text};
use crate::support::server::TestServer;

/// As often as a form is sent at once: within the attempts that are free of delay.
const CLICKS: usize = 4;
/// As many as may guess from one address without delay.
const PEOPLE: usize = 24;

fn person(number: usize) -> String {
    format!("person-{number}@booking.test")
}

const PASSWORD: &str = auth_api::cli::demo::PASSWORD;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_people_sign_in_at_once() {
    let servers = replicas().await;
    for number in 0..PEOPLE {
        sqlx::query(
            "INSERT INTO users (email, password_hash, role_id)
             SELECT $1, password_hash, role_id FROM users WHERE email = $2",
        )
        .bind(person(number))
        .bind(CUSTOMER)
        .execute(&servers[0].app.pool)
        .await
        .unwrap();
    }
    let mut waiting = Vec::new();
    for number in 0..PEOPLE {
        let browser = Browser::new(&servers[number % 2]);
        let page = browser.get("/login").await;
        waiting.push((browser, page));
    }
    let mut waiting = waiting.into_iter();
    let homes = at_once(PEOPLE, |number| {
        let (browser, page) = waiting.next().unwrap();
        let email = person(number);
        async move { (browser.sign_in(&page, &email).await, email) }
    })
    .await;
    for (home, email) in &homes {
        assert_eq!((home.status, home.url.path()), (200, "/"));
        assert!(home.body.contains(email), "{}", home.body);
    }
    let live = "SELECT count(*) FROM session WHERE ended_at IS NULL";
    let live = count(&servers[0].database.pool, live).await;
    assert_eq!(live, i64::try_from(PEOPLE).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_form_sent_many_times_at_once_signs_in() {
    let server = TestServer::start().await;
    let browser = Arc::new(Browser::new(&server));
    let page = Arc::new(browser.get("/login").await);
    // The second time each of them finds the session of the first.
    for _ in 0..2 {
        let answers = at_once(CLICKS, |_| {
            let (browser, page) = (Arc::clone(&browser), Arc::clone(&page));
            let fields = [("username", CUSTOMER), ("password", PASSWORD)];
            async move { browser.submit(&page, &fields).await.status }
        })
        .await;
        assert_eq!(answers, [303; CLICKS]);
        let home = browser.get("/").await;
        assert!(home.body.contains(CUSTOMER), "{}", home.body);
    }
}

/// A browser that is asked whether the app may have what it wants.
async fn asked(server: &TestServer, scope: &str) -> (Arc<Browser>, Request, Arc<Page>) {
    let browser = Browser::new(server);
    let request = Request::new(scope);
    let page = request.send(&browser).await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/consent");
    (Arc::new(browser), request, Arc::new(page))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn allow_clicked_many_times_at_once_makes_one_code() {
    let server = TestServer::start().await;
    let (browser, _, page) = asked(&server, "openid email").await;
    let answers = at_once(MANY, |_| {
        let (browser, page) = (Arc::clone(&browser), Arc::clone(&page));
        async move {
            let next = browser.submit(&page, &[("decision", "allow")]).await;
            browser.follow(next).await
        }
    })
    .await;
    let codes: Vec<_> = answers.iter().filter_map(|it| it.answer("code")).collect();
    assert_eq!(codes.len(), 1);
    for answer in &answers {
        assert!(
            [303, 400].contains(&answer.status),
            "{} {}",
            answer.status,
            answer.body
        );
    }
    let pool = &server.database.pool;
    assert_eq!(count(pool, "SELECT count(*) FROM oauth_grant").await, 1);
    assert_eq!(count(pool, "SELECT count(*) FROM continuation").await, 0);
}

/// One clicks "Allow" in one tab and "Deny" in the other: one answer reaches the app.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn allow_and_deny_clicked_at_once_give_one_answer() {
    let server = TestServer::start().await;
    let (browser, request, mut page) = asked(&server, "openid email").await;
    for _ in 0..8 {
        let answers = at_once(2, |number| {
            let (browser, page) = (Arc::clone(&browser), Arc::clone(&page));
            let decision = ["allow", "deny"][number];
            async move {
                let next = browser.submit(&page, &[("decision", decision)]).await;
                browser.follow(next).await
            }
        })
        .await;
        let told = |answer: &Page| answer.answer("code").or(answer.answer("error"));
        assert_eq!(answers.iter().filter_map(told).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| answer.status < 500));
        let again = request.clone().with("prompt", "consent");
        page = Arc::new(again.send(&browser).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tabs_that_are_allowed_at_once_have_a_code_each_and_lose_no_consent() {
    let server = TestServer::start().await;
    let (browser, _, first) = asked(&server, "openid email").await;
    let scopes = ["profile", "phone", "address", "roles", "bookings:read"];
    let mut tabs = vec![first];
    for scope in scopes {
        let request = Request::new(&format!("openid {scope}"));
        tabs.push(Arc::new(request.send(&browser).await));
    }
    let answers = at_once(tabs.len(), |number| {
        let (browser, page) = (Arc::clone(&browser), Arc::clone(&tabs[number]));
        async move {
            let next = browser.submit(&page, &[("decision", "allow")]).await;
            browser.follow(next).await
        }
    })
    .await;
    let codes: BTreeSet<_> = answers.iter().filter_map(|it| it.answer("code")).collect();
    assert_eq!(codes.len(), tabs.len());
    // All that was allowed was kept: nothing is asked again.
    let all = format!("openid email {}", scopes.join(" "));
    let page = Request::new(&all).send(&browser).await;
    assert!(page.answer("code").is_some(), "{}", page.url);
}

/// Grants without `offline_access` live by the session: none may survive a sign-out that comes at
/// the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_in_another_tab_ends_what_is_granted_at_the_same_moment() {
    let servers = replicas().await;
    for _ in 0..6 {
        let browser = Arc::new(Browser::new(&servers[0]));
        let code = Request::new("openid").code(&browser, CUSTOMER).await;
        let (_, tokens) = code.redeem(&servers[0]).await;
        let hint = text(&tokens, "id_token").to_owned();
        let answers = at_once(16, |number| {
            let (browser, hint) = (Arc::clone(&browser), hint.clone());
            async move {
                let request = Request::new("openid");
                if number == 8 {
                    let params = [("id_token_hint", hint.as_str())];
                    return (browser.get_with("/logout", &params).await, request);
                }
                (request.send(&browser).await, request)
            }
        })
        .await;
        for (page, request) in answers {
            assert!(page.status < 500, "{} {}", page.status, page.body);
            if let Some(code) = page.answer("code") {
                let code = Code {
                    code,
                    verifier: request.verifier,
                    redirect_uri: CALLBACK.to_owned(),
                };
                assert_refused(&code.redeem(&servers[1]).await, "invalid_grant");
            }
        }
    }
}

/// The same for a code that was redeemed at the same moment: its tokens are dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_ends_what_is_redeemed_at_the_same_moment() {
    let servers = replicas().await;
    let browser = Arc::new(Browser::new(&servers[0]));
    let first = Request::new("openid").code(&browser, CUSTOMER).await;
    let (_, tokens) = first.redeem(&servers[0]).await;
    let hint = text(&tokens, "id_token").to_owned();
    let mut codes = Vec::new();
    for _ in 0..32 {
        codes.push(Request::new("openid").code(&browser, CUSTOMER).await);
    }
    let answers = at_once(codes.len() + 1, |number| {
        let server = Arc::clone(&servers[number % 2]);
        let (browser, hint) = (Arc::clone(&browser), hint.clone());
        let code = codes.get(number).cloned();
        async move {
            if let Some(code) = code {
                return Some(code.redeem(&server).await);
            }
            let params = [("id_token_hint", hint.as_str())];
            assert!(browser.get_with("/logout", &params).await.status < 400);
            None
        }
    })
    .await;
    for answer in answers.into_iter().flatten() {
        if answer.0 == 200 {
            let token = text(&answer.1, "access_token");
            assert_eq!(servers[0].userinfo(token).await.0, 401);
        } else {
            assert_refused(&answer, "invalid_grant");
        }
    }
}

/// The narrowest moment: the sign-out has looked for grants, and has not ended the session yet.
#[tokio::test]
async fn a_grant_that_a_sign_out_could_not_see_dies_with_its_session() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let first = Request::new("openid").code(&browser, CUSTOMER).await;
    let (_, tokens) = first.redeem(&server).await;
    let sid = payload(text(&tokens, "id_token"))["sid"].clone();
    let sid = serde_json::from_value(sid).unwrap();

    // Whoever makes a code holds the session as this does, so that the sign-out waits.
    let pool = &server.database.pool;
    let mut held = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM session FOR SHARE")
        .execute(&mut *held)
        .await
        .unwrap();
    let now = server.app.clock.now();
    let signing_out = tokio::spawn({
        let pool = pool.clone();
        async move { session::end(&pool, sid, now).await }
    });
    wait_for_waiting(pool, 1).await;
    let redeemed = Request::new("openid").code(&browser, CUSTOMER).await;
    let waiting = Request::new("openid").code(&browser, CUSTOMER).await;
    let (_, tokens) = redeemed.redeem(&server).await;
    let access_token = text(&tokens, "access_token");
    assert_eq!(server.userinfo(access_token).await.0, 200);
    held.commit().await.unwrap();
    signing_out.await.unwrap().unwrap();

    assert_eq!(server.userinfo(access_token).await.0, 401);
    assert_refused(&waiting.redeem(&server).await, "invalid_grant");
}
