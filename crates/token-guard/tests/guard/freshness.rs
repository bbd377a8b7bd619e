//! How long keys are trusted, and what happens while the issuer is away.

use std::time::Duration;

use token_guard::{InvalidToken, Reason};

use crate::support::{Key, Mode, World, invalid};

const MINUTE: Duration = Duration::from_mins(1);

/// A world whose guard would wait an hour for an answer, if it waited.
async fn patient_world() -> World {
    World::with(Key::new("k1", "ES256"), |b| b.fetch_timeout(60 * MINUTE)).await
}

async fn is_served_promptly(world: &World) {
    let token = world.token().sign();
    let validation = tokio::time::timeout(Duration::from_secs(20), world.validate(&token));
    validation.await.unwrap().unwrap();
}

#[tokio::test]
async fn keys_are_kept_for_their_max_age() {
    let world = World::new().await; // max-age=300
    for _ in 0..3 {
        world.validate(&world.token().sign()).await.unwrap();
        world.clock.advance(MINUTE);
    }
    assert_eq!(world.issuer.fetches(), 1);
}

#[tokio::test]
async fn keys_are_refreshed_in_the_background_before_they_expire() {
    let world = patient_world().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.clock.advance(Duration::from_secs(250));
    // The issuer holds its answer back, yet nobody waits.
    world.issuer.close_gate();
    for _ in 0..5 {
        is_served_promptly(&world).await;
    }
    world.issuer.fetched(2).await;
    world.issuer.open_gate();
    assert_eq!(
        (world.issuer.metadata_fetches(), world.issuer.fetches()),
        (1, 2)
    );
}

#[tokio::test]
async fn the_max_age_is_kept_within_bounds() {
    // (what the issuer says, a time when the keys are still fresh, one when they are not)
    for (says, fresh, expired) in [
        (Some("no-store"), 20, 31),
        (Some("max-age=0"), 20, 31),
        (Some("max-age=99999999"), 2800, 3601),
        (Some("public, max-age=100"), 70, 101),
        (None, 200, 301),
        (Some("nonsense"), 200, 301),
    ] {
        let world = World::new().await;
        world.issuer.set_cache_control(says);
        world.validate(&world.token().sign()).await.unwrap();
        world.clock.advance(Duration::from_secs(fresh));
        world.validate(&world.token().sign()).await.unwrap();
        assert_eq!(world.issuer.fetches(), 1, "{says:?}");
        world.clock.advance(Duration::from_secs(expired - fresh));
        world.validate(&world.token().sign()).await.unwrap();
        assert_eq!(world.issuer.fetches(), 2, "{says:?}");
    }
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_after_the_next_refresh() {
    let world = World::new().await;
    let token = world
        .token()
        .claim("exp", world.clock.now() + 86_400)
        .sign();
    world.validate(&token).await.unwrap();
    let next = Key::new("k2", "ES256");
    world.issuer.publish(&[&next]);
    world.validate(&token).await.unwrap();
    world.clock.advance(Duration::from_secs(301));
    assert_eq!(
        world.refusal(&token).await,
        invalid(InvalidToken::UnknownKey)
    );
    world.validate(&world.token_by(&next).sign()).await.unwrap();
}

#[tokio::test]
async fn an_emptied_key_set_withdraws_all() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.issuer.publish(&[]);
    world.clock.advance(Duration::from_secs(301));
    assert_eq!(
        world.refusal(&world.token().sign()).await,
        invalid(InvalidToken::UnknownKey)
    );
}

#[tokio::test]
async fn the_service_goes_on_while_the_issuer_is_down_but_not_for_ever() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.issuer.set_mode(Mode::Down);
    // Five minutes of freshness and an hour beyond.
    for _ in 0..64 {
        world.clock.advance(MINUTE);
        world.validate(&world.token().sign()).await.unwrap();
    }
    world.clock.advance(2 * MINUTE);
    let refused = world.validate(&world.token().sign()).await.unwrap_err();
    assert_eq!(refused.reason(), &Reason::Unavailable);
    assert_eq!(refused.status().as_u16(), 503);

    world.issuer.set_mode(Mode::Up);
    world.clock.advance(MINUTE);
    world.validate(&world.token().sign()).await.unwrap();
}

#[tokio::test]
async fn a_restarted_issuer_may_have_new_keys() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.issuer.set_mode(Mode::Down);
    let next = Key::new("k2", "EdDSA");
    let token = world.token_by(&next).sign();
    // Whether the key exists cannot be known now: no 401, which would make clients sign out.
    assert_eq!(world.refusal(&token).await, Reason::Unavailable);
    world.issuer.publish(&[&next]);
    world.issuer.set_mode(Mode::Up);
    world.clock.advance(Duration::from_secs(2));
    world.validate(&token).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_down_is_not_hammered() {
    let world = World::new().await;
    world.issuer.set_mode(Mode::Down);
    for _ in 0..100 {
        assert_eq!(
            world.refusal(&world.token().sign()).await,
            Reason::Unavailable
        );
    }
    assert_eq!(world.issuer.metadata_fetches(), 1);
    // 1, 2, 4, 8, 16, 30, 30 … seconds between tries.
    for _ in 0..120 {
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(
            world.refusal(&world.token().sign()).await,
            Reason::Unavailable
        );
    }
    let tries = world.issuer.metadata_fetches();
    assert!((6..=9).contains(&tries), "{tries}");
    world.issuer.set_mode(Mode::Up);
    world.clock.advance(Duration::from_secs(30));
    world.validate(&world.token().sign()).await.unwrap();
}

#[tokio::test]
async fn stale_keys_are_served_without_waiting_for_a_hanging_issuer() {
    let world = patient_world().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.clock.advance(Duration::from_secs(301));
    world.issuer.set_mode(Mode::Down);
    world.validate(&world.token().sign()).await.unwrap();
    // It failed once; now it takes questions and does not answer.
    world.clock.advance(Duration::from_secs(30));
    world.issuer.set_mode(Mode::Hangs);
    is_served_promptly(&world).await;
    world.issuer.fetched(3).await;
    is_served_promptly(&world).await;
}
