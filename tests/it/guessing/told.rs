//! What delays leave behind: nothing after the right password, one line in the history for a flood.

use std::time::Duration;

use auth_api::cli::demo::PASSWORD;

use crate::support::api::Api;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

/// Guesses that are free (`throttle`'s table), the last of which makes the next one wait.
const FREE: usize = 5;

#[tokio::test]
async fn the_right_password_empties_the_bucket() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    for _ in 0..3 {
        for _ in 0..FREE - 1 {
            let refused = api.login(CUSTOMER, "not it").await;
            refused.problem(401, "invalid_credentials");
        }
        api.login(CUSTOMER, PASSWORD).await.ok(200);
    }
}

#[tokio::test]
async fn the_history_shows_once_a_minute_that_somebody_was_held_off() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let noted = "SELECT count(*) FROM audit_event e JOIN user_account a ON a.sub = e.subject
                 WHERE e.kind = 'sign_in_delayed' AND a.email_key = $1";
    for minute in 1..=2_i64 {
        let mut delayed = 0;
        for _ in 0..4 * FREE {
            if api.login(CUSTOMER, "not it").await.status == 429 {
                delayed += 1;
            }
        }
        assert!(delayed > 1, "{delayed}");
        let noted: i64 = sqlx::query_scalar(noted)
            .bind(CUSTOMER)
            .fetch_one(&server.app.pool)
            .await
            .unwrap();
        assert_eq!(noted, minute);
        server.app.clock.advance(Duration::from_mins(16));
    }
}
