//! Mailed links that are too old, used, superseded, cut short or fetched by a mail scanner.

use std::time::Duration;

use auth_api::i18n::{Locale, t};

use crate::chromium::{Chromium, Settings, browse};
use crate::person::value;
use crate::platform::Platform;

const EMAIL: &str = "noor@booking.test";
const PASSWORD: &str = "velvet tractor ninety rivers";

/// The links to that page that were mailed, the newest first.
async fn links(platform: &Platform, page: &str) -> Vec<String> {
    let app = &platform.server.app;
    let caught = app.mail.caught(&app.pool, 50).await.unwrap();
    let begin = platform.server.url(&format!("{page}?"));
    let link = |text: &str| {
        let at = text.find(&begin)?;
        text[at..].split_whitespace().next().map(str::to_owned)
    };
    let links = caught.iter().filter_map(|mail| link(&mail.content.text));
    links.collect()
}

/// What filters do with each link of a mail before its reader sees it.
async fn scan(platform: &Platform, link: &str) {
    let http = &platform.server.http;
    for request in [http.get(link), http.head(link), http.get(link)] {
        let status = request.send().await.unwrap().status();
        assert!(!status.is_server_error(), "{status}");
    }
}

async fn see_heading(chromium: &Chromium, key: &str) {
    chromium.see("h1", &t(Locale::En, key)).await;
}

#[tokio::test]
async fn each_says_what_became_of_it_and_leads_on() {
    let platform = Platform::start().await;
    let server = &platform.server;
    browse(Settings::default(), async |chromium: &Chromium| {
        chromium.open(&server.url("/create-account")).await;
        chromium.fill("#email", EMAIL).await;
        chromium.fill("#password", PASSWORD).await;
        chromium.click("#create-account-submit").await;
        chromium.find("#send-again").await;
        server.app.clock.advance(Duration::from_mins(10));
        chromium.click("#send-again").await;
        chromium.look("#done").await;
        let verify = links(&platform, "/verify-email").await;
        assert_eq!(verify.len(), 2);
        for link in &verify {
            scan(&platform, link).await;
        }
        // The earlier one is of no use any more, and says so.
        chromium.open(&verify[1]).await;
        see_heading(chromium, "link-withdrawn-title").await;
        chromium.look("#link-way-on").await;
        // Cut short by a mail program; or of another page.
        let (short, _) = verify[0].split_at(verify[0].len() - 5);
        let elsewhere = verify[0].replace("/verify-email", "/reset-password");
        for wrong in [short, &elsewhere] {
            chromium.open(wrong).await;
            see_heading(chromium, "link-unknown-title").await;
            chromium.look("#link-way-on").await;
        }
        // Too old: a new one is a button away.
        server.app.clock.advance(Duration::from_hours(25));
        chromium.open(&verify[0]).await;
        see_heading(chromium, "link-expired-title").await;
        chromium.look("#link-again").await;
        chromium.click("#link-again").await;
        chromium.find("#send-again").await;
        let verify = links(&platform, "/verify-email").await;
        scan(&platform, &verify[0]).await;
        chromium.open(&verify[0]).await;
        chromium.click("#link-confirm").await;
        chromium.fill("#username", EMAIL).await;
        chromium.fill("#password", PASSWORD).await;
        chromium.click("#login-submit").await;
        chromium.find(".facts").await;

        // The link of a forgotten password, scanned, used, and used again.
        chromium.click("#sign-out").await;
        see_heading(chromium, "signed-out-title").await;
        chromium.open(&server.url("/forgot-password")).await;
        chromium.fill("#email", EMAIL).await;
        chromium.click("#forgot-password-submit").await;
        chromium.find("#send-again").await;
        let reset = links(&platform, "/reset-password").await;
        scan(&platform, &reset[0]).await;
        chromium.open(&reset[0]).await;
        chromium
            .fill("#new_password", "quiet lanterns over gravel")
            .await;
        chromium.click("#reset-password-submit").await;
        chromium.find("#login-submit").await;
        scan(&platform, &reset[0]).await;
        chromium.open(&reset[0]).await;
        see_heading(chromium, "link-used-title").await;
        chromium.look("#link-again").await;
    })
    .await;
}

#[tokio::test]
async fn the_mail_is_read_in_another_browser_and_the_app_still_waits_in_the_first() {
    let platform = Platform::start().await;
    browse(Settings::default(), async |laptop: &Chromium| {
        laptop
            .open(&platform.authorize(&[("prompt", "create")]))
            .await;
        laptop.fill("#email", EMAIL).await;
        laptop.fill("#password", PASSWORD).await;
        laptop.click("#create-account-submit").await;
        laptop.find("#send-again").await;
        let verify = links(&platform, "/verify-email").await;
        browse(Settings::default(), async |phone: &Chromium| {
            phone.open(&verify[0]).await;
            phone.click("#link-confirm").await;
            phone.see("h1", "Sign in").await;
            phone.find("#done").await;
        })
        .await;
        laptop.click("#sign-in").await;
        laptop.see("h1", "Sign in to Gig Planner").await;
        laptop.fill("#username", EMAIL).await;
        laptop.fill("#password", PASSWORD).await;
        laptop.click("#login-submit").await;
        laptop.click("#consent-allow").await;
        let (_, answer) = laptop.arrival().await;
        assert!(value(&answer, "code").is_some(), "{answer:?}");
    })
    .await;
}
