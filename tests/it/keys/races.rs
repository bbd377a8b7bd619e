//! Several replicas that make and rotate keys at once.

use auth_api::keys::{Algorithm, KeyState, Keys, Lead, rotation};
use tokio::task::JoinSet;

use super::{at, kids, new_kek, replica, served, settings};
use crate::support::database::TestDatabase;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_starts_make_one_key_of_each_algorithm() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let mut starts = JoinSet::new();
    for _ in 0..4 {
        starts.spawn(Keys::start(
            database.pool.clone(),
            kek.clone(),
            settings(),
            at(0),
        ));
    }
    let replicas: Vec<Keys> = starts
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    for alg in Algorithm::ALL {
        assert_eq!(
            kids(&database.pool, alg, KeyState::Active, 0).await.len(),
            1,
            "{alg}"
        );
    }
    let sets: Vec<_> = all_served(&replicas).await;
    assert!(sets.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(sets[0].len(), 4);
    database.drop().await;
}

async fn all_served(replicas: &[Keys]) -> Vec<std::collections::BTreeSet<String>> {
    let mut sets = Vec::new();
    for replica in replicas {
        sets.push(served(replica, 0).await);
    }
    sets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_successions_at_once_make_one_key_of_each_algorithm() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let replicas = [
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    ];
    let mut ticks = JoinSet::new();
    for number in 0..8 {
        let replica = replicas[number % 2].clone();
        ticks.spawn(async move { replica.tick(at(8_000)).await });
    }
    ticks.join_all().await.into_iter().for_each(Result::unwrap);
    for alg in Algorithm::ALL {
        assert_eq!(
            kids(&database.pool, alg, KeyState::Active, 8_000)
                .await
                .len(),
            1,
            "{alg}"
        );
        assert_eq!(
            kids(&database.pool, alg, KeyState::Published, 8_000)
                .await
                .len(),
            1,
            "{alg}"
        );
    }
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_commands_at_once_make_one_key_of_each_algorithm() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let replicas = [
        replica(&database.pool, &kek, 0).await,
        replica(&database.pool, &kek, 0).await,
    ];
    let lead = Lead::After(settings().minimum_lead());
    let mut commands = JoinSet::new();
    for number in 0..8 {
        let replica = replicas[number % 2].clone();
        commands.spawn(async move { replica.rotate(None, lead, at(100)).await });
    }
    let created = commands
        .join_all()
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .count();
    assert_eq!(created, 4, "only one of the eight made keys");
    for alg in Algorithm::ALL {
        assert_eq!(
            kids(&database.pool, alg, KeyState::Active, 100).await.len(),
            1,
            "{alg}"
        );
        assert_eq!(
            kids(&database.pool, alg, KeyState::Published, 100)
                .await
                .len(),
            1,
            "{alg}"
        );
    }
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_withdrawn_by_many_is_replaced_once() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    replica(&database.pool, &kek, 0).await;
    let bad = kids(&database.pool, Algorithm::ES256, KeyState::Active, 0)
        .await
        .remove(0);
    let mut commands = JoinSet::new();
    for _ in 0..8 {
        let (pool, kek, bad) = (database.pool.clone(), kek.clone(), bad.clone());
        commands
            .spawn(async move { rotation::withdraw(&pool, &kek, &settings(), &bad, at(10)).await });
    }
    let created = commands
        .join_all()
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .count();
    assert_eq!(created, 1);
    let active = kids(&database.pool, Algorithm::ES256, KeyState::Active, 10).await;
    assert_eq!(active.len(), 1);
    assert_ne!(active[0], bad);
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn emergency_rotations_that_meet_rotate_once() {
    let database = TestDatabase::new().await;
    let keys = replica(&database.pool, &new_kek(), 0).await;
    // All have read the keys and wait for their turn before the first may write.
    let mut gate = database.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE server_secret IN EXCLUSIVE MODE")
        .execute(&mut *gate)
        .await
        .unwrap();
    let mut commands = JoinSet::new();
    for _ in 0..8 {
        let keys = keys.clone();
        commands.spawn(async move { keys.rotate(Some(Algorithm::ES256), Lead::Now, at(10)).await });
    }
    let waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
                   WHERE NOT granted AND datname = current_database()";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(&mut *gate)
        .await
        .unwrap()
        < 8
    {}
    gate.rollback().await.unwrap();
    let created = commands
        .join_all()
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .count();
    assert_eq!(created, 1);
    database.drop().await;
}
