//! What stands behind a code or a token is looked at each time it is used: the grant, the person, the
//! session. Each alone is enough to refuse, and nothing is used up by a refusal.

use serde_json::json;

use super::client::{assert_refused, booking_app, is_active, sql};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, refresh, text, tokens};
use crate::support::server::TestServer;

const SCOPE: &str = "openid offline_access";

/// What may be wrong, and how it is made good again.
const WRONGS: [(&str, &str); 4] = [
    (
        "UPDATE oauth_grant SET revoked_at = now(), revoked_reason = 'test'",
        "UPDATE oauth_grant SET revoked_at = NULL, revoked_reason = NULL",
    ),
    (
        "UPDATE oauth_grant SET expires_at = created_at + interval '1 microsecond'",
        "UPDATE oauth_grant SET expires_at = created_at + interval '90 days'",
    ),
    (
        "UPDATE user_account SET disabled_at = now()",
        "UPDATE user_account SET disabled_at = NULL",
    ),
    (
        "UPDATE user_account SET deleted_at = now(), purge_at = now() + interval '30 days'",
        "UPDATE user_account SET deleted_at = NULL, purge_at = NULL",
    ),
];

#[tokio::test]
async fn a_code_whose_grant_or_person_is_gone_gives_nothing() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let code = Request::new(SCOPE).code(&browser, CUSTOMER).await;
    for (wrong, good) in WRONGS {
        // Nobody lets a grant end before its code; the code says itself how long it lives.
        if wrong.contains("expires_at") {
            continue;
        }
        sql(&server, wrong).await;
        assert_refused(&code.redeem(&server).await, 400, "invalid_grant");
        sql(&server, good).await;
    }
    assert_eq!(code.redeem(&server).await.0, 200);
}

#[tokio::test]
async fn a_code_that_lives_by_its_session_ends_with_it() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let online = Request::new("openid").code(&browser, CUSTOMER).await;
    let offline = Request::new(SCOPE).code(&browser, CUSTOMER).await;
    // As if the sign-out had not seen the grants, which were made at the same moment.
    sql(&server, "UPDATE session SET ended_at = now()").await;
    assert_refused(&online.redeem(&server).await, 400, "invalid_grant");
    assert_eq!(offline.redeem(&server).await.0, 200);
}

#[tokio::test]
async fn tokens_whose_grant_or_person_is_gone_are_dead_in_every_way() {
    let server = TestServer::start().await;
    let app = booking_app();
    let held = tokens(&server, SCOPE, CUSTOMER).await;
    let (status, second) = refresh(&server, text(&held, "refresh_token")).await;
    assert_eq!(status, 200);
    let used = text(&held, "refresh_token");
    let live = text(&second, "refresh_token");
    let access = text(&second, "access_token");
    for (wrong, good) in WRONGS {
        sql(&server, wrong).await;
        // The retry of a lost answer, a use of the successor, and what is asked about both.
        assert_refused(&refresh(&server, used).await, 400, "invalid_grant");
        assert_refused(&refresh(&server, live).await, 400, "invalid_grant");
        assert_eq!(server.userinfo(access).await.0, 401, "{wrong}");
        for token in [access, live] {
            assert!(!is_active(&server, &app, token).await, "{wrong}");
        }
        sql(&server, good).await;
    }
    assert_eq!(server.userinfo(access).await.0, 200);
    for token in [access, live] {
        assert!(is_active(&server, &app, token).await);
    }
    let (status, again) = refresh(&server, used).await;
    assert_eq!((status, &again["refresh_token"]), (200, &json!(live)));
    assert_eq!(refresh(&server, live).await.0, 200);
}

/// No refresh token outlives its grant, the first or a later one, and none is made that nobody gets.
#[tokio::test]
async fn a_refresh_token_lives_no_longer_than_its_grant() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let count = async |what: &'static str| -> i64 {
        let pool = &server.database.pool;
        sqlx::query_scalar(what).fetch_one(pool).await.unwrap()
    };
    let online = Request::new("openid").code(&browser, CUSTOMER).await;
    assert_eq!(online.redeem(&server).await.0, 200);
    assert_eq!(count("SELECT count(*) FROM refresh_token").await, 0);

    let code = Request::new(SCOPE).code(&browser, CUSTOMER).await;
    sql(
        &server,
        "UPDATE oauth_grant SET expires_at = created_at + interval '1 hour'
         WHERE 'offline_access' = ANY (scope)",
    )
    .await;
    let (_, first) = code.redeem(&server).await;
    refresh(&server, text(&first, "refresh_token")).await;
    let outliving = "SELECT count(*) FROM refresh_token t JOIN oauth_grant g ON g.id = t.grant_id
                     WHERE t.idle_expires_at > g.expires_at";
    assert_eq!(count("SELECT count(*) FROM refresh_token").await, 2);
    assert_eq!(count(outliving).await, 0);
}
