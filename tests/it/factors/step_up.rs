//! What protects the account changes only after a recent sign-in, by a form of this very browser.

use std::time::Duration;

use super::{enrol_app, links, options, signed_in};
use crate::support::browser::Browser;
use crate::support::server::TestServer;
use crate::support::soft_passkey::Key;

async fn count(server: &TestServer) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM factor")
        .fetch_one(&server.app.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_old_sign_in_changes_nothing() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    enrol_app(&server, &browser).await;
    let list = browser.visit("/account/factors").await;
    let mut pages = vec![
        "/account/factors/totp".to_owned(),
        "/account/factors/passkeys".to_owned(),
        "/account/factors/email".to_owned(),
        "/account/factors/recovery-codes".to_owned(),
    ];
    pages.extend(links(&list, "/name"));
    pages.extend(links(&list, "/remove"));
    assert_eq!(pages.len(), 6);
    let mut forms = Vec::new();
    for path in &pages {
        let page = browser.visit(path).await;
        assert_eq!(page.status, 200, "{path}");
        forms.push(page);
    }
    server.app.clock.advance(Duration::from_secs(601));
    for path in &pages {
        let led = browser.get(path).await;
        let to = led
            .location()
            .unwrap_or_else(|| panic!("{path}: {}", led.body));
        assert_eq!(to.path(), "/login", "{path}");
        assert!(to.query().unwrap().contains("confirm=1"), "{to}");
    }
    let mut key = Key::new(&server);
    let credential = key.create(&options(&forms[1])).to_string();
    for form in &forms {
        let fields = [("code", "000000"), ("name", "Other"), ("send", "1")];
        let mut fields = fields.to_vec();
        if form.url.path().ends_with("passkeys") {
            fields.push(("credential", &credential));
        }
        let page = browser.submit(form, &fields).await;
        // What was entered is kept, or the page is come back to; nothing is done.
        assert!(
            [303, 401].contains(&page.status),
            "{}: {}",
            form.url,
            page.body
        );
        assert!(!page.body.contains("new-codes"), "{}", form.url);
    }
    assert_eq!(count(&server).await, 1);
    let page = browser.visit("/account/factors").await;
    assert!(page.body.contains("<b>Phone</b>"), "{}", page.body);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let server = TestServer::start().await;
    let browser = signed_in(&server).await;
    enrol_app(&server, &browser).await;
    let list = browser.visit("/account/factors").await;
    let remove = links(&list, "/remove").pop().unwrap();
    let rename = links(&list, "/name").pop().unwrap();
    for (path, field) in [
        (remove.as_str(), ("x", "y")),
        (rename.as_str(), ("name", "Stolen")),
        ("/account/factors/recovery-codes", ("x", "y")),
        ("/account/factors/email", ("send", "1")),
        ("/account/factors/totp", ("code", "000000")),
        ("/account/factors/passkeys", ("credential", "{}")),
    ] {
        for csrf in ["", "forged"] {
            let page = browser.post(path, &[("csrf", csrf), field]).await;
            assert!([303, 422].contains(&page.status), "{path}: {}", page.status);
            assert!(!page.body.contains("new-codes"), "{path}");
        }
    }
    assert_eq!(count(&server).await, 1);
    let page = browser.visit("/account/factors").await;
    assert!(page.body.contains("<b>Phone</b>"), "{}", page.body);
    assert_eq!(
        page.text("codes-left").unwrap(),
        "10 recovery codes are left"
    );
    let letters = super::letter_names(&server).await;
    assert_eq!(letters, ["mail-factor-added"]);
}

#[tokio::test]
async fn nobody_is_signed_in_no_page_is_shown() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for path in ["", "/totp", "/passkeys", "/email", "/recovery-codes"] {
        let page = browser.get(&format!("/account/factors{path}")).await;
        assert_eq!(page.location().unwrap().path(), "/login", "{path}");
    }
}
