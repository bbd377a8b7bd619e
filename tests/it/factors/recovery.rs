//! Recovery codes.

use std::collections::HashSet;
use std::time::Duration;

use auth_api::account::factors::{Person, keep_shown, make_recovery_codes, shown_codes};
use auth_api::authn::factors::recovery_code::{make, spend};
use auth_api::authn::session;
use auth_api::foundation::secret::Secret;
use auth_api::http::context::RequestContext;
use auth_api::i18n::Locale;
use auth_api::users::store::find_by_email;

use super::{codes, enrol_app, events, letter_names, second_step, signed_in};
use crate::sign_in::enter;
use crate::support::browser::{Browser, Page};
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
    assert!(
        file.contains("at%20Booking%20Platform%2C%20made%20on%20"),
        "{file}"
    );
    assert!(
        page.body.contains(" at Booking Platform, made on "),
        "on paper"
    );

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
    assert!(page.body.contains("the ones you have no longer work"));
    let page = browser.submit(&page, &[]).await;
    let new = codes(&browser.follow(page).await);
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

/// The only form of the page of new codes that is not in the list at the side.
async fn keep(browser: &Browser, page: &Page) -> Page {
    assert!(
        page.form()
            .0
            .ends_with("/account/factors/recovery-codes/new")
    );
    let next = browser.submit(page, &[]).await;
    browser.follow(next).await
}

#[tokio::test]
async fn neither_a_reload_nor_the_language_loses_new_codes() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (_, page) = enrol_app(&server, &browser).await;
    let address = page.url.to_string();
    let new = codes(&page);
    assert_eq!(codes(&browser.visit(&address).await), new);
    let switch = page.body.split("href=\"/language?to=fr").nth(1).unwrap();
    let switch = switch[..switch.find('"').unwrap()].replace("&#38;", "&");
    let french = browser.visit(&format!("/language?to=fr{switch}")).await;
    assert!(french.body.contains("<html lang=\"fr\""));
    assert_eq!(codes(&french), new);
    browser.visit("/language?to=en").await;
    // Whoever left the page finds it again.
    let list = browser.visit("/account/factors").await;
    assert!(list.body.contains("Show the new codes"), "{}", list.body);
    // What is kept for it is sealed.
    let kept: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT state_sealed FROM ceremony WHERE kind = 'recovery_codes'")
            .fetch_all(&server.app.pool)
            .await
            .unwrap();
    assert_eq!(kept.len(), 1);
    let text = String::from_utf8_lossy(&kept[0]).into_owned();
    assert!(new.iter().all(|code| !text.contains(code.as_str())));

    // Kept, they are not shown again.
    let list = keep(&browser, &page).await;
    assert_eq!(list.url.path(), "/account/factors");
    assert!(!list.body.contains("Show the new codes"));
    let again = browser.visit(&address).await;
    assert_eq!(again.url.path(), "/account/factors");
}

#[tokio::test]
async fn new_codes_are_shown_to_nobody_else_and_not_for_long() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    let (app, page) = enrol_app(&server, &browser).await;
    let address = page.url.to_string();
    // Another browser of the same person.
    let (other, asked) = second_step(&server).await;
    let home = enter(&other, &asked, "totp", &app.next_code(&server)).await;
    other.follow(home).await;
    assert_eq!(other.visit(&address).await.url.path(), "/account/factors");
    // A form of another site does not end it.
    browser
        .post("/account/factors/recovery-codes/new", &[("csrf", "x")])
        .await;
    assert_eq!(codes(&browser.visit(&address).await), codes(&page));
    // Newer ones, made elsewhere, void them.
    let form = other.visit("/account/factors/recovery-codes").await;
    let made = other.submit(&form, &[]).await;
    let newer = codes(&other.follow(made).await);
    assert_eq!(browser.visit(&address).await.url.path(), "/account/factors");
    // Nobody sees them without a recent sign-in, nor for long.
    server.app.clock.advance(Duration::from_mins(9));
    assert_eq!(codes(&other.visit(&address).await), newer);
    server.app.clock.advance(Duration::from_mins(2));
    assert_eq!(other.visit(&address).await.url.path(), "/login");
}

/// Of two requests at once, the one that made its codes first may be the last to keep them for their
/// page: nobody writes down what the other has voided.
#[tokio::test]
async fn codes_that_others_have_voided_are_not_shown() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    enrol_app(&server, &browser).await;
    let (app, token) = (&server.app, Secret::generate());
    sqlx::query("UPDATE session SET token_hash = $1")
        .bind(token.hash().to_vec())
        .execute(&app.pool)
        .await
        .unwrap();
    let now = app.clock.now();
    let session = session::find(&app.pool, &token, app.session_lifetimes(), now);
    let session = session.await.unwrap().unwrap();
    let early = RequestContext::none(now);
    let late = RequestContext::none(now + Duration::from_secs(1));
    let person = |context| Person::of_session(&session, Locale::En, context);
    // The later one was first.
    let void = make_recovery_codes(app, &person(&late)).await.unwrap();
    let good = make_recovery_codes(app, &person(&early)).await.unwrap();
    let good = good.unwrap();
    keep_shown(app, &person(&early), &good).await.unwrap();
    keep_shown(app, &person(&late), &void.unwrap())
        .await
        .unwrap();
    let shown = shown_codes(app, &person(&late)).await.unwrap().unwrap();
    let texts = |codes: &[Secret]| -> Vec<String> {
        codes.iter().map(|code| code.expose().to_owned()).collect()
    };
    assert_eq!(texts(&shown), texts(&good));
}

/// Whoever has codes of their own does not get into another account by them.
#[tokio::test]
async fn a_code_of_somebody_else_is_refused_and_stays_good() {
    let server = TestServer::start().await;
    enrol_app(&server, &signed_in(&server).await).await;
    let (pool, now) = (&server.app.pool, server.app.clock.now());
    let other = find_by_email(pool, "manager@booking.test").await.unwrap();
    let other = other.unwrap().user.id_user;
    let mut tx = pool.begin().await.unwrap();
    let codes = make(&mut tx, other, now).await.unwrap();
    tx.commit().await.unwrap();
    let (browser, asked) = second_step(&server).await;
    let refused = enter(&browser, &asked, "recovery_code", codes[0].expose()).await;
    assert_eq!(refused.status, 422);
    assert_eq!(spend(pool, other, &codes[0], now).await.unwrap(), Some(9));
}
