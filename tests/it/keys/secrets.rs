//! The key-encryption key against the database, and the server's own secrets.

use auth_api::keys::reencrypt::reencrypt;
use auth_api::keys::{Algorithm, Keys, KeysError, Lead};
use tokio::task::JoinSet;

use super::{TYP, at, new_kek, replica, settings, token};
use crate::support::database::TestDatabase;

#[tokio::test]
async fn a_wrong_key_encryption_key_is_told_at_start() {
    let database = TestDatabase::new().await;
    replica(&database.pool, &new_kek(), 0).await;
    let wrong = Keys::start(database.pool.clone(), new_kek(), settings(), at(1)).await;
    let error = wrong.unwrap_err();
    assert!(
        matches!(&error, KeysError::WrongKeyEncryptionKey { .. }),
        "{error}"
    );
    let message = error.to_string();
    assert!(message.contains("read from the configuration"), "{message}");
    assert!(message.contains("restore"), "{message}");
    database.drop().await;
}

#[tokio::test]
async fn a_new_key_encryption_key_takes_over_everything() {
    let database = TestDatabase::new().await;
    let (old, new) = (new_kek(), new_kek());
    let before = replica(&database.pool, &old, 0).await;
    let salt = *before.pairwise_salt().await.unwrap();
    let signed = token(&before, Algorithm::RS256, 0).await;

    assert_eq!(reencrypt(&database.pool, &old, &new).await.unwrap(), 4 + 2);

    let after = replica(&database.pool, &new, 1).await;
    after.verify(&signed, &[TYP], at(1)).await.unwrap();
    assert_eq!(after.pairwise_salt().await.unwrap(), &salt);
    let wrong = Keys::start(database.pool.clone(), old.clone(), settings(), at(1)).await;
    assert!(matches!(
        wrong,
        Err(KeysError::WrongKeyEncryptionKey { .. })
    ));

    // A replica that still holds the old one signs on, and seals nothing that others can't open.
    token(&before, Algorithm::RS256, 100).await;
    let refused = before.rotate(None, Lead::Now, at(100)).await;
    assert!(matches!(
        refused,
        Err(KeysError::WrongKeyEncryptionKey { .. })
    ));
    after.reload(at(100)).await.unwrap();

    assert!(
        reencrypt(&database.pool, &old, &new).await.is_err(),
        "not with the wrong old key"
    );
    replica(&database.pool, &new, 101).await;
    database.drop().await;
}

#[tokio::test]
async fn a_private_key_moved_to_another_row_does_not_open() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    replica(&database.pool, &kek, 0).await;
    let swap = "UPDATE signing_key a SET private_key_sealed = b.private_key_sealed
                FROM signing_key b
                WHERE (a.alg, b.alg) IN (('RS256', 'PS256'), ('PS256', 'RS256'))";
    let done = sqlx::query(swap).execute(&database.pool).await.unwrap();
    assert_eq!(done.rows_affected(), 2);
    let refused = Keys::start(database.pool.clone(), kek, settings(), at(1)).await;
    assert!(matches!(refused, Err(KeysError::Sealed { .. })));
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_pairwise_salt_is_the_same_for_all_who_ask_first() {
    let database = TestDatabase::new().await;
    let kek = new_kek();
    let first = replica(&database.pool, &kek, 0).await;
    let mut asking = JoinSet::new();
    for _ in 0..6 {
        let (pool, kek) = (database.pool.clone(), kek.clone());
        asking.spawn(async move { *replica(&pool, &kek, 0).await.pairwise_salt().await.unwrap() });
    }
    let salts = asking.join_all().await;
    let salt = first.pairwise_salt().await.unwrap();
    assert!(salts.iter().all(|one| one == salt));
    assert_ne!(salt, &[0; 32]);
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT value_sealed FROM server_secret WHERE name = 'pairwise_salt'")
            .fetch_one(&database.pool)
            .await
            .unwrap();
    assert!(
        !sealed.windows(32).any(|part| part == salt),
        "it is kept sealed"
    );
    database.drop().await;
}
