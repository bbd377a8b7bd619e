//! Which language a page is in, and where the switch leads. The default is French.

use super::told::{header, raw, set_cookies};
use crate::support::api::Api;
use crate::support::browser::{Browser, Page};
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

pub fn language(page: &Page) -> &str {
    let start = page.body.find("<html lang=\"").unwrap() + "<html lang=\"".len();
    let language = &page.body[start..start + 2];
    assert_eq!(header(page, "content-language"), Some(language));
    language
}

#[tokio::test]
async fn the_request_says_it() {
    let server = TestServer::start().await;
    for (asked, shown) in [
        ("fr", "fr"),
        ("de fr-CA en", "fr"),
        ("en fr", "en"),
        ("tlh", "fr"),
    ] {
        let browser = Browser::new(&server);
        let page = Request::new("openid")
            .with("ui_locales", asked)
            .send(&browser)
            .await;
        assert_eq!(language(&page), shown, "{asked}");
    }
}

#[tokio::test]
async fn the_request_says_it_on_every_page() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid")
        .with("ui_locales", "en")
        .with("prompt", "select_account consent");
    let page = request.send(&browser).await;
    assert_eq!(language(&page), "en");
    // The person's own locale is French, the request's English.
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!((page.url.path(), language(&page)), ("/consent", "en"));
    let page = request.send(&browser).await;
    assert_eq!(
        (page.url.path(), language(&page)),
        ("/select-account", "en")
    );
}

#[tokio::test]
async fn an_error_in_the_form_keeps_the_language() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = Request::new("openid")
        .with("ui_locales", "fr")
        .send(&browser)
        .await;
    let page = browser
        .submit(&page, &[("username", "x"), ("password", "y")])
        .await;
    assert_eq!((page.status, language(&page)), (422, "fr"));
}

#[tokio::test]
async fn the_browser_says_it() {
    let server = TestServer::start().await;
    for (accepted, shown) in [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en;q=0.3,fr;q=0.5", "fr"),
        ("en-GB", "en"),
        ("de", "fr"),
        ("rubbish;;;,,", "fr"),
    ] {
        let request = server.http.get(server.url("/login"));
        let page = raw(request.header("accept-language", accepted)).await;
        assert_eq!(language(&page), shown, "{accepted}");
        let request = server.http.get(server.url("/nowhere"));
        let page = raw(request.header("accept-language", accepted)).await;
        assert_eq!(language(&page), shown, "{accepted}");
    }
}

#[tokio::test]
async fn the_persons_choice_stands_above_all() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid").with("ui_locales", "en");
    let page = request.send(&browser).await;
    let here = page.url.query().unwrap().to_owned();
    assert!(
        page.body.contains("/language?to=fr&#38;return=/login%3F"),
        "{}",
        page.body
    );
    let back = browser
        .get_with(
            "/language",
            &[("to", "fr"), ("return", &format!("/login?{here}"))],
        )
        .await;
    assert_eq!(back.status, 303);
    let page = browser.follow(back).await;
    assert_eq!(
        (page.url.query(), language(&page)),
        (Some(here.as_str()), "fr")
    );
    // The request goes on as if nothing had happened.
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!((page.url.path(), language(&page)), ("/consent", "fr"));
}

#[tokio::test]
async fn the_persons_own_locale_counts_when_nothing_else_does() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let page = browser
        .sign_in(&browser.get("/login").await, CUSTOMER)
        .await;
    assert_eq!((page.url.path(), language(&page)), ("/", "fr"));
}

#[tokio::test]
async fn the_switch_never_leads_elsewhere() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for to in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/%0d%0aLocation:%20https://evil.example/\r\n",
        "javascript:alert(1)",
        "login",
        "",
    ] {
        let page = browser
            .get_with("/language", &[("to", "fr"), ("return", to)])
            .await;
        assert_eq!(page.status, 303);
        let location = page.location().unwrap();
        assert_eq!(location.as_str(), format!("{}/", server.base), "{to}");
    }
    let page = browser
        .get("/language?to=fr&return=/a&return=https://evil.example/")
        .await;
    assert!(page.location().unwrap().as_str().starts_with(&server.base));
}

#[tokio::test]
async fn an_unknown_language_changes_nothing() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    browser.get("/").await;
    for to in ["tlh", "", "fr; Domain=evil.example", "\u{e9}"] {
        let page = browser
            .get_with("/language", &[("to", to), ("return", "/login")])
            .await;
        assert_eq!(
            (page.status, page.location().unwrap().path()),
            (303, "/login")
        );
        let cookies = set_cookies(&page);
        assert!(
            cookies.iter().all(|cookie| !cookie.contains("Domain")),
            "{cookies:?}"
        );
    }
}

#[tokio::test]
async fn the_switch_leads_only_to_what_can_be_got() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let home = browser
        .sign_in(&browser.get("/login").await, CUSTOMER)
        .await;
    // Pages that answer a post: a form that is too old, the news that the session is over.
    let expired = browser.post("/logout/confirm", &[("csrf", "x")]).await;
    let over = browser.submit(&home, &[]).await;
    let cancelled = browser.post("/login/cancel?continuation=x", &[]).await;
    let wrong = browser.post("/", &[]).await;
    for (page, status) in [(expired, 403), (over, 200), (cancelled, 400), (wrong, 405)] {
        assert_eq!(page.status, status, "{}", page.url);
        let start = page.body.find("/language?").unwrap();
        let link = &page.body[start..];
        let link = link[..link.find('"').unwrap()].replace("&#38;", "&");
        let shown = browser.visit(&link).await;
        assert_eq!(shown.status, 200, "{link}");
    }
}

#[tokio::test]
async fn errors_and_sign_out_are_in_the_language_of_the_request() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    for (asked, shown) in [("en", "en"), ("fr", "fr")] {
        let request = Request::new("openid").with("ui_locales", asked);
        let page = request.without("client_id").send(&browser).await;
        assert_eq!((page.status, language(&page)), (400, shown));
        let page = browser.get(&format!("/logout?ui_locales={asked}")).await;
        assert_eq!((page.status, language(&page)), (200, shown));
    }
    browser
        .sign_in(&browser.get("/login").await, CUSTOMER)
        .await;
    let page = browser.get("/logout?ui_locales=en").await;
    assert_eq!(language(&page), "en");
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_eq!((page.status, language(&page)), (200, "en"));
}

/// A browser that asks for a language by its header.
async fn speaking(server: &TestServer, header: &'static str, locale: Option<&str>) -> Browser {
    sqlx::query("UPDATE user_account SET locale = $1")
        .bind(locale)
        .execute(&server.app.pool)
        .await
        .unwrap();
    Browser::speaking(server, header)
}

#[tokio::test]
async fn the_profile_says_it_as_soon_as_the_person_is_known() {
    let server = TestServer::start().await;
    for (header, locale, before, after) in [
        ("en", Some("fr-CA"), "en", "fr"),
        ("fr", Some("en-GB"), "fr", "en"),
        ("en", Some("de"), "en", "en"),
        ("en", None, "en", "en"),
    ] {
        let browser = speaking(&server, header, locale).await;
        let request = Request::new("openid").with("prompt", "consent");
        let page = request.send(&browser).await;
        assert_eq!((page.url.path(), language(&page)), ("/login", before));
        let page = browser.sign_in(&page, CUSTOMER).await;
        assert_eq!((page.url.path(), language(&page)), ("/consent", after));
        // On every page, whoever serves it: also those that show nothing of the person.
        let again = Request::new("openid")
            .with("prompt", "login")
            .send(&browser)
            .await;
        assert_eq!((again.url.path(), language(&again)), ("/login", after));
        let wrong = browser
            .submit(&again, &[("username", "x"), ("password", "y")])
            .await;
        assert_eq!((wrong.status, language(&wrong)), (422, after));
        for path in [
            "/",
            "/account/profile",
            "/account/factors",
            "/nowhere",
            "/consent?continuation=x",
            "/verify-email?token=x",
            "/undo-email-change?token=x",
            "/account/deleted",
            "/forgot-password",
            "/docs",
            "/docs/problems",
            "/dev/mail",
        ] {
            assert_eq!(
                language(&browser.get(path).await),
                after,
                "{path} {locale:?}"
            );
        }
        let wrong = browser.post("/consent", &[("csrf", "x")]).await;
        assert_eq!(language(&wrong), after);
        // What the app or the person asks for stands above it.
        let asked = Request::new("openid")
            .with("prompt", "consent")
            .with("ui_locales", before);
        assert_eq!(language(&asked.send(&browser).await), before);
        let page = browser.visit("/logout").await;
        let out = browser.submit(&page, &[("decision", "logout")]).await;
        assert_eq!(
            (out.status, language(&out)),
            (200, after),
            "the last of theirs"
        );
        // Nobody is known any more.
        assert_eq!(language(&browser.get("/login").await), before);
        let browser = speaking(&server, header, locale).await;
        browser
            .visit(&format!("/language?to={before}&return=/login"))
            .await;
        let page = browser
            .sign_in(&browser.get("/login").await, CUSTOMER)
            .await;
        assert_eq!((page.url.path(), language(&page)), ("/", before));
    }
}

#[tokio::test]
async fn the_second_step_is_in_the_language_of_whoever_knows_the_password() {
    let server = TestServer::start().await;
    let app =
        crate::support::authenticator_app::AuthenticatorApp::enrolled(&server, CUSTOMER).await;
    let browser = speaking(&server, "en", Some("fr")).await;
    let page = browser.get("/login").await;
    assert_eq!(language(&page), "en");
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!((page.url.path(), language(&page)), ("/login/factor", "fr"));
    let wrong = crate::sign_in::enter(&browser, &page, "totp", "000000").await;
    assert_eq!((wrong.status, language(&wrong)), (422, "fr"));
    assert!(!wrong.body.contains("used already"), "{}", wrong.body);
    let next = crate::sign_in::enter(&browser, &page, "totp", &app.next_code(&server)).await;
    assert_eq!(language(&browser.follow(next).await), "fr");
}

#[tokio::test]
async fn whoever_signs_in_to_a_deleted_account_reads_one_language() {
    let server = TestServer::start().await;
    let browser = speaking(&server, "en", Some("fr")).await;
    let page = browser
        .sign_in(&browser.get("/login").await, CUSTOMER)
        .await;
    assert_eq!(language(&page), "fr");
    let sure = browser.visit("/account/delete?sure=1").await;
    browser.submit(&sure, &[]).await;
    let page = browser.get("/login").await;
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!((page.status, language(&page)), (422, "en"));
    let month = ["January", "December", "November", "October", "2026", "2027"];
    assert!(
        month.iter().any(|month| page.body.contains(month)),
        "{}",
        page.body
    );
    let french = ["janvier", "décembre", "novembre", "octobre"];
    assert!(
        french.iter().all(|month| !page.body.contains(month)),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn problems_are_told_a_known_caller_in_the_language_of_the_profile() {
    let server = TestServer::start().await;
    let nobody = Api::new(&server).speaking("en");
    let unknown = nobody.get("/me").await;
    let unknown = unknown.problem(401, "invalid_token");
    assert_eq!(unknown.header("content-language"), Some("en"));
    let api = Api::signed_in(&server, CUSTOMER).await.speaking("en");
    for (locale, told) in [(Some("fr-FR"), "fr"), (Some("de"), "en"), (None, "en")] {
        speaking(&server, "en", locale).await;
        let problem = api.get("/me/factors/x").await.problem(404, "not_found");
        assert_eq!(problem.header("content-language"), Some(told), "{locale:?}");
        let wrong = serde_json::json!({ "birthdate": "10/12/1990" });
        let wrong = api.patch("/me", wrong).await.problem(422, "invalid_input");
        assert_eq!(wrong.header("content-language"), Some(told));
        let detail = wrong.body["errors"][0]["detail"].as_str().unwrap();
        let form = if told == "fr" {
            "AAAA-MM-JJ"
        } else {
            "YYYY-MM-DD"
        };
        assert!(detail.contains(form), "{detail}");
    }
}
