//! What one replica knows of another's changes, and the life of a key as clients see it.

use std::time::{Duration, Instant};

use auth_api::keys::reencrypt::reencrypt;
use auth_api::keys::{Algorithm, KeyState, KeysError, Lead, VerifyError};
use sqlx::PgPool;

use super::{TYP, at, kid_of, kids, new_kek, replica, served, settings, token};
use crate::support::database::TestDatabase;

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_until_its_last_token_has_expired() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let first = kids(&database.pool, Algorithm::ES256, KeyState::Active, 0)
        .await
        .remove(0);
    let initial = keys.jwks(at(0)).await.unwrap();

    keys.tick(at(7_999)).await.unwrap();
    assert_eq!(
        keys.jwks(at(7_999)).await.unwrap().etag,
        initial.etag,
        "nothing changed"
    );
    keys.tick(at(8_000)).await.unwrap();
    let both = keys.jwks(at(8_000)).await.unwrap();
    assert_ne!(both.etag, initial.etag);
    assert_eq!(both.max_age, Duration::from_mins(10));
    let second = kids(&database.pool, Algorithm::ES256, KeyState::Published, 8_000)
        .await
        .remove(0);

    let last_of_first = token(&keys, Algorithm::ES256, 9_999).await;
    assert_eq!(kid_of(&last_of_first), first);
    assert_eq!(
        kid_of(&token(&keys, Algorithm::ES256, 10_000).await),
        second
    );
    assert_eq!(keys.jwks(at(10_000)).await.unwrap().etag, both.etag);
    keys.verify(&last_of_first, &[TYP], at(9_999 + 3_599))
        .await
        .unwrap();

    // Removed at 10 000 + 3 600 (tokens) + 600 (caches) + 300 (clocks).
    let ending = keys.jwks(at(14_400)).await.unwrap();
    assert_eq!(
        (ending.etag, ending.max_age),
        (both.etag.clone(), Duration::from_secs(100))
    );
    assert!(served(&keys, 14_499).await.contains(&first));
    assert!(!served(&keys, 14_500).await.contains(&first));
    assert_ne!(keys.jwks(at(14_500)).await.unwrap().etag, both.etag);
    let refused = keys.verify(&last_of_first, &[TYP], at(14_500)).await;
    assert_eq!(refused.unwrap_err(), VerifyError::UnknownKey);
    database.drop().await;
}

/// How many keys of that id the table has, with a private part if `private`.
async fn rows(pool: &PgPool, kid: &str, private: bool) -> i64 {
    let count =
        "SELECT count(*) FROM signing_key WHERE kid = $1 AND (private_key_sealed <> '') = $2";
    let count = sqlx::query_scalar(count).bind(kid).bind(private);
    count.fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_removed_key_verifies_hints_alone_and_only_for_a_while() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let keys = replica(&database.pool, &kek, 0).await;
    let signed = token(&keys, Algorithm::ES256, 0).await;
    let kid = kid_of(&signed);
    for now in [8_000, 14_499] {
        keys.tick(at(now)).await.unwrap();
    }
    assert_eq!(rows(&database.pool, &kid, true).await, 1);
    // The copy that was read before, one that is read after, and a replica that starts then.
    for round in 0..3 {
        let other = match round {
            0 => None,
            1 => {
                keys.tick(at(14_500)).await.unwrap();
                None
            }
            _ => Some(replica(&database.pool, &kek, 14_501).await),
        };
        let keys = other.as_ref().unwrap_or(&keys);
        let refused = keys.verify(&signed, &[TYP], at(14_501)).await;
        assert_eq!(refused.unwrap_err(), VerifyError::UnknownKey, "{round}");
        assert!(!served(keys, 14_501).await.contains(&kid), "{round}");
        let hint = keys.verify_hint(&signed, &[TYP], at(14_501)).await;
        assert_eq!(hint.unwrap().claims["sub"], "someone", "{round}");
    }
    assert_eq!(
        (
            rows(&database.pool, &kid, true).await,
            rows(&database.pool, &kid, false).await
        ),
        (0, 1),
        "the private part is deleted"
    );
    // Sealed with another key-encryption key: there is nothing of it to seal.
    let new = new_kek();
    reencrypt(&database.pool, &kek, &new).await.unwrap();
    let keys = replica(&database.pool, &new, 64_499).await;
    assert!(keys.verify_hint(&signed, &[TYP], at(64_499)).await.is_ok());
    let refused = keys.verify_hint(&signed, &[TYP], at(64_500)).await;
    assert_eq!(refused.unwrap_err(), VerifyError::UnknownKey);
    keys.tick(at(64_500)).await.unwrap();
    assert_eq!(
        rows(&database.pool, &kid, false).await,
        0,
        "nothing is left"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_key_withdrawn_before_or_after_its_removal_verifies_no_hint() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let (one, two) = (
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    );
    let early = token(&one, Algorithm::ES256, 0).await;
    let late = token(&one, Algorithm::EdDSA, 0).await;
    one.withdraw(&kid_of(&early), at(10)).await.unwrap();
    for (keys, now) in [(&one, 10), (&two, 26)] {
        let refused = keys.verify_hint(&early, &[TYP], at(now)).await;
        assert_eq!(refused.unwrap_err(), VerifyError::UnknownKey);
    }
    for now in [8_000, 14_500] {
        one.tick(at(now)).await.unwrap();
    }
    two.tick(at(14_500)).await.unwrap();
    assert!(two.verify_hint(&late, &[TYP], at(14_501)).await.is_ok());
    one.withdraw(&kid_of(&late), at(14_501)).await.unwrap();
    for (keys, now) in [(&one, 14_501), (&two, 14_516)] {
        let refused = keys.verify_hint(&late, &[TYP], at(now)).await;
        assert_eq!(refused.unwrap_err(), VerifyError::UnknownKey);
    }
    one.tick(at(14_520)).await.unwrap();
    for kid in [kid_of(&early), kid_of(&late)] {
        assert_eq!(rows(&database.pool, &kid, false).await, 0);
        assert_eq!(rows(&database.pool, &kid, true).await, 0);
    }
    database.drop().await;
}

#[tokio::test]
async fn a_token_of_another_replica_with_a_new_key_is_verified() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let (one, two) = (
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    );
    let created = one
        .rotate(Some(Algorithm::ES256), Lead::Now, at(5))
        .await
        .unwrap();
    assert_eq!(created.len(), 1);
    let token = token(&one, Algorithm::ES256, 5).await;
    assert_eq!(kid_of(&token), created[0].kid);
    assert!(
        !served(&two, 5).await.contains(&created[0].kid),
        "not read again yet"
    );
    two.verify(&token, &[TYP], at(5)).await.unwrap();
    assert!(served(&two, 5).await.contains(&created[0].kid));
    database.drop().await;
}

#[tokio::test]
async fn unknown_keys_are_looked_for_once_a_second_at_most() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let (one, two) = (
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    );
    one.rotate(Some(Algorithm::ES256), Lead::Now, at(0))
        .await
        .unwrap();
    let token = token(&one, Algorithm::ES256, 0).await;
    let refused = two.verify(&token, &[TYP], at(0)).await;
    assert_eq!(
        refused.unwrap_err(),
        VerifyError::UnknownKey,
        "read less than a second ago"
    );
    two.verify(&token, &[TYP], at(1)).await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_everywhere_within_the_refresh_interval() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let (one, two) = (
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    );
    let stolen = token(&one, Algorithm::EdDSA, 0).await;
    let bad = kid_of(&stolen);
    one.withdraw(&bad, at(10)).await.unwrap();
    for (keys, now) in [(&one, 10), (&two, 15)] {
        let refused = keys.verify(&stolen, &[TYP], at(now)).await;
        assert_eq!(refused.unwrap_err(), VerifyError::UnknownKey);
        assert!(!served(keys, now).await.contains(&bad));
        assert_ne!(kid_of(&token(keys, Algorithm::EdDSA, now).await), bad);
    }
    let unknown = one.withdraw("no such key", at(20)).await;
    assert!(matches!(unknown, Err(KeysError::UnknownKey(_))));
    database.drop().await;
}

#[tokio::test]
async fn without_the_database_the_old_copy_serves() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let before = keys.jwks(at(0)).await.unwrap();
    database.pool.close().await;
    let token = token(&keys, Algorithm::RS256, 5_000).await;
    keys.verify(&token, &[TYP], at(5_000)).await.unwrap();
    assert_eq!(keys.jwks(at(5_002)).await.unwrap().etag, before.etag);
    assert!(
        keys.reload(at(5_004)).await.is_err(),
        "who asks for it is told"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_lead_too_short_for_caches_is_refused() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let short = Lead::After(settings().jwks_max_age);
    let refused = keys.rotate(None, short, at(0)).await.unwrap_err();
    assert!(
        matches!(refused, KeysError::LeadTooShort(minimum) if minimum == settings().minimum_lead())
    );
    database.drop().await;
}

/// Whoever asks for an unknown key and hangs up does not use up the try of the others.
#[tokio::test]
async fn a_reading_outlives_the_request_that_began_it() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let (one, two) = (
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    );
    one.rotate(Some(Algorithm::ES256), Lead::Now, at(0))
        .await
        .unwrap();
    let token = token(&one, Algorithm::ES256, 0).await;
    let mut holding = database.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE signing_key")
        .execute(&mut *holding)
        .await
        .unwrap();
    let asking = {
        let (two, token) = (two.clone(), token.clone());
        tokio::spawn(async move { two.verify(&token, &[TYP], at(1)).await })
    };
    let waiting = "SELECT EXISTS (SELECT FROM pg_locks \
                   WHERE NOT granted AND relation = 'signing_key'::regclass)";
    let began = Instant::now();
    while !sqlx::query_scalar::<_, bool>(waiting)
        .fetch_one(&database.pool)
        .await
        .unwrap()
    {
        assert!(began.elapsed() < Duration::from_secs(20), "nobody reads");
    }
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    let next = async {
        let (verified, ended) = tokio::join!(two.verify(&token, &[TYP], at(1)), holding.rollback());
        ended.unwrap();
        verified
    };
    assert_eq!(next.await.map(|found| found.typ), Ok(TYP.to_owned()));
    database.drop().await;
}

#[tokio::test]
async fn an_unknown_key_is_told_from_one_that_could_not_be_looked_for() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let keys = replica(&database.pool, &kek, 0).await;
    let good = token(&keys, Algorithm::ES256, 0).await;
    let stranger = token_of_another_server().await;
    // However many come while the database is there.
    let flood = |from: i64| {
        let (keys, stranger) = (keys.clone(), stranger.clone());
        async move {
            let mut asking = tokio::task::JoinSet::new();
            for number in 0..300 {
                let (keys, stranger) = (keys.clone(), stranger.clone());
                let now = at(from + number % 3);
                asking.spawn(async move { keys.verify(&stranger, &[TYP], now).await });
            }
            let found = asking.join_all().await.into_iter();
            found.map(Result::unwrap_err).collect::<Vec<_>>()
        }
    };
    let refused = flood(0).await;
    assert!(refused.iter().all(|&why| why == VerifyError::UnknownKey));
    database.pool.close().await;
    let refused = flood(10).await;
    assert!(refused.iter().all(|&why| why == VerifyError::Unavailable));
    keys.verify(&good, &[TYP], at(12)).await.unwrap();
    database.drop().await;
}

/// A token that is signed with a key of another server.
async fn token_of_another_server() -> String {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    let token = token(&keys, Algorithm::ES256, 0).await;
    database.drop().await;
    token
}
