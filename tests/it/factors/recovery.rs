//! Recovery codes.

use std::collections::HashSet;

use super::{codes, enrol_app, events, letter_names, second_step, signed_in};
use crate::sign_in::enter;
use crate::support::server::TestServer;

#[tokio::test]
async fn each_code_signs_in_once_and_new_ones_void_the_old() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (_, page) = enrol_app(&server, &browser).await;
    let old = codes(&page);
    assert_eq!(old.iter().collect::<HashSet<_>>().len(), 10);
    // To be saved without a script, and without asking the server again.
    let file = page
        .body
        .split("id=\"download-codes\" href=\"")
        .nth(1)
        .unwrap();
    let file = &file[..file.find('"').unwrap()];
    assert!(file.starts_with("data:text/plain;charset=utf-8,"), "{file}");
    assert!(old.iter().all(|code| file.contains(code.as_str())));

    let (other, asked) = second_step(&server).await;
    let typed = format!(" {} ", old[0].to_uppercase().replace('-', " "));
    let home = enter(&other, &asked, "recovery_code", &typed).await;
    assert_eq!(other.follow(home).await.url.path(), "/");
    let (other, asked) = second_step(&server).await;
    let refused = enter(&other, &asked, "recovery_code", &old[0]).await;
    assert_eq!(refused.status, 422);
    let page = browser.visit("/account/factors").await;
    assert_eq!(
        page.text("codes-left").unwrap(),
        "9 recovery codes are left"
    );

    let page = browser.visit("/account/factors/recovery-codes").await;
    assert_eq!(
        page.text("codes-left").unwrap(),
        "9 recovery codes are left"
    );
    let page = browser.submit(&page, &[]).await;
    let new = codes(&page);
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !old.contains(code)));
    let refused = enter(&other, &asked, "recovery_code", &old[1]).await;
    assert_eq!(refused.status, 422);
    let home = enter(&other, &asked, "recovery_code", &new[0]).await;
    assert_eq!(other.follow(home).await.url.path(), "/");

    let letters = letter_names(&server).await;
    let count = |name: &str| letters.iter().filter(|letter| *letter == name).count();
    assert_eq!(
        (
            count("mail-recovery-code-used"),
            count("mail-recovery-codes-made")
        ),
        (2, 1)
    );
    let recorded = events(&server).await;
    let count = |name: &str| recorded.iter().filter(|kind| *kind == name).count();
    assert_eq!(
        (count("recovery_codes_made"), count("recovery_code_used")),
        (2, 2)
    );
    let kept: Vec<Vec<u8>> = sqlx::query_scalar("SELECT code_hash FROM recovery_code")
        .fetch_all(&server.app.pool)
        .await
        .unwrap();
    assert!(kept.iter().all(|hash| hash.len() == 32));
}

#[tokio::test]
async fn there_are_none_without_a_factor() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/recovery-codes").await;
    assert!(!page.body.contains("id=\"make-codes\""));
    let csrf = page.attribute("name=\"csrf\" value").unwrap();
    let forced = browser
        .post("/account/factors/recovery-codes", &[("csrf", &csrf)])
        .await;
    assert!(!forced.body.contains("id=\"new-codes\""), "{}", forced.body);
}
