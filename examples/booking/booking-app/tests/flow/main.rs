//! The application against a small issuer: what it sends, what it refuses, what it shows.
#![allow(clippy::expect_used, clippy::indexing_slicing)] // A test may fail by panicking.

mod issuer;

use std::collections::HashMap;
use std::sync::Arc;

use booking_app::Config;
use booking_kit::test_issuer::serve;
use issuer::{Behaviour, Issuer};
use reqwest::{Client, Response, StatusCode, header};
use url::Url;

/// A browser before the application.
struct Browser {
    client: Client,
    app: String,
    issuer_url: String,
    issuer: Arc<Issuer>,
    cookies: HashMap<String, String>,
}

impl Browser {
    async fn open() -> Self {
        let issuer = Issuer::new();
        let issuer_url = serve(issuer.router()).await;
        let app = start_app(&issuer_url).await;
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            client,
            app,
            issuer_url,
            issuer,
            cookies: HashMap::new(),
        }
    }

    fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.issuer.behaviour.lock().expect("the lock"));
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let request = request
            .header(header::COOKIE, cookies.join("; "))
            .header(header::ACCEPT_LANGUAGE, "fr");
        let response = request.send().await.expect("an answer");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            assert!(
                cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
                "{cookie}"
            );
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    async fn get(&mut self, path: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.app));
        self.send(request).await
    }

    async fn page(&mut self, path: &str) -> String {
        self.get(path).await.text().await.expect("a page")
    }

    /// Follows the sign-in link up to the issuer; gives the authorization request.
    async fn start(&mut self) -> Url {
        let response = self.get("/sign-in").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let url = location(&response);
        let request = url.query_pairs().into_owned().collect();
        self.set(|behaviour| behaviour.request = request);
        url
    }

    /// Comes back from the issuer.
    async fn come_back(&mut self, parameters: &[(&str, &str)]) -> Response {
        let mut url = Url::parse(&format!("{}/callback", self.app)).expect("a URL");
        url.query_pairs_mut().extend_pairs(parameters);
        let request = self.client.get(url);
        self.send(request).await
    }

    async fn sign_in(&mut self) -> Response {
        let request = self.start().await;
        let (state, iss) = (parameter(&request, "state"), self.issuer_url.clone());
        self.come_back(&[("code", "good-code"), ("state", &state), ("iss", &iss)])
            .await
    }
}

async fn start_app(issuer_url: &str) -> String {
    let config = Config {
        issuer: issuer_url.to_owned(),
        issuer_internal: None,
        public_url: "http://localhost:3002".to_owned(),
        client_id: "booking-app".to_owned(),
        client_secret: "booking-app-secret".to_owned(),
        public_api: issuer_url.to_owned(),
        admin_api: issuer_url.to_owned(),
        admin_api_audience: "http://localhost:3004".to_owned(),
    };
    serve(booking_app::router(config).expect("a router")).await
}

fn location(response: &Response) -> Url {
    let location = response.headers()[header::LOCATION].to_str().expect("text");
    Url::parse(location).expect("a URL")
}

fn parameter(url: &Url, name: &str) -> String {
    let mut found = url.query_pairs().filter(|(key, _)| key == name);
    found
        .next()
        .map(|(_, value)| value.into_owned())
        .expect("the parameter")
}

async fn error_code(response: Response) -> String {
    let page = response.text().await.expect("a page");
    assert!(page.contains("id=\"home\""), "a way on");
    let (_, rest) = page
        .split_once("id=\"error-code\">")
        .expect("an error code");
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_person_signs_in_sees_bookings_and_signs_out() {
    let mut browser = Browser::open().await;
    let welcome = browser.page("/").await;
    assert!(welcome.contains("id=\"sign-in\"") && welcome.contains("Duo Ibaïa"));

    let request = browser.start().await;
    assert_eq!(
        parameter(&request, "redirect_uri"),
        "http://localhost:3002/callback"
    );
    assert_eq!(parameter(&request, "code_challenge_method"), "S256");
    assert_eq!(
        parameter(&request, "scope"),
        "openid profile email roles offline_access bookings:read"
    );
    let resources: Vec<_> = request
        .query_pairs()
        .filter(|(name, _)| name == "resource")
        .map(|(_, value)| value.into_owned())
        .collect();
    assert_eq!(
        resources,
        [browser.issuer_url.as_str(), "http://localhost:3004"]
    );

    let response = browser.sign_in().await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/");

    let response = browser.get("/").await;
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let home = response.text().await.expect("a page");
    // The issuer's text is text, whatever it looks like.
    assert!(
        home.contains("id=\"user-name\">Zoé &#60;b&#62;Martin&#60;/b&#62;</strong>"),
        "{home}"
    );
    assert!(home.contains("id=\"user-role\">artist</strong>"));
    assert!(home.contains("La Sirène") && home.contains("2 janvier 2027 à 20\u{a0}h\u{a0}30"));
    assert!(
        !home.contains("access-0") && !home.contains("refresh-0"),
        "no token in the page"
    );

    // A form of another page does not sign out.
    let form = [("form_token", "guessed")];
    let request = browser
        .client
        .post(format!("{}/sign-out", browser.app))
        .form(&form);
    browser.send(request).await;
    let home = browser.page("/").await;
    let (_, rest) = home
        .split_once("name=\"form_token\" value=\"")
        .expect("still signed in");
    let form = [("form_token", rest.split('"').next().unwrap_or_default())];
    let request = browser
        .client
        .post(format!("{}/sign-out", browser.app))
        .form(&form);
    let response = browser.send(request).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let logout = location(&response);
    assert_eq!(logout.path(), "/logout");
    assert_eq!(
        parameter(&logout, "post_logout_redirect_uri"),
        "http://localhost:3002/"
    );
    assert_eq!(parameter(&logout, "client_id"), "booking-app");
    assert!(parameter(&logout, "id_token_hint").starts_with("eyJ"));

    let farewell = browser
        .page(&format!("/?state={}", parameter(&logout, "state")))
        .await;
    assert!(farewell.contains("id=\"notice\"") && farewell.contains("id=\"sign-in\""));
}

#[tokio::test]
async fn a_callback_counts_once_and_only_in_the_browser_that_started() {
    let mut browser = Browser::open().await;
    let state = parameter(&browser.start().await, "state");
    let iss = browser.issuer_url.clone();
    let answer = [
        ("code", "good-code"),
        ("state", state.as_str()),
        ("iss", iss.as_str()),
    ];

    let own_cookies = std::mem::take(&mut browser.cookies);
    let response = browser.come_back(&answer).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(error_code(response).await, "sign_in_expired");
    browser
        .cookies
        .insert("booking_browser".into(), "A".repeat(43));
    assert_eq!(
        browser.come_back(&answer).await.status(),
        StatusCode::BAD_REQUEST
    );

    browser.cookies = own_cookies;
    let repeated = [answer[0], answer[0], answer[1], answer[2]];
    assert_eq!(
        browser.come_back(&repeated).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        browser.come_back(&answer).await.status(),
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        browser.come_back(&answer).await.status(),
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn answers_of_other_issuers_and_refusals_end_on_a_page() {
    let mut browser = Browser::open().await;
    let iss = browser.issuer_url.clone();
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[("code", "good-code")], "sign_in_failed"),
        (
            &[("code", "good-code"), ("iss", "https://evil.example")],
            "sign_in_failed",
        ),
        (
            &[("error", "access_denied"), ("iss", &iss)],
            "access_denied",
        ),
        (
            &[("error", "server_error"), ("iss", &iss)],
            "sign_in_failed",
        ),
        (&[("code", "another-code"), ("iss", &iss)], "sign_in_failed"),
    ];
    for (parameters, code) in cases {
        let state = parameter(&browser.start().await, "state");
        let mut answer = parameters.to_vec();
        answer.push(("state", &state));
        assert_eq!(
            error_code(browser.come_back(&answer).await).await,
            code,
            "{parameters:?}"
        );
    }
    assert!(browser.page("/").await.contains("id=\"sign-in\""));
}

#[tokio::test]
async fn tokens_that_do_not_fit_together_are_refused() {
    let changes: [fn(&mut Behaviour); 3] = [
        |behaviour| behaviour.wrong_at_hash = true,
        |behaviour| behaviour.wrong_subject = true,
        |behaviour| {
            behaviour
                .request
                .insert("nonce".into(), "of another sign-in".into());
        },
    ];
    for change in changes {
        let mut browser = Browser::open().await;
        let state = parameter(&browser.start().await, "state");
        browser.set(change);
        let iss = browser.issuer_url.clone();
        let answer = [
            ("code", "good-code"),
            ("state", state.as_str()),
            ("iss", iss.as_str()),
        ];
        assert_eq!(
            error_code(browser.come_back(&answer).await).await,
            "sign_in_failed"
        );
    }
}

#[tokio::test]
async fn an_expired_token_is_refreshed_once_for_two_tabs_at_once() {
    let mut browser = Browser::open().await;
    browser.set(|behaviour| behaviour.expires_in = 1);
    browser.sign_in().await;
    let cookie = format!("booking_session={}", browser.cookies["booking_session"]);
    let tab = || {
        browser
            .client
            .get(format!("{}/", browser.app))
            .header(header::COOKIE, &cookie)
    };
    let (first, second) = tokio::join!(tab().send(), tab().send());
    for answer in [first, second] {
        let page = answer.expect("an answer").text().await.expect("a page");
        assert!(page.contains("La Sirène"));
    }
    assert_eq!(*browser.issuer.refreshes.lock().expect("the lock"), 1);
}

#[tokio::test]
async fn a_revoked_grant_ends_the_session_in_words() {
    let mut browser = Browser::open().await;
    browser.set(|behaviour| {
        behaviour.expires_in = 1;
        behaviour.refuse_refresh = true;
    });
    browser.sign_in().await;
    let page = browser.page("/").await;
    assert!(page.contains("Votre session a pris fin") && page.contains("id=\"sign-in\""));
    assert!(!browser.page("/").await.contains("Votre session a pris fin"));
}

#[tokio::test]
async fn the_application_waits_for_an_issuer_that_is_not_there() {
    let app = start_app("http://127.0.0.1:1").await;
    let response = reqwest::get(format!("{app}/sign-in"))
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(error_code(response).await, "issuer_unavailable");
    let response = reqwest::get(format!("{app}/")).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        response
            .text()
            .await
            .expect("a page")
            .contains("id=\"artists-unavailable\"")
    );
}
