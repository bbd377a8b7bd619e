//! What a mailed link is good for: one purpose, and until the moment that was said.

use std::time::Duration;

use auth_api::account::mailed_token::{Found, Purpose, issue, peek, spend};
use auth_api::authn::throttle::{Bucket, Gate, try_pass};
use auth_api::cli::demo::PASSWORD;
use auth_api::foundation::secret::Secret;
use auth_api::users::store::find_by_email;
use serde_json::json;
use time::OffsetDateTime;

use super::entry::GOOD;
use crate::support::api::Api;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

const TTL: Duration = Duration::from_hours(1);
const ALL: [(Purpose, &str); 5] = [
    (Purpose::VerifyEmail, "/email/verify"),
    (Purpose::ResetPassword, "/password/reset"),
    (Purpose::ChangeEmail, "/email/confirm"),
    (Purpose::UndoEmailChange, "/email/undo"),
    (Purpose::RestoreAccount, "/restore"),
];

async fn issued(server: &TestServer, purpose: Purpose, now: OffsetDateTime) -> Secret {
    let pool = &server.app.pool;
    let customer = find_by_email(pool, CUSTOMER).await.unwrap().unwrap().user;
    let mut tx = pool.begin().await.unwrap();
    let email = Some(CUSTOMER);
    let token = issue(&mut tx, purpose, customer.id_user, email, TTL, now).await;
    tx.commit().await.unwrap();
    token.unwrap()
}

/// Whoever got one link, and gives its secret to what another is for.
#[tokio::test]
async fn a_link_is_spent_for_its_own_purpose_alone() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    for (purpose, _) in ALL {
        let now = server.app.clock.now();
        let token = issued(&server, purpose, now).await;
        for (other, path) in ALL.into_iter().filter(|(other, _)| *other != purpose) {
            let mut body = json!({ "token": token.expose() });
            if other == Purpose::ResetPassword {
                body["new_password"] = GOOD.into();
            }
            let refused = api.post(path, body).await.problem(400, "invalid_link");
            assert_eq!(refused.text("reason"), "unknown", "{purpose:?} at {path}");
        }
        let left = peek(&server.app.pool, purpose, &token, now).await.unwrap();
        assert!(matches!(left, Found::Good { .. }), "{purpose:?}: {left:?}");
    }
}

#[tokio::test]
async fn a_link_ends_at_the_moment_that_was_said() {
    let server = TestServer::start().await;
    let mut conn = server.app.pool.acquire().await.unwrap();
    // Postgres keeps microseconds.
    let now = server.app.clock.now().replace_nanosecond(0).unwrap();
    let end = now + TTL;
    for (purpose, _) in ALL {
        let token = issued(&server, purpose, now).await;
        for late in [end, end + TTL] {
            let found = peek(&mut *conn, purpose, &token, late).await.unwrap();
            assert_eq!(found, Found::Expired, "{purpose:?}");
            let found = spend(&mut conn, purpose, &token, late).await.unwrap();
            assert_eq!(found, Found::Expired, "{purpose:?}");
        }
        let just_before = end - Duration::from_micros(1);
        let found = spend(&mut conn, purpose, &token, just_before)
            .await
            .unwrap();
        assert!(
            matches!(found, Found::Good { .. }),
            "{purpose:?}: {found:?}"
        );
        let found = spend(&mut conn, purpose, &token, just_before).await;
        assert_eq!(found.unwrap(), Found::Used, "{purpose:?}");
    }
}

/// Also where nothing looked at the link before.
#[tokio::test]
async fn a_link_that_was_withdrawn_is_told_so_and_not_spent() {
    let server = TestServer::start().await;
    let mut conn = server.app.pool.acquire().await.unwrap();
    let now = server.app.clock.now();
    for (purpose, _) in ALL {
        let earlier = issued(&server, purpose, now).await;
        let later = issued(&server, purpose, now).await;
        let found = spend(&mut conn, purpose, &earlier, now).await.unwrap();
        // Each change can be taken back.
        if purpose == Purpose::UndoEmailChange {
            assert!(matches!(found, Found::Good { .. }), "{found:?}");
        } else {
            assert_eq!(found, Found::Withdrawn, "{purpose:?}");
        }
        let found = spend(&mut conn, purpose, &later, now).await.unwrap();
        assert!(
            matches!(found, Found::Good { .. }),
            "{purpose:?}: {found:?}"
        );
    }
}

/// Whoever reads a mailbox is not kept waiting by what strangers had us send there.
#[tokio::test]
async fn a_link_that_was_used_lets_the_next_mail_out_at_once() {
    for (purpose, path) in ALL {
        let server = TestServer::start().await;
        let pool = &server.app.pool;
        let now = server.app.clock.now();
        if purpose == Purpose::RestoreAccount {
            let tokens = Api::new(&server).login(CUSTOMER, PASSWORD).await.ok(200);
            let owner = Api::new(&server).with_token(tokens.text("access_token"));
            owner.delete("/me").await.ok(200);
        }
        let token = issued(&server, purpose, now).await;
        let to = [Bucket::MailTo {
            email_key: CUSTOMER,
        }];
        let passes = async || try_pass(pool, &to, now).await.unwrap() == Gate::Open;
        while passes().await {}
        let mut body = json!({ "token": token.expose() });
        if purpose == Purpose::ResetPassword {
            body["new_password"] = GOOD.into();
        }
        let used = Api::new(&server).post(path, body).await;
        assert!((200..300).contains(&used.status), "{path}: {}", used.status);
        assert!(passes().await, "{path}");
    }
}
