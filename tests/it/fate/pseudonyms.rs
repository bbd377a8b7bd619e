//! What a purge takes out of the trail, event by event.

use std::collections::BTreeSet;

use auth_api::audit::pseudonymise;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::server::TestServer;

/// An event of the trail: kind, whom it is about, who did it, address, user agent, detail.
type Row = (
    String,
    Option<Uuid>,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Value,
);

async fn add(server: &TestServer, (kind, subject, actor_sub, ip, user_agent, detail): Row) {
    sqlx::query(
        "INSERT INTO audit_event (at, kind, subject, actor_sub, ip, user_agent, detail)
         VALUES (now(), $1, $2, $3, $4::inet, $5, $6)",
    )
    .bind(kind)
    .bind(subject)
    .bind(actor_sub)
    .bind(ip)
    .bind(user_agent)
    .bind(detail)
    .execute(&server.database.pool)
    .await
    .unwrap();
}

async fn rows(server: &TestServer) -> Vec<Row> {
    let rows = "SELECT kind, subject, actor_sub, host(ip), user_agent, detail FROM audit_event
                WHERE kind LIKE 'test_%' ORDER BY id";
    let rows = sqlx::query_as(rows);
    rows.fetch_all(&server.database.pool).await.unwrap()
}

/// The rows as they lie in the table: one that is written anew, with the same values even, differs.
async fn places(server: &TestServer) -> BTreeSet<String> {
    let places = "SELECT kind || ctid::text FROM audit_event WHERE kind LIKE 'test_%'";
    let places = sqlx::query_scalar::<_, String>(places);
    let places = places.fetch_all(&server.database.pool).await.unwrap();
    places.into_iter().collect()
}

/// Each datum goes, also where it is the only one; what others did and what happened to others stays;
/// an event without any is not written again, however often the sweep comes by.
#[tokio::test]
async fn each_datum_goes_alone_too_and_nothing_else_does() {
    let server = TestServer::start().await;
    let [gone, also_gone, stays, admin] = std::array::from_fn(|_| Uuid::new_v4());
    let ip = || Some("203.0.113.9".to_owned());
    let agent = || Some("Gone/1.0".to_owned());
    let (told, nothing) = (json!({ "method": "totp" }), json!({}));
    // What each event becomes: `None` where it stays as it is.
    let about = |kind: &str, by, ip, agent, detail: &Value| {
        let row = (kind.into(), Some(gone), by, ip, agent, detail.clone());
        let left = (kind.into(), Some(gone), by, None, None, json!({}));
        (row, Some(left))
    };
    let by_them = |kind: &str, about, ip, agent| {
        let row = (kind.into(), about, Some(gone), ip, agent, told.clone());
        let left = (kind.into(), about, Some(gone), None, None, told.clone());
        (row, Some(left))
    };
    let untouched = |kind: &str, about, by, ip, agent, detail: &Value| {
        ((kind.into(), about, by, ip, agent, detail.clone()), None)
    };
    let second = (
        (
            "test_second".into(),
            Some(also_gone),
            None,
            ip(),
            None,
            json!({}),
        ),
        Some((
            "test_second".into(),
            Some(also_gone),
            None,
            None,
            None,
            json!({}),
        )),
    );
    let cases: Vec<(Row, Option<Row>)> = vec![
        about("test_all", None, ip(), agent(), &told),
        about("test_ip", None, ip(), None, &nothing),
        about("test_agent", None, None, agent(), &nothing),
        about("test_detail", None, None, None, &told),
        about("test_by_admin", Some(admin), ip(), agent(), &told),
        about("test_by_admin_detail", Some(admin), None, None, &told),
        about("test_by_themself", Some(gone), ip(), None, &told),
        by_them("test_to_other", Some(stays), ip(), agent()),
        by_them("test_to_other_ip", Some(stays), ip(), None),
        by_them("test_to_other_agent", Some(stays), None, agent()),
        by_them("test_to_nobody", None, ip(), None),
        second,
        untouched("test_clean", Some(gone), None, None, None, &nothing),
        untouched(
            "test_to_other_clean",
            Some(stays),
            Some(gone),
            None,
            None,
            &told,
        ),
        untouched("test_other", Some(stays), None, ip(), agent(), &told),
        untouched(
            "test_other_admin",
            Some(stays),
            Some(admin),
            ip(),
            agent(),
            &told,
        ),
        untouched("test_nobody", None, None, ip(), agent(), &told),
    ];
    for (row, _) in &cases {
        add(&server, row.clone()).await;
    }
    let before = places(&server).await;
    let pool = &server.database.pool;
    pseudonymise(pool, &[gone, also_gone]).await.unwrap();
    let left: Vec<Row> = cases
        .iter()
        .map(|(row, left)| left.clone().unwrap_or_else(|| row.clone()))
        .collect();
    assert_eq!(rows(&server).await, left);
    let after = places(&server).await;
    let touched = cases.iter().filter(|(_, left)| left.is_some()).count();
    assert_eq!(before.difference(&after).count(), touched);
    pseudonymise(pool, &[gone, also_gone]).await.unwrap();
    assert_eq!(places(&server).await, after, "nothing is left to do");
    pseudonymise(pool, &[]).await.unwrap();
    assert_eq!(places(&server).await, after);
}
