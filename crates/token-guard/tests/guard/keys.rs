//! Which of the issuer's keys are used, and how often it is asked for them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use token_guard::{InvalidToken, Reason};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::{Issuer, Key, TestClock, World, guard_builder, invalid};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_first_requests_fetch_once() {
    let world = World::new().await;
    world.issuer.close_gate();
    let token = world.token().sign();
    let barrier = Arc::new(Barrier::new(65));
    let mut requests = JoinSet::new();
    for _ in 0..64 {
        let (guard, token, barrier) = (world.guard.clone(), token.clone(), Arc::clone(&barrier));
        requests.spawn(async move {
            barrier.wait().await;
            guard.validate(&token).await
        });
    }
    barrier.wait().await;
    world.issuer.fetched(1).await;
    world.issuer.open_gate();
    while let Some(outcome) = requests.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(
        (world.issuer.metadata_fetches(), world.issuer.fetches()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_the_fetch() {
    let world = World::new().await;
    world.issuer.close_gate();
    let (guard, token) = (world.guard.clone(), world.token().sign());
    let request = tokio::spawn(async move { guard.validate(&token).await });
    world.issuer.fetched(1).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    world.issuer.open_gate();
    world.validate(&world.token().sign()).await.unwrap();
    assert_eq!(world.issuer.fetches(), 1);
}

#[tokio::test]
async fn warming_up_fetches_ahead() {
    let world = World::new().await;
    world.guard.warm_up().await.unwrap();
    assert_eq!(world.issuer.fetches(), 1);
    world.validate(&world.token().sign()).await.unwrap();
    assert_eq!(world.issuer.fetches(), 1);
}

#[tokio::test]
async fn a_configured_jwks_uri_needs_no_discovery() {
    let issuer = Issuer::start().await;
    let key = Key::new("k1", "EdDSA");
    issuer.publish(&[&key]);
    let clock = TestClock::new();
    let uri = format!("{}/jwks", issuer.url);
    let guard = guard_builder(&issuer, &clock)
        .jwks_uri(uri)
        .build()
        .unwrap();
    let world = World {
        issuer,
        clock,
        guard,
        key,
    };
    world.validate(&world.token().sign()).await.unwrap();
    assert_eq!(
        (world.issuer.metadata_fetches(), world.issuer.fetches()),
        (0, 1)
    );
}

#[tokio::test]
async fn metadata_of_rfc_8414_is_found_too() {
    let world = World::new().await;
    world.issuer.set_metadata(None);
    world.validate(&world.token().sign()).await.unwrap();
    assert_eq!(world.issuer.metadata_fetches(), 2);
}

#[tokio::test]
async fn unusable_keys_are_not_used() {
    let world = World::with(Key::new("k1", "EdDSA"), |b| b).await;
    let good = Key::new("good", "ES256");
    let unusable: [(&str, Value); 9] = [
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("alg", json!("ES256")),
        ("alg", json!("HS256")),
        ("kty", json!("oct")),
        ("crv", json!("X25519")),
        ("x", json!("not base64!")),
        ("d", json!("c2VjcmV0")),
        ("kid", json!(7)),
    ];
    for (member, value) in unusable {
        let case = format!("{member}: {value}");
        world
            .issuer
            .publish_jwks(vec![world.key.jwk_with(member, value), good.jwk()]);
        let guard = guard_builder(&world.issuer, &world.clock).build().unwrap();
        let refused = guard.validate(&world.token().sign()).await.unwrap_err();
        assert_eq!(
            refused.reason(),
            &invalid(InvalidToken::UnknownKey),
            "{case}"
        );
        // The key beside it works.
        guard.validate(&world.token_by(&good).sign()).await.unwrap();
    }
}

#[tokio::test]
async fn a_symmetric_key_in_the_set_verifies_nothing() {
    let world = World::new().await;
    let oct = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "k1", "alg": "HS256", "use": "sig"});
    world.issuer.publish_jwks(vec![oct]);
    let token = world.token().header("alg", "HS256").sign_hmac(b"secret");
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::Algorithm)
    );
    assert_eq!(
        world.refusal(&world.token().sign()).await,
        invalid(InvalidToken::UnknownKey)
    );
}

#[tokio::test]
async fn a_key_without_alg_serves_what_its_type_can() {
    let world = World::with(Key::new("k1", "RS256"), |b| b).await;
    let mut jwk = world.key.jwk();
    jwk.as_object_mut().unwrap().remove("alg");
    world.issuer.publish_jwks(vec![jwk]);
    world.validate(&world.token().sign()).await.unwrap();
    world
        .validate(&world.token().header("alg", "PS256").sign())
        .await
        .unwrap();
    let token = world.token().header("alg", "EdDSA").sign();
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::Algorithm)
    );
}

#[tokio::test]
async fn two_keys_of_one_id_are_both_left_out() {
    let world = World::new().await;
    let twin = Key::new("k1", "ES256");
    world.issuer.publish(&[&world.key, &twin]);
    for key in [&world.key, &twin] {
        let token = world.token_by(key).sign();
        assert_eq!(
            world.refusal(&token).await,
            invalid(InvalidToken::UnknownKey)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_unknown_key_ids_is_a_handful_of_fetches() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    let mut requests = JoinSet::new();
    for number in 0..1000 {
        let token = world
            .token()
            .header("kid", format!("made-up-{number}"))
            .sign();
        let guard = world.guard.clone();
        requests.spawn(async move { guard.validate(&token).await });
    }
    while let Some(outcome) = requests.join_next().await {
        let refused = outcome.unwrap().unwrap_err();
        assert_eq!(refused.reason(), &invalid(InvalidToken::UnknownKey));
    }
    let after_burst = world.issuer.fetches();
    assert!((2..=4).contains(&after_burst), "{after_burst}");

    // From there on, one per five seconds.
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(5));
        for number in 0..20 {
            let token = world
                .token()
                .header("kid", format!("again-{number}"))
                .sign();
            assert_eq!(
                world.refusal(&token).await,
                invalid(InvalidToken::UnknownKey)
            );
        }
    }
    let fetches = world.issuer.fetches() - after_burst;
    assert!((10..=13).contains(&fetches), "{fetches}");
    // The storm harms nobody else.
    world.validate(&world.token().sign()).await.unwrap();
}

#[tokio::test]
async fn a_new_key_is_found_at_once() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    let next = Key::new("k2", "EdDSA");
    world.issuer.publish(&[&world.key, &next]);
    world.validate(&world.token_by(&next).sign()).await.unwrap();
    assert_eq!(world.issuer.fetches(), 2);
    world.validate(&world.token().sign()).await.unwrap();
    assert_eq!(world.issuer.fetches(), 2);
}

#[tokio::test]
async fn a_key_published_during_a_fetch_is_found() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.issuer.close_gate();
    // Somebody's unknown key starts a fetch, which is answered with what stands there now …
    let (guard, stray) = (
        world.guard.clone(),
        world.token().header("kid", "stray").sign(),
    );
    let stray = tokio::spawn(async move { guard.validate(&stray).await });
    world.issuer.fetched(2).await;
    // … and only then the key is published, and used.
    let next = Key::new("k2", "ES256");
    world.issuer.publish(&[&world.key, &next]);
    let token = world.token_by(&next).sign();
    let guard = world.guard.clone();
    let joined = tokio::spawn(async move { guard.validate(&token).await });
    tokio::task::yield_now().await;
    world.issuer.open_gate();
    joined.await.unwrap().unwrap();
    let refused = stray.await.unwrap().unwrap_err();
    assert_eq!(
        refused.reason(),
        &Reason::InvalidToken(InvalidToken::UnknownKey)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn five_rotations_under_load_without_one_failure() {
    let world = World::new().await;
    let mut keys = vec![Key::new("k0", "ES256")];
    world.issuer.publish(&[&keys[0]]);
    for round in 1..=5 {
        // Published beside the old one, then signing; what was signed before stays good.
        keys.push(Key::new(&format!("k{round}"), "ES256"));
        let (old, new) = (&keys[round - 1], &keys[round]);
        let mut requests = JoinSet::new();
        for number in 0..100 {
            if number == 30 {
                world.issuer.publish(&[old, new]);
            }
            let signer = if number < 50 { old } else { new };
            let (guard, token) = (world.guard.clone(), world.token_by(signer).sign());
            requests.spawn(async move { guard.validate(&token).await });
        }
        while let Some(outcome) = requests.join_next().await {
            outcome.unwrap().unwrap();
        }
        world.clock.advance(Duration::from_secs(20));
    }
    assert!(world.issuer.fetches() <= 16, "{}", world.issuer.fetches());
}
