//! What the pages of the account area have in common.

use auth_api::cli::demo::PASSWORD;

use super::entry::{press, signs_in};
use crate::pages::told::{assert_safe, english};
use crate::support::browser::Browser;
use crate::support::flow::CUSTOMER;
use crate::support::mailbox::link;
use crate::support::server::TestServer;

const PAGES: [&str; 10] = [
    "/account",
    "/account/profile",
    "/account/password",
    "/account/email",
    "/account/factors",
    "/account/sessions",
    "/account/history",
    "/account/apps",
    "/account/export",
    "/account/delete",
];

#[tokio::test]
async fn every_page_is_listed_on_every_other_and_wants_a_sign_in() {
    let server = TestServer::start().await;
    let stranger = english(&server).await;
    let browser = english(&server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    for path in PAGES {
        let page = stranger.get(path).await;
        let to = page.location().unwrap();
        assert_eq!((page.status, to.path()), (303, "/login"), "{path}");
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_safe(&page);
        for other in PAGES {
            let here = if other == path {
                " aria-current=\"page\""
            } else {
                ""
            };
            let link = format!("<a href=\"{other}\"{here}>");
            assert!(page.body.contains(&link), "{other} on {path}");
        }
        for id in ["not-you", "sign-out"] {
            let id = format!("id=\"{id}\"");
            assert_eq!(page.body.matches(&id).count(), 1, "{id} on {path}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_leads_back_to_the_page_that_was_asked_for() {
    let server = TestServer::start().await;
    for path in ["/account/sessions", "/account/email"] {
        let browser = Browser::new(&server);
        let login = browser.visit(path).await;
        assert_eq!(login.url.path(), "/login");
        let page = browser.sign_in(&login, CUSTOMER).await;
        assert_eq!((page.status, page.url.path()), (200, path));
    }
}

#[tokio::test]
async fn not_you_is_one_press_away() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    let page = browser.get("/account").await;
    let next = browser.submit(&page, &[("then", "sign-in")]).await;
    let login = browser.follow(next).await;
    assert_eq!(login.url.path(), "/login");
    assert_eq!(browser.get("/account").await.status, 303);
}

#[tokio::test]
async fn what_protects_the_account_is_told_with_what_to_do_without_it() {
    let server = TestServer::start().await;
    let browser = english(&server).await;
    assert!(signs_in(&browser, CUSTOMER, PASSWORD).await);
    let page = browser.get("/account").await;
    assert!(page.body.contains("No second factor"), "{}", page.body);
    assert!(page.body.contains("If you lose a factor"));
    sqlx::query(
        "INSERT INTO factor (id, id_user, kind, name, created_at)
         SELECT gen_random_uuid(), id_user, 'email', 'Mail', now() FROM users WHERE email = $1",
    )
    .bind(CUSTOMER)
    .execute(&server.database.pool)
    .await
    .unwrap();
    let page = browser.get("/account").await;
    assert!(page.body.contains("Codes by email") && page.body.contains("No recovery codes left"));
    assert!(page.body.contains("Make recovery codes now"));
}

#[tokio::test]
async fn below_an_issuers_path_everything_stays_below_it() {
    let server = TestServer::with(|config| config.server.issuer.push_str("/id")).await;
    let browser = english(&server).await;
    let login = browser.visit("/id/account/email").await;
    assert_eq!(login.url.path(), "/id/login");
    let page = browser.sign_in(&login, CUSTOMER).await;
    assert_eq!(page.url.path(), "/id/account/email");
    for path in PAGES {
        let page = browser.get(&format!("/id{path}")).await;
        assert_eq!(page.status, 200, "{path}");
        for start in ["href=\"/", "action=\"/"] {
            let all = page.body.matches(start).count();
            let below = page.body.matches(&format!("{start}id/")).count();
            assert_eq!(all, below, "{start} on {path}: {}", page.body);
        }
    }
    let page = browser.get("/id/account/email").await;
    let next = browser
        .submit(&page, &[("email", "new@booking.test")])
        .await;
    assert_eq!(next.location().unwrap().path(), "/id/account/email");
    let confirm = link(&server, "new@booking.test", "/confirm-email").await;
    let done = press(&browser, &confirm).await;
    assert_eq!(done.location().unwrap().path(), "/id/confirm-email/done");
}
