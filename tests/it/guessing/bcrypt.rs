//! Accounts with a bcrypt hash of an older database among others: what a refusal costs.

use auth_api::authn::password::{Passwords, Verified};
use auth_api::foundation::secret::Secret;

use crate::support::database::TestDatabase;

const COST: u32 = 5;

async fn add(database: &TestDatabase, email: &str, hash: &str) {
    sqlx::query("INSERT INTO users (email, password_hash) VALUES ($1, $2)")
        .bind(email)
        .bind(hash)
        .execute(&database.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn costs_are_learned_from_the_database_and_from_what_is_met() {
    let database = TestDatabase::new().await;
    let old = bcrypt::hash("old password", COST).unwrap();
    let passwords = Passwords::new().unwrap();
    let new = passwords.hash(Secret::new("password")).await.unwrap();
    assert_eq!(passwords.padded_to(), 0);
    add(&database, "new@booking.test", new.expose()).await;
    // Rubbish is no cost.
    add(&database, "odd@booking.test", "$2b$xx$").await;
    passwords.learn_costs(&database.pool).await.unwrap();
    assert_eq!(passwords.padded_to(), 0);
    add(&database, "old@booking.test", &old).await;
    // Added while the server runs: learned when it is met.
    passwords.learn_fewer_costs(&database.pool).await.unwrap();
    assert_eq!(passwords.padded_to(), 0);
    let met = passwords.verify(Secret::new("old password"), Some(Secret::new(old)));
    assert!(matches!(met.await, Ok(Verified::MatchRehash(_))));
    assert_eq!(passwords.padded_to(), COST);
    let restarted = Passwords::new().unwrap();
    restarted.learn_costs(&database.pool).await.unwrap();
    assert_eq!(restarted.padded_to(), COST);
    // The last one goes with its owner's sign-in, and with it the padding.
    sqlx::query("UPDATE users SET password_hash = $1 WHERE email LIKE 'old%'")
        .bind(new.expose())
        .execute(&database.pool)
        .await
        .unwrap();
    passwords.learn_fewer_costs(&database.pool).await.unwrap();
    assert_eq!(passwords.padded_to(), 0);
}
