//! The demo data and the booking platform agree: the examples start without a setting.

use std::collections::BTreeSet;

use auth_api::clients::store;
use booking_app::Config;

use crate::support::browser::{Browser, Page};
use crate::support::flow::CUSTOMER;
use crate::support::server::TestServer;

/// The app with its defaults, but at another port, before this issuer and without its APIs.
async fn booking_app(server: &TestServer) -> (Config, Browser) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let defaults = Config::from_env().unwrap();
    let config = Config {
        issuer: server.issuer.clone(),
        public_api: base.clone(),
        admin_api: base.clone(),
        ..defaults
    };
    let router = booking_app::router(config.clone()).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (config, Browser::at(&base))
}

/// What the app asks of the issuer.
fn asked(page: &Page, name: &str) -> Vec<String> {
    let location = page.location().unwrap();
    let pairs = location.query_pairs().filter(|(key, _)| key == name);
    pairs.map(|(_, value)| value.into_owned()).collect()
}

#[tokio::test]
async fn a_person_signs_in_and_out_of_the_booking_app_with_its_defaults() {
    let server = TestServer::start().await;
    let (config, at_app) = booking_app(&server).await;
    let at_issuer = Browser::new(&server);

    let start = at_app.get("/sign-in").await;
    let page = at_issuer.visit(start.location().unwrap().as_str()).await;
    assert_eq!(page.url.path(), "/login", "{}", page.body);
    let mut page = at_issuer.sign_in(&page, CUSTOMER).await;
    if page.url.path() == "/consent" {
        let next = at_issuer.submit(&page, &[("decision", "allow")]).await;
        page = at_issuer.follow(next).await;
    }
    let callback = page.location().unwrap();
    let expected = format!("{}/callback?", config.public_url);
    assert!(callback.as_str().starts_with(&expected), "{callback}");
    // The app redeems the code with its secret, and asks UserInfo.
    let query = callback.query().unwrap();
    let page = at_app.visit(&format!("/callback?{query}")).await;
    let page = at_app.follow(page).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Camille Durand"), "{}", page.body);

    let leave = at_app.submit(&page, &[]).await;
    let mut page = at_issuer.visit(leave.location().unwrap().as_str()).await;
    if page.location().is_none() {
        page = at_issuer.submit(&page, &[("decision", "logout")]).await;
        page = at_issuer.follow(page).await;
    }
    let back = page.location().unwrap_or_else(|| panic!("{}", page.body));
    let expected = format!("{}/?", config.public_url);
    assert!(back.as_str().starts_with(&expected), "{back}");
}

#[tokio::test]
async fn what_the_booking_app_asks_for_is_what_its_client_may_have() {
    let server = TestServer::start().await;
    let (config, at_app) = booking_app(&server).await;
    let client = server.app.clients.get(&config.client_id).await.unwrap();
    let metadata = &client.unwrap().metadata;
    let registered = serde_json::to_value(metadata).unwrap();
    let start = at_app.get("/sign-in").await;
    assert_eq!(asked(&start, "client_id"), [config.client_id]);
    let redirects = registered["redirect_uris"].as_array().unwrap();
    for uri in asked(&start, "redirect_uri") {
        assert!(redirects.contains(&uri.clone().into()), "{uri}");
    }
    let farewell = format!("{}/", config.public_url).into();
    let farewells = registered["post_logout_redirect_uris"].as_array().unwrap();
    assert!(farewells.contains(&farewell), "{farewells:?}");
    let allowed: BTreeSet<&str> = registered["scope"].as_str().unwrap().split(' ').collect();
    let scope = asked(&start, "scope").join(" ");
    assert!(scope.split(' ').count() > 3, "{scope}");
    for word in scope.split(' ') {
        assert!(allowed.contains(word), "{word}");
    }
}

#[tokio::test]
async fn the_apis_are_seeded_resource_servers() {
    let server = TestServer::start().await;
    let pool = server.database.pool.clone();
    let seeded = store::resource::load(&pool).await.unwrap();
    let (config, at_app) = booking_app(&server).await;
    let resources = asked(&at_app.get("/sign-in").await, "resource");
    assert!(resources.contains(&config.admin_api_audience));
    let admin = admin_api::Config::from_env(pool.clone()).unwrap();
    let public = public_api::Config::from_env(pool).unwrap();
    assert_eq!(admin.guard.audience, config.admin_api_audience);
    for audience in resources
        .iter()
        .chain([&admin.guard.audience, &public.guard.audience])
        .filter(|audience| **audience != server.issuer)
    {
        assert!(seeded.find(audience).is_some(), "{audience} is not seeded");
    }
    // They trust the issuer that `dev` is.
    for issuer in [admin.guard.issuer, public.guard.issuer] {
        assert_eq!(issuer, auth_api::config::Config::dev().server.issuer);
    }
}
