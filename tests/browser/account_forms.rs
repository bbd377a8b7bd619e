//! Forms of the account whose sign-in ends, grows old or changes hands while they are filled in;
//! forms that are sent twice.

use std::time::{Duration, Instant};

use auth_api::cli::demo;
use auth_api::i18n::{Locale, t};

use crate::chromium::{Chromium, PATIENCE, Settings, browse};
use crate::platform::Platform;
use crate::support::authenticator_app::AuthenticatorApp;
use crate::support::flow::{ADMIN, CUSTOMER};

impl Chromium {
    /// Signs in at the server itself, and comes to the account.
    async fn sign_in_at(&self, platform: &Platform) {
        self.open(&platform.server.url("/login")).await;
        self.sign_in(CUSTOMER).await;
        self.find(".facts").await;
    }

    /// Signs in in a new tab, by the link of this one, and comes back to this one.
    async fn sign_in_beside(&self) {
        let here = self.client.window().await.unwrap();
        let known = self.client.windows().await.unwrap();
        self.click("#sign-in").await;
        let deadline = Instant::now() + PATIENCE;
        let tab = loop {
            let tabs = self.client.windows().await.unwrap();
            if let Some(tab) = tabs.into_iter().find(|tab| !known.contains(tab)) {
                break tab;
            }
            assert!(Instant::now() < deadline, "no new tab");
        };
        self.client.switch_to_window(tab).await.unwrap();
        self.sign_in(CUSTOMER).await;
        self.find(".facts").await;
        self.client.close_window().await.unwrap();
        self.client.switch_to_window(here).await.unwrap();
    }

    async fn see_heading(&self, key: &str) {
        self.see("h1", &t(Locale::En, key)).await;
    }

    async fn value(&self, css: &str) -> String {
        let value = self.find(css).await.prop("value").await.unwrap();
        value.unwrap_or_default()
    }
}

/// What an administrator's "sign out everywhere" or a purge of sessions does.
async fn end_sessions(platform: &Platform) {
    let pool = &platform.server.database.pool;
    let ended = sqlx::query("DELETE FROM session").execute(pool).await;
    assert!(ended.unwrap().rows_affected() > 0);
}

#[tokio::test]
async fn what_was_entered_outlives_the_session() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.sign_in_at(&platform).await;
        chromium
            .open(&platform.server.url("/account/profile"))
            .await;
        chromium.fill("#nickname", "Cam <3").await;
        end_sessions(&platform).await;
        chromium.click("#save").await;
        chromium.see_heading("ended-title").await;
        chromium.look("#go-on").await;
        // Too early: nothing is lost by that either.
        chromium.leave_by("#go-on").await;
        chromium.see_heading("ended-title").await;
        chromium.sign_in_beside().await;
        chromium.click("#go-on").await;
        chromium.find("#done").await;
        assert_eq!(chromium.value("#nickname").await, "Cam <3");
        // It is saved, and loading the page again sends nothing.
        chromium.client.refresh().await.unwrap();
        chromium.find("#save").await;
        assert_eq!(chromium.value("#nickname").await, "Cam <3");
    })
    .await;
}

#[tokio::test]
async fn a_new_address_waits_for_a_recent_sign_in() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.sign_in_at(&platform).await;
        chromium.open(&server.url("/account/email")).await;
        chromium.fill("#email", "camille@elsewhere.test").await;
        let ttl = server.app.config.account.confirmation_ttl;
        server.app.clock.advance(ttl + Duration::from_secs(1));
        chromium.click("#save").await;
        chromium.see_heading("sign-in-again").await;
        chromium.look("#go-on").await;
        chromium.sign_in_beside().await;
        chromium.click("#go-on").await;
        let pending = chromium.text("#pending").await;
        assert!(pending.contains("camille@elsewhere.test"), "{pending}");
    })
    .await;
}

#[tokio::test]
async fn a_page_that_wants_a_recent_sign_in_comes_after_it() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.sign_in_at(&platform).await;
        let ttl = server.app.config.account.confirmation_ttl;
        server.app.clock.advance(ttl + Duration::from_secs(1));
        chromium.open(&server.url("/account/factors/totp")).await;
        chromium.see_heading("sign-in-again").await;
        chromium.look("#login-submit").await;
        assert_eq!(chromium.value("#username").await, CUSTOMER);
        chromium.fill("#password", demo::PASSWORD).await;
        chromium.click("#login-submit").await;
        chromium.find("#key").await;
        assert_eq!(chromium.url().await.path(), "/account/factors/totp");
    })
    .await;
}

#[tokio::test]
async fn passwords_are_not_kept_and_the_form_is_come_back_to() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.sign_in_at(&platform).await;
        chromium
            .open(&platform.server.url("/account/password"))
            .await;
        chromium.fill("#old_password", demo::PASSWORD).await;
        chromium
            .fill("#new_password", "velvet tractor ninety")
            .await;
        end_sessions(&platform).await;
        chromium.click("#save").await;
        chromium.find("#login-submit").await;
        let source = chromium.client.source().await.unwrap();
        assert!(!source.contains("tractor"));
        chromium.sign_in(CUSTOMER).await;
        chromium.find("#old_password").await;
        assert_eq!(chromium.url().await.path(), "/account/password");
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_that_loses_its_session_begins_anew() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.sign_in_at(&platform).await;
        chromium.open(&server.url("/account/factors/totp")).await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        // Loading it again shows the same key.
        chromium.client.refresh().await.unwrap();
        let again = AuthenticatorApp::with_key(&chromium.text("#key").await);
        assert_eq!(app.code(server), again.code(server));
        chromium.fill("[name=code]", &app.code(server)).await;
        end_sessions(&platform).await;
        chromium.click("#totp-confirm").await;
        chromium.sign_in_beside().await;
        chromium.click("#go-on").await;
        // The code was not kept, and the key was of another session.
        chromium.look(".summary").await;
        chromium.click("#add-totp").await;
        let app = AuthenticatorApp::with_key(&chromium.text("#key").await);
        chromium.fill("[name=code]", &app.code(server)).await;
        chromium.click("#totp-confirm").await;
        chromium.find("#new-codes").await;
        // Sent once more, it adds nothing more and is no dead end.
        chromium.client.refresh().await.unwrap();
        chromium.find("nav a[href$='/account/factors']").await;
        chromium.open(&server.url("/account/factors")).await;
        assert_eq!(chromium.count("#factors li").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_one_person_asked_is_not_done_to_another() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        let client = &chromium.client;
        chromium.sign_in_at(&platform).await;
        chromium.open(&server.url("/account/delete?sure=1")).await;
        chromium.find("#delete-yes").await;
        let first = client.window().await.unwrap();
        let second = client.new_window(true).await.unwrap().handle;
        client.switch_to_window(second).await.unwrap();
        chromium.open(&server.url("/account")).await;
        chromium.click("#not-you").await;
        chromium.find("#login-submit").await;
        chromium.sign_in(ADMIN).await;
        chromium.find(".facts").await;
        client.switch_to_window(first).await.unwrap();
        chromium.click("#delete-yes").await;
        chromium.look(".summary").await;
        assert!(chromium.text("main").await.contains(ADMIN));
        let gone = "SELECT count(*) FROM user_account WHERE deleted_at IS NOT NULL";
        let gone: i64 = sqlx::query_scalar(gone)
            .fetch_one(&server.database.pool)
            .await
            .unwrap();
        assert_eq!(gone, 0);
    })
    .await;
}

#[tokio::test]
async fn a_form_of_before_is_sent_again_with_what_was_entered() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        for (page, submit) in [
            ("/create-account", "#create-account-submit"),
            ("/forgot-password", "#forgot-password-submit"),
        ] {
            chromium.open(&server.url(page)).await;
            chromium.fill("#email", "new@booking.test").await;
            if page == "/create-account" {
                chromium.fill("#password", "velvet tractor ninety").await;
            }
            // The browser forgot us, as when its data is cleared.
            chromium.client.delete_cookie("auth_browser").await.unwrap();
            chromium.click(submit).await;
            chromium
                .see(".summary li", &t(Locale::En, "form-expired"))
                .await;
            assert_eq!(chromium.value("#email").await, "new@booking.test");
            if page == "/create-account" {
                chromium.fill("#password", "velvet tractor ninety").await;
            }
            chromium.click(submit).await;
            chromium.find("#send-again").await;
            chromium.client.refresh().await.unwrap();
            chromium.find("#send-again").await;
            // Back is the answer to the form that was refused. The browser asks whether to send that
            // once more, and it is refused once more, with what was entered.
            chromium.client.back().await.unwrap();
            chromium.client.refresh().await.unwrap();
            chromium.find(".summary").await;
            assert_eq!(chromium.value("#email").await, "new@booking.test");
        }
    })
    .await;
}
