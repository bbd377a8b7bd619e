//! An issuer with a path, as behind a gateway (RFC 8414, section 3.1; OpenID Connect Discovery 1.0,
//! section 4).

use serde_json::Value;

use super::client::assert_refused;
use super::jwks::verified;
use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, CUSTOMER, Code, Request, text};
use crate::support::server::{TestServer, json};

async fn below_a_path() -> TestServer {
    TestServer::with(|config| config.server.issuer.push_str("/id")).await
}

#[tokio::test]
async fn both_specifications_find_the_metadata() {
    let server = below_a_path().await;
    assert!(server.issuer.ends_with("/id"));
    let mut documents: Vec<Value> = Vec::new();
    for path in [
        "/id/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/id",
    ] {
        let (status, document) = json(server.http.get(server.url(path))).await;
        assert_eq!(
            (status, &document["issuer"]),
            (200, &server.issuer.clone().into()),
            "{path}"
        );
        documents.push(document);
    }
    assert_eq!(documents[0], documents[1]);
    for (name, value) in documents[0].as_object().unwrap() {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            let address = value.as_str().unwrap();
            assert!(
                address.starts_with(&format!("{}/", server.issuer)),
                "{name}: {address}"
            );
            let answer = server.http.get(address).send().await.unwrap();
            assert!(
                answer.status() != 404 && answer.status().as_u16() < 500,
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn the_whole_flow_works_below_the_path() {
    let server = below_a_path().await;
    let browser = Browser::new(&server);
    let request = Request::new("openid email");
    let page = browser.get_with("/id/authorize", &request.pairs()).await;
    let page = browser.follow(page).await;
    assert_eq!(page.url.path(), "/id/login");
    let mut page = browser.sign_in(&page, CUSTOMER).await;
    if page.url.path() == "/id/consent" {
        let next = browser.submit(&page, &[("decision", "allow")]).await;
        page = browser.follow(next).await;
    }
    assert_eq!(page.answer("iss").as_ref(), Some(&server.issuer));
    let code = Code {
        code: page.answer("code").unwrap(),
        verifier: request.verifier.clone(),
        redirect_uri: crate::support::flow::CALLBACK.to_owned(),
    };
    let (status, tokens) = server.post_as(BOOKING_APP, "/id/token", &code.form()).await;
    assert_eq!(status, 200, "{tokens}");
    let jwks = json(
        server
            .http
            .get(format!("{}/.well-known/jwks.json", server.issuer)),
    )
    .await;
    assert_eq!(jwks.0, 200);
    assert_eq!(
        verified(&server, text(&tokens, "id_token")).await["iss"],
        server.issuer
    );
    let userinfo = server.http.get(format!("{}/userinfo", server.issuer));
    let userinfo = json(userinfo.bearer_auth(text(&tokens, "access_token"))).await;
    assert_eq!((userinfo.0, &userinfo.1["email"]), (200, &CUSTOMER.into()));
    let again = server.post_as(BOOKING_APP, "/id/token", &code.form()).await;
    assert_refused(&again, 400, "invalid_grant");
}

#[tokio::test]
async fn a_registered_client_is_told_an_address_below_the_path() {
    let server = below_a_path().await;
    let body = serde_json::json!({"redirect_uris": ["https://app.example/cb"]});
    let made = server
        .http
        .post(format!("{}/register", server.issuer))
        .json(&body);
    let (status, made) = json(made).await;
    assert_eq!(status, 201, "{made}");
    let uri = text(&made, "registration_client_uri");
    assert!(
        uri.starts_with(&format!("{}/register/", server.issuer)),
        "{uri}"
    );
    let read = server
        .http
        .get(uri)
        .bearer_auth(text(&made, "registration_access_token"));
    assert_eq!(json(read).await.0, 200);
}
