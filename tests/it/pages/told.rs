//! What the tests of pages share: what a client and a person are told, and ways to get there.

use auth_api::foundation::secret::sha256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::browser::{Browser, Page};
use crate::support::flow::{CALLBACK, Code, Request};
use crate::support::server::TestServer;

/// What an authorization response may carry (RFC 6749, section 4.1.2; RFC 9207, section 2).
const MEMBERS: [&str; 7] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
];

/// The session cookie over http.
pub const SESSION: &str = "auth_session";
/// The browser's own cookie over http.
pub const BROWSER: &str = "auth_browser";

/// A new browser of a person who chose English.
pub async fn english(server: &TestServer) -> Browser {
    let browser = Browser::new(server);
    browser.get("/language?to=en").await;
    browser
}

/// The parameters of a redirect, query or fragment.
pub fn answers(page: &Page) -> Vec<(String, String)> {
    let location = page.location().unwrap_or_else(|| {
        panic!(
            "no redirect at {} {}:\n{}",
            page.url, page.status, page.body
        )
    });
    let encoded = location.fragment().or(location.query()).unwrap_or_default();
    url::form_urlencoded::parse(encoded.as_bytes())
        .into_owned()
        .collect()
}

/// The client is told an error at its own address, in the form that the specifications ask for.
pub fn assert_refused(server: &TestServer, page: &Page, error: &str) {
    let members = answers(page);
    assert_eq!(page.status, 303);
    let to = page.location().unwrap();
    assert!(to.as_str().starts_with(CALLBACK), "redirected to {to}");
    assert_eq!(page.answer("error").as_deref(), Some(error), "{to}");
    assert_eq!(page.answer("iss"), Some(server.issuer.clone()));
    assert_eq!(page.answer("state").as_deref(), Some("the-state"));
    assert_eq!(page.answer("code"), None);
    for (name, _) in &members {
        assert!(
            MEMBERS.contains(&name.as_str()),
            "{name} is not for the client"
        );
    }
    let description = page.answer("error_description").unwrap_or_default();
    let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(description.chars().all(allowed) && !description.is_empty());
}

/// The client gets a code, with `iss` and `state`, and nothing else.
pub fn assert_code(server: &TestServer, page: &Page) -> String {
    let names: Vec<String> = answers(page).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["code", "state", "iss"], "{:?}", page.location());
    assert_eq!(page.answer("iss"), Some(server.issuer.clone()));
    assert_eq!(page.answer("state").as_deref(), Some("the-state"));
    page.answer("code").unwrap()
}

/// The person is told an error on a page of ours; nobody is sent anywhere.
pub fn assert_told(page: &Page, status: u16, code: &str) {
    assert_eq!(page.status, status, "{}\n{}", page.url, page.body);
    assert_eq!(page.location(), None, "an error page never redirects");
    assert_eq!(page.text("error-code").as_deref(), Some(code));
    let request_id = page.text("request-id").unwrap();
    assert_eq!(header(page, "x-request-id"), Some(request_id.as_str()));
    assert!(page.body.contains("class=\"button\""), "one way on");
    assert_safe(page);
}

/// A page has the headers that protect it, and no script but those that its policy names.
pub fn assert_safe(page: &Page) {
    assert_eq!(
        header(page, "content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(header(page, "cache-control"), Some("no-store"));
    assert_eq!(header(page, "x-content-type-options"), Some("nosniff"));
    assert_eq!(header(page, "x-frame-options"), Some("DENY"));
    let policy = policy(page);
    for directive in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(directive), "{directive} is not in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let handler = |at: usize| {
        let name = page.body[at..].trim_start_matches(|c: char| c.is_ascii_lowercase());
        name.starts_with("=\"")
    };
    let handlers = page
        .body
        .match_indices(" on")
        .filter(|(at, _)| handler(at + 3));
    assert_eq!(handlers.count(), 0, "inline code");
    assert!(!page.body.contains("style=\""), "inline style");
    let mut sources = Vec::new();
    for script in page.body.split("<script").skip(1) {
        let (attributes, script) = script.split_once('>').unwrap();
        let script = &script[..script.find("</script>").unwrap()];
        if attributes.is_empty() {
            let hash = STANDARD.encode(sha256(script.as_bytes()));
            sources.push(format!("'sha256-{hash}'"));
        } else {
            let ours = ["/static/show-password.", "/static/webauthn."];
            assert!(
                ours.iter().any(|name| attributes.contains(name)),
                "{attributes}"
            );
            assert_eq!(script, "");
            sources.push("'self'".to_owned());
            sources.dedup();
        }
    }
    let allowed = policy
        .split("; ")
        .find_map(|one| one.strip_prefix("script-src "));
    assert_eq!(allowed.unwrap_or_default(), sources.join(" "));
}

/// The page's Content-Security-Policy.
pub fn policy(page: &Page) -> &str {
    header(page, "content-security-policy").unwrap()
}

/// The sources that a page's forms may lead to.
pub fn form_action(page: &Page) -> &str {
    let policy = policy(page).split("; ");
    let directive = policy.filter_map(|one| one.strip_prefix("form-action "));
    directive.last().unwrap()
}

/// A response header, if it is text.
pub fn header<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    page.headers.get(name)?.to_str().ok()
}

/// All `Set-Cookie` headers.
pub fn set_cookies(page: &Page) -> Vec<&str> {
    let all = page.headers.get_all("set-cookie").iter();
    all.map(|value| value.to_str().unwrap()).collect()
}

/// The value that a page gives to a cookie.
pub fn cookie<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
    let start = format!("{name}=");
    let pair = set_cookies(page)
        .into_iter()
        .find_map(|cookie| cookie.strip_prefix(&start))?;
    pair.split(';').next()
}

/// The CSRF token of a page's form.
pub fn csrf(page: &Page) -> String {
    let (_, hidden) = page.form();
    let found = hidden.into_iter().find(|(name, _)| name == "csrf");
    found.unwrap().1
}

/// Sends a request as it is, without the cookies of any browser.
pub async fn raw(request: reqwest::RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    Page {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        url: response.url().clone(),
        body: response.text().await.unwrap(),
    }
}

/// Signs in where asked, allows where asked; the redirect that leaves the server.
pub async fn to_the_end(browser: &Browser, mut page: Page, email: &str) -> Page {
    if page.url.path() == "/login" {
        page = browser.sign_in(&page, email).await;
    }
    if page.url.path() == "/consent" {
        page = allow(browser, &page).await;
    }
    page
}

/// Allows what a consent page asks for, and follows on.
pub async fn allow(browser: &Browser, page: &Page) -> Page {
    let next = browser.submit(page, &[("decision", "allow")]).await;
    browser.follow(next).await
}

/// A browser, in English, in which somebody has signed in and allowed `booking-app` a scope.
pub async fn settled(server: &TestServer, scope: &str, email: &str) -> Browser {
    let browser = english(server).await;
    Request::new(scope).code(&browser, email).await;
    browser
}

/// The tokens of a request in a browser.
pub async fn tokens_in(
    server: &TestServer,
    browser: &Browser,
    request: &Request,
    email: &str,
) -> Value {
    redeemed(server, &request.code(browser, email).await).await
}

/// The tokens of a code.
pub async fn redeemed(server: &TestServer, code: &Code) -> Value {
    let (status, tokens) = code.redeem(server).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// Changes a client's metadata, for this and later requests.
pub async fn change_client(server: &TestServer, client_id: &str, change: Value) {
    sqlx::query("UPDATE client SET metadata = metadata || $2 WHERE client_id = $1")
        .bind(client_id)
        .bind(change)
        .execute(&server.database.pool)
        .await
        .unwrap();
    server.app.clients.invalidate(client_id);
}

/// Runs a statement on the server's database.
pub async fn sql(server: &TestServer, statement: &'static str) {
    sqlx::raw_sql(statement)
        .execute(&server.database.pool)
        .await
        .unwrap();
}
