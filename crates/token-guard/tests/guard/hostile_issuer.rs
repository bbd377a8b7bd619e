//! An issuer, or something in its place, that answers badly.

use std::time::Duration;

use serde_json::json;
use token_guard::Reason;

use crate::support::{Key, Mode, World};

async fn is_unavailable(world: &World) {
    assert_eq!(
        world.refusal(&world.token().sign()).await,
        Reason::Unavailable
    );
}

#[tokio::test]
async fn garbage_is_refused() {
    for document in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"keys": {}}"#,
        r#"{"keys": null}"#,
    ] {
        let world = World::new().await;
        world.issuer.set_mode(Mode::Says(document.into()));
        is_unavailable(&world).await;
    }
}

#[tokio::test]
async fn garbage_does_not_replace_good_keys() {
    let world = World::new().await;
    world.validate(&world.token().sign()).await.unwrap();
    world.clock.advance(Duration::from_secs(301));
    world.issuer.set_mode(Mode::Says("<html>".into()));
    world.validate(&world.token().sign()).await.unwrap();
    assert_eq!(world.issuer.fetches(), 2);
}

#[tokio::test]
async fn a_huge_document_is_not_read() {
    let world = World::with(Key::new("k1", "EdDSA"), |b| b.max_document_bytes(10_000)).await;
    let filler = "x".repeat(10_000);
    let huge = json!({"keys": [world.key.jwk()], "filler": filler}).to_string();
    world.issuer.set_mode(Mode::Says(huge.into_bytes()));
    is_unavailable(&world).await;
}

#[tokio::test]
async fn too_many_keys_are_refused() {
    let world = World::with(Key::new("k1", "EdDSA"), |b| b.max_keys(3)).await;
    world.issuer.publish_jwks(
        (0..4)
            .map(|n| world.key.jwk_with("kid", json!(n)))
            .collect(),
    );
    is_unavailable(&world).await;
}

#[tokio::test]
async fn a_hanging_issuer_is_given_up() {
    let world = World::with(Key::new("k1", "EdDSA"), |b| {
        b.fetch_timeout(Duration::from_millis(100))
    })
    .await;
    world.issuer.set_mode(Mode::Hangs);
    is_unavailable(&world).await;
    world.issuer.set_mode(Mode::Up);
    world.clock.advance(Duration::from_secs(1));
    world.validate(&world.token().sign()).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new().await;
    world.issuer.set_mode(Mode::Redirects);
    is_unavailable(&world).await;
}

#[tokio::test]
async fn the_metadata_names_the_issuer_byte_for_byte() {
    let world = World::new().await;
    let url = world.issuer.url.clone();
    let jwks_uri = format!("{url}/jwks");
    for named in [
        format!("{url}/"),
        "https://evil.example".to_owned(),
        String::new(),
    ] {
        world
            .issuer
            .set_metadata(Some(json!({"issuer": named, "jwks_uri": jwks_uri})));
        is_unavailable(&world).await;
        world.clock.advance(Duration::from_secs(30));
    }
    assert_eq!(world.issuer.fetches(), 0);
    world
        .issuer
        .set_metadata(Some(json!({"issuer": url, "jwks_uri": jwks_uri})));
    world.validate(&world.token().sign()).await.unwrap();
}

#[tokio::test]
async fn the_jwks_uri_of_the_metadata_must_be_safe() {
    let world = World::new().await;
    let url = world.issuer.url.clone();
    for uri in ["http://keys.example/jwks", "file:///etc/passwd", "jwks", ""] {
        world
            .issuer
            .set_metadata(Some(json!({"issuer": url, "jwks_uri": uri})));
        is_unavailable(&world).await;
        world.clock.advance(Duration::from_secs(30));
    }
}
