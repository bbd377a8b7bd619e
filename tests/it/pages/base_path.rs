//! An issuer with a path: every address that a person meets lies below it.

use super::told::{allow, answers, assert_told, csrf, set_cookies};
use crate::support::browser::Browser;
use crate::support::flow::{CUSTOMER, Request, text};
use crate::support::server::TestServer;

async fn server() -> TestServer {
    TestServer::with(|config| config.server.issuer.push_str("/id")).await
}

#[tokio::test]
async fn the_whole_flow_stays_below_the_path() {
    let server = server().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid");
    let page = browser.get_with("/id/authorize", &request.pairs()).await;
    assert!(set_cookies(&page)[0].contains("Path=/;"));
    let page = browser.follow(page).await;
    assert_eq!(page.url.path(), "/id/login");
    assert!(page.form().0.starts_with("/id/login?"));
    assert!(page.body.contains("\"/id/static/"), "the style sheet");
    let page = browser.sign_in(&page, CUSTOMER).await;
    assert_eq!(page.url.path(), "/id/consent");
    let page = allow(&browser, &page).await;
    assert!(answers(&page).contains(&("iss".to_owned(), server.issuer.clone())));
    let code = page.answer("code").unwrap();
    let code = crate::support::flow::Code {
        code,
        verifier: request.verifier.clone(),
        redirect_uri: crate::support::flow::CALLBACK.to_owned(),
    };
    let (status, tokens) = server
        .post_as(
            ("booking-app", "booking-app-secret"),
            "/id/token",
            &code.form(),
        )
        .await;
    assert_eq!(status, 200, "{tokens}");
    let hint = [("id_token_hint", text(&tokens, "id_token"))];
    let page = browser.get_with("/id/logout", &hint).await;
    assert_eq!((page.status, page.location()), (200, None));
}

#[tokio::test]
async fn errors_and_switches_lead_below_the_path() {
    let server = server().await;
    let browser = Browser::new(&server);
    let page = browser.get("/id/nowhere").await;
    assert_told(&page, 404, "not_found");
    assert!(page.body.contains("href=\"/id/\""), "{}", page.body);
    assert!(page.body.contains("href=\"/id/language?"));
    let page = browser
        .get("/id/language?to=en&return=//evil.example/")
        .await;
    assert_eq!(page.location().unwrap().path(), "/id/");
    let page = browser.get("/id/login").await;
    let form = [
        ("csrf", csrf(&page)),
        ("username", CUSTOMER.to_owned()),
        ("password", auth_api::cli::demo::PASSWORD.to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page = browser.post("/id/login", &form).await;
    assert_eq!(page.location().unwrap().path(), "/id/");
}
