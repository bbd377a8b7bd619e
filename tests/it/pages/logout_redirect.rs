//! RP-initiated logout: where it leads. A redirect goes to an exactly registered address, for a hint
//! of the client's own or a person who confirmed (OpenID Connect RP-Initiated Logout 1.0, section 3).

use std::time::Duration;

use serde_json::json;

use super::logout::{HOME, assert_asked, assert_over, is_signed_in, logout, signed_in};
use super::told::{assert_told, change_client, set_cookies};
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, CUSTOMER, text, tokens};
use crate::support::server::TestServer;

#[tokio::test]
async fn a_valid_hint_redirects_with_only_the_state_added() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let state = format!("{} &+é", "s".repeat(200));
    let params = [
        ("id_token_hint", text(&tokens, "id_token")),
        ("post_logout_redirect_uri", HOME),
        ("state", &state),
    ];
    let page = logout(&browser, &params).await;
    assert_eq!(page.status, 303);
    let to = page.location().unwrap();
    let pairs: Vec<_> = to.query_pairs().into_owned().collect();
    assert_eq!(pairs, [("state".to_owned(), state)]);
    assert!(to.as_str().starts_with(&format!("{HOME}?state=")), "{to}");
    let cookies = set_cookies(&page);
    assert!(
        cookies
            .iter()
            .any(|one| one.starts_with("auth_session=; Max-Age=0;")),
        "{cookies:?}"
    );
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn without_a_state_nothing_is_added() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
}

#[tokio::test]
async fn an_expired_hint_is_as_good() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    server.app.clock.advance(Duration::from_hours(2));
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn a_client_without_hint_may_have_the_person_back_once_confirmed() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let params = [
        ("client_id", "booking-app"),
        ("post_logout_redirect_uri", HOME),
        ("state", "s"),
    ];
    let page = logout(&browser, &params).await;
    assert_asked(&page);
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_eq!(page.location().unwrap().as_str(), format!("{HOME}?state=s"));
    assert!(!is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn without_client_and_hint_there_is_no_redirect() {
    let server = TestServer::start().await;
    let (browser, _) = signed_in(&server).await;
    let page = logout(
        &browser,
        &[("post_logout_redirect_uri", HOME), ("state", "s")],
    )
    .await;
    assert_told(&page, 400, "invalid_request");
    assert!(is_signed_in(&server, &browser).await);
    let page = logout(&browser, &[("state", "s")]).await;
    assert_asked(&page);
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_over(&page);
}

#[tokio::test]
async fn an_unregistered_address_gets_no_redirect() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    for uri in [
        "https://evil.example/",
        "http://localhost:3002",
        "http://localhost:3002/?x=1",
        "http://localhost:3002/#x",
        "http://localhost:3002/callback",
        "http://LOCALHOST:3002/",
        "//localhost:3002/",
        "javascript:alert(1)",
    ] {
        for client in [("id_token_hint", hint), ("client_id", "booking-app")] {
            let page = logout(&browser, &[client, ("post_logout_redirect_uri", uri)]).await;
            assert_told(&page, 400, "invalid_request");
        }
    }
    assert!(is_signed_in(&server, &browser).await, "nothing was done");
}

#[tokio::test]
async fn a_registered_query_is_kept() {
    let server = TestServer::start().await;
    let uri = "http://localhost:3002/?signed=out";
    let change = json!({ "post_logout_redirect_uris": [uri] });
    change_client(&server, "booking-app", change).await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", uri),
        ("state", "s"),
    ];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), format!("{uri}&state=s"));
}

#[tokio::test]
async fn the_hint_must_be_the_clients_own() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("client_id", "booking-spa")];
    assert_told(&logout(&browser, &params).await, 400, "invalid_request");
    assert!(is_signed_in(&server, &browser).await);
    let params = [
        ("id_token_hint", hint),
        ("client_id", "booking-app"),
        ("post_logout_redirect_uri", HOME),
    ];
    assert_eq!(logout(&browser, &params).await.status, 303);
}

#[tokio::test]
async fn a_hint_that_is_not_ours_is_none() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let id_token = text(&tokens, "id_token");
    let (signed, signature) = id_token.rsplit_once('.').unwrap();
    let altered = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{altered}{}", &signature[1..]);
    let another_issuer = TestServer::start().await;
    let foreign = crate::support::flow::tokens(&another_issuer, "openid", CUSTOMER).await;
    for hint in [
        "rubbish",
        forged.as_str(),
        text(&tokens, "access_token"),
        text(&foreign, "id_token"),
    ] {
        assert_asked(&logout(&browser, &[("id_token_hint", hint)]).await);
        let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
        let page = logout(&browser, &params).await;
        assert_eq!(page.location(), None, "{hint}");
    }
    assert!(is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn a_hint_of_somebody_else_asks() {
    let server = TestServer::start().await;
    let admin = tokens(&server, "openid", ADMIN).await;
    let (browser, _) = signed_in(&server).await;
    let hint = text(&admin, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_asked(&page);
    assert!(page.body.contains(CUSTOMER), "who is signed in");
    assert!(is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn with_nobody_signed_in_the_hint_still_leads_back() {
    let server = TestServer::start().await;
    let (_, tokens) = signed_in(&server).await;
    let stranger = Browser::new(&server);
    let hint = text(&tokens, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&stranger, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
    // Without the hint there is a page, perhaps with a link, but no redirect.
    let params = [
        ("client_id", "booking-app"),
        ("post_logout_redirect_uri", HOME),
    ];
    assert_over(&logout(&stranger, &params).await);
    assert_over(&logout(&stranger, &[]).await);
}

#[tokio::test]
async fn a_repeated_or_endless_parameter_is_refused() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let hint = text(&tokens, "id_token");
    let params = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", HOME),
        ("post_logout_redirect_uri", "https://evil.example/"),
    ];
    assert_told(&logout(&browser, &params).await, 400, "invalid_request");
    let long = "s".repeat(4000);
    let params = [
        ("id_token_hint", hint),
        ("post_logout_redirect_uri", HOME),
        ("state", &long),
    ];
    assert_told(&logout(&browser, &params).await, 400, "invalid_request");
    assert!(is_signed_in(&server, &browser).await);
}

#[tokio::test]
async fn a_hint_whose_key_was_withdrawn_asks_and_leads_nowhere() {
    let server = TestServer::start().await;
    let (browser, tokens) = signed_in(&server).await;
    let id_token = text(&tokens, "id_token");
    let kid = crate::support::flow::header(id_token)["kid"].clone();
    let now = server.app.clock.now();
    server
        .app
        .keys
        .withdraw(kid.as_str().unwrap(), now)
        .await
        .unwrap();
    let params = [
        ("id_token_hint", id_token),
        ("post_logout_redirect_uri", HOME),
    ];
    let page = logout(&browser, &params).await;
    assert_asked(&page);
    let page = browser.submit(&page, &[("decision", "logout")]).await;
    assert_over(&page);
}

/// The key has been replaced since the sign-in, as keys are.
#[tokio::test]
async fn a_hint_whose_key_was_removed_is_as_good() {
    let server = TestServer::start().await;
    let old = tokens(&server, "openid", CUSTOMER).await;
    let keys = &server.app.keys;
    keys.rotate(None, auth_api::keys::Lead::Now, server.app.clock.now())
        .await
        .unwrap();
    server.app.clock.advance(Duration::from_hours(24 * 60));
    keys.tick(server.app.clock.now()).await.unwrap();
    // Nobody is signed in by now: the hint still says which app the person comes from.
    let browser = Browser::new(&server);
    let hint = text(&old, "id_token");
    let params = [("id_token_hint", hint), ("post_logout_redirect_uri", HOME)];
    let page = logout(&browser, &params).await;
    assert_eq!(page.location().unwrap().as_str(), HOME);
}
