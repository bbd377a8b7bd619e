//! The list, names, removal.

use super::{enrol_app, enrol_passkey, events, letter_names, links, second_step, signed_in};
use crate::sign_in::enter;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

#[tokio::test]
async fn factors_are_listed_named_and_removed() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors").await;
    assert!(page.text("no-factors").is_some(), "{}", page.body);
    for add in ["add-passkey", "add-totp", "add-email"] {
        assert!(page.body.contains(&format!("id=\"{add}\"")), "{add}");
    }
    let (app, _) = enrol_app(&server, &browser).await;
    let mut key = Key::new(&server);
    enrol_passkey(&browser, &mut key, "Blue key").await;
    let page = browser.visit("/account/factors").await;
    let (phone, blue) = (
        page.body.find("<b>Phone</b>"),
        page.body.find("<b>Blue key</b>"),
    );
    assert!(phone.unwrap() < blue.unwrap());

    let rename = links(&page, "/name").pop().unwrap();
    let form = browser.get(&rename).await;
    assert!(form.body.contains("value=\"Blue key\""));
    for bad in ["", "   ", "\u{202e}\u{200b}", &"x".repeat(101)] {
        let refused = browser.submit(&form, &[("name", bad)]).await;
        assert_eq!(refused.status, 422, "{bad:?}");
    }
    let done = browser
        .submit(&form, &[("name", "  <Red>\u{202e} key ")])
        .await;
    let page = browser.follow(done).await;
    assert_eq!(page.text("done").unwrap(), "The name is saved.");
    assert!(
        page.body.contains("<b>&#60;Red&#62; key</b>"),
        "{}",
        page.body
    );

    // Another person cannot see, name or remove it.
    let admin = crate::support::browser::Browser::new(&server);
    let asked = admin.get("/login").await;
    admin.sign_in(&asked, crate::support::flow::ADMIN).await;
    assert_eq!(admin.get(&rename).await.status, 404);
    let remove = links(&page, "/remove");
    let stranger = admin.visit(&remove[0]).await;
    assert!(!stranger.body.contains("Phone"), "{}", stranger.body);

    let form = browser.get(&remove[1]).await;
    assert!(
        form.body.contains(
            "<Red> key"
                .replace('<', "&#60;")
                .replace('>', "&#62;")
                .as_str()
        )
    );
    let done = browser.submit(&form, &[]).await;
    let page = browser.follow(done).await;
    assert_eq!(page.text("done").unwrap(), "The second factor is removed.");
    let again = browser.submit(&form, &[]).await;
    let again = browser.follow(again).await;
    assert_eq!((again.status, again.url.path()), (422, "/account/factors"));
    assert_eq!(
        page.text("codes-left").unwrap(),
        "10 recovery codes are left"
    );

    // The other one still signs in; with the last one the codes go.
    let (other, asked) = second_step(&server).await;
    let home = enter(&other, &asked, "totp", &app.next_code(&server)).await;
    assert_eq!(other.follow(home).await.url.path(), "/");
    let form = browser.get(&remove[0]).await;
    assert!(
        form.body.contains("your only second factor"),
        "{}",
        form.body
    );
    browser.submit(&form, &[]).await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM recovery_code")
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let factors: Vec<String> = events(&server)
        .await
        .into_iter()
        .filter(|kind| kind.starts_with("factor"))
        .collect();
    assert_eq!(
        factors,
        [
            "factor_added totp",
            "factor_added passkey",
            "factor_renamed passkey",
            "factor_removed passkey",
            "factor_removed totp",
        ]
    );
    let notices: Vec<String> = letter_names(&server)
        .await
        .into_iter()
        .filter(|name| name.starts_with("mail-factor"))
        .collect();
    let (added, removed) = ("mail-factor-added", "mail-factor-removed");
    assert_eq!(notices, [added, added, removed, removed]);
}

#[tokio::test]
async fn the_last_factor_stays_where_the_role_demands_one() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    enrol_app(&server, &browser).await;
    sqlx::query("INSERT INTO role_policy SELECT id_role, true FROM role")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let page = browser.visit("/account/factors").await;
    let form = browser.get(&links(&page, "/remove")[0]).await;
    let refused = browser.submit(&form, &[]).await;
    let page = browser.follow(refused).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("this is your only one"), "{}", page.body);
    // Two at once: one goes, the other stays.
    enrol_app(&server, &browser).await;
    let page = browser.visit("/account/factors").await;
    let mut forms = Vec::new();
    for link in links(&page, "/remove") {
        forms.push(browser.get(&link).await);
    }
    let (first, second) = tokio::join!(
        browser.submit(&forms[0], &[]),
        browser.submit(&forms[1], &[])
    );
    let done = [first, second].map(|page| page.location().unwrap().query().unwrap().to_owned());
    assert!(done.contains(&"done=removed".to_owned()), "{done:?}");
    assert!(done.contains(&"problem=demanded".to_owned()), "{done:?}");
}

#[tokio::test]
async fn there_are_not_too_many() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    sqlx::query(
        "INSERT INTO factor (id, id_user, kind, name, created_at, totp_secret_sealed, totp_last_step)
         SELECT gen_random_uuid(), id_user, 'totp', 'x', now(), '', 0
         FROM users, generate_series(1, 20) WHERE email = 'customer@booking.test'",
    )
    .execute(&server.app.pool)
    .await
    .unwrap();
    sqlx::query("UPDATE session SET acr = 'mfa'")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let (_, page) = enrol_app(&server, &browser).await;
    assert_eq!(page.url.query(), Some("problem=too-many"));
}
