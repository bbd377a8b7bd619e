//! Authenticator apps.

use std::time::Duration;

use super::{codes, enrol_app, events, letter_names, links, second_step, session, signed_in};
use crate::sign_in::enter;
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

#[tokio::test]
async fn an_app_is_enrolled_and_signs_in() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/totp").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let key = page.text("key").unwrap();
    // 160 bits in base32, in groups of four.
    assert_eq!(key.len(), 32 + 7);
    let link = page.body.split("id=\"otpauth\" href=\"").nth(1).unwrap();
    let link = link[..link.find('"').unwrap()].replace("&#38;", "&");
    assert!(link.starts_with("otpauth://totp/"), "{link}");
    assert!(
        link.contains(&format!("secret={}", key.replace(' ', ""))),
        "{link}"
    );
    assert!(link.contains("customer%40booking.test"), "{link}");
    assert!(page.body.contains("<svg class=\"qr\""));

    // A wrong code costs a try, not the key.
    let again = browser
        .submit(&page, &[("code", "000000"), ("name", "Phone")])
        .await;
    assert_eq!(again.status, 422);
    assert!(again.body.contains("href=\"#code\""), "{}", again.body);
    assert_eq!(again.text("key").unwrap(), key);
    assert!(again.body.contains("value=\"Phone\""));
    // A reload shows the same.
    let page = browser.get(page.url.as_str()).await;
    assert_eq!(page.text("key").unwrap(), key);

    let app = crate::support::authenticator_app::AuthenticatorApp::with_key(&key);
    let code = app.code(&server);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let done = browser
        .submit(&page, &[("code", &spaced), ("name", "Phone")])
        .await;
    assert_eq!(codes(&browser.follow(done).await).len(), 10);
    assert_eq!(letter_names(&server).await, ["mail-factor-added"]);
    assert_eq!(
        events(&server).await,
        ["factor_added totp", "recovery_codes_made"]
    );
    let (acr, amr) = session(&server).await;
    assert_eq!(
        (acr.as_str(), amr.join(" ").as_str()),
        ("mfa", "pwd otp mfa")
    );

    // The form sent again: it is over, and nothing is lost.
    let reloaded = browser
        .submit(&page, &[("code", &code), ("name", "Phone")])
        .await;
    let reloaded = browser.follow(reloaded).await;
    assert_eq!(
        (reloaded.status, reloaded.url.path()),
        (422, "/account/factors")
    );
    assert!(reloaded.body.contains("<b>Phone</b>"), "{}", reloaded.body);
    assert_eq!(links(&reloaded, "/remove").len(), 1);
    assert_eq!(
        reloaded.text("codes-left").unwrap(),
        "10 recovery codes are left"
    );

    // The code that enrolled the app signs nobody in; the next one does, once.
    let (other, asked) = second_step(&server).await;
    let refused = enter(&other, &asked, "totp", &code).await;
    assert_eq!(refused.status, 422);
    server.app.clock.advance(Duration::from_secs(30));
    let next = app.code(&server);
    let (another, asked_too) = second_step(&server).await;
    let home = enter(&other, &asked, "totp", &next).await;
    assert_eq!(other.follow(home).await.url.path(), "/");
    let replayed = enter(&another, &asked_too, "totp", &next).await;
    assert_eq!(replayed.status, 422);
    let last = "second_factor_refused totp".to_owned();
    assert_eq!(events(&server).await.last(), Some(&last));
}

#[tokio::test]
async fn several_apps_each_sign_in() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (first, _) = enrol_app(&server, &browser).await;
    let (second, page) = enrol_app(&server, &browser).await;
    // Codes come with the first factor alone.
    assert_eq!(page.url.query(), Some("done=totp"));
    for app in [&first, &second] {
        server.app.clock.advance(Duration::from_mins(1));
        let (other, asked) = second_step(&server).await;
        let home = enter(&other, &asked, "totp", &app.code(&server)).await;
        assert_eq!(other.follow(home).await.url.path(), "/");
    }
}

#[tokio::test]
async fn an_enrolment_ends_with_its_time_its_tries_or_its_session() {
    let ttl = Duration::from_mins(30);
    let server = TestServer::with(|config| config.account.confirmation_ttl = ttl).await;
    let browser = signed_in(&server).await;
    let page = browser.visit("/account/factors/totp").await;
    let key = page.text("key").unwrap();
    let app = crate::support::authenticator_app::AuthenticatorApp::with_key(&key);
    for _ in 0..5 {
        browser.submit(&page, &[("code", "000000")]).await;
    }
    let late = browser.submit(&page, &[("code", &app.code(&server))]).await;
    assert!(
        late.location().unwrap().as_str().ends_with("?problem=over"),
        "{}",
        late.body
    );

    let page = browser.visit("/account/factors/totp").await;
    let app =
        crate::support::authenticator_app::AuthenticatorApp::with_key(&page.text("key").unwrap());
    // Somebody else's session cannot take it over.
    let other = signed_in(&server).await;
    let mine = other.visit("/account/factors/totp").await;
    assert_ne!(mine.text("key"), page.text("key"));
    let (_, hidden) = page.form();
    let enrolment = hidden.iter().find(|(name, _)| name == "enrolment").unwrap();
    let (action, own) = mine.form();
    let own = |field: &str| own.iter().find(|(name, _)| name == field).unwrap();
    let form = [
        ("csrf", own("csrf").1.as_str()),
        ("whose", own("whose").1.as_str()),
        ("enrolment", enrolment.1.as_str()),
        ("code", &app.code(&server)),
    ];
    let stolen = other.post(&action, &form).await;
    assert!(
        stolen
            .location()
            .unwrap()
            .as_str()
            .ends_with("?problem=over")
    );

    server.app.clock.advance(Duration::from_mins(9));
    let again = browser.submit(&page, &[("code", "1")]).await;
    assert_eq!(again.status, 422);
    server.app.clock.advance(Duration::from_mins(1));
    let page = browser.submit(&page, &[("code", &app.code(&server))]).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let enrolled: i64 = sqlx::query_scalar("SELECT count(*) FROM factor")
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert_eq!(enrolled, 0);
}

#[tokio::test]
async fn the_secret_is_sealed_and_the_key_can_be_changed() {
    use auth_api::authn::factors::totp;
    use auth_api::foundation::cipher::KeyEncryptionKey;
    use auth_api::foundation::secret::Secret;
    use auth_api::keys::reencrypt::reencrypt;
    use auth_api::users::store::find_by_email;

    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (app, _) = enrol_app(&server, &browser).await;
    browser.visit("/account/factors/totp").await;
    let pool = &server.app.pool;
    let new = KeyEncryptionKey::from_secret(&Secret::generate()).unwrap();
    reencrypt(pool, &crate::support::server::kek(), &new)
        .await
        .unwrap();
    let user = find_by_email(pool, CUSTOMER).await.unwrap().unwrap().user;
    let code = Secret::new(app.next_code(&server));
    let now = server.app.clock.now();
    let old = totp::verify(
        pool,
        &crate::support::server::kek(),
        user.id_user,
        &code,
        now,
    )
    .await;
    assert!(old.is_err());
    assert!(
        totp::verify(pool, &new, user.id_user, &code, now)
            .await
            .unwrap()
    );
    // What was begun is sealed with the new key too.
    let sealed: Vec<(uuid::Uuid, Vec<u8>)> =
        sqlx::query_as("SELECT id, state_sealed FROM ceremony ORDER BY kind DESC")
            .fetch_all(pool)
            .await
            .unwrap();
    let opened = sealed.into_iter().map(|(id, sealed)| {
        let identity = auth_api::authn::ceremony::identity(id);
        new.open(&identity, &sealed).unwrap().len()
    });
    // A key of 20 bytes; ten recovery codes, a line each.
    assert_eq!(opened.collect::<Vec<_>>(), [20, 10 * 19 + 9]);
}
