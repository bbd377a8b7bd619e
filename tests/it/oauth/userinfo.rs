//! UserInfo: its three forms and what it tells (OpenID Connect Core 1.0, sections 5.1, 5.3, 5.4).

use reqwest::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};

use super::client::{booking_app, sql};
use crate::support::flow::{self, CUSTOMER, Request, payload, text};
use crate::support::server::{TestServer, json as send};

#[tokio::test]
async fn the_token_comes_in_the_header_or_in_the_form() {
    let server = TestServer::start().await;
    let tokens = flow::tokens(&server, "openid email", CUSTOMER).await;
    let token = text(&tokens, "access_token");
    let url = server.url("/userinfo");
    let (_, expected) = server.userinfo(token).await;
    let form = [("access_token", token)];
    for request in [
        server.http.get(&url).bearer_auth(token),
        server
            .http
            .get(&url)
            .header(AUTHORIZATION, format!("bearer {token}")),
        server.http.post(&url).bearer_auth(token),
        server.http.post(&url).form(&form),
        server
            .http
            .post(&url)
            .form(&[("unknown", "x")])
            .bearer_auth(token),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.json::<Value>().await.unwrap(), expected);
    }
    // In the query it would stand in logs (RFC 9700, section 4.3.2), and is no token here.
    let (status, _) = send(server.http.get(&url).query(&form)).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn every_standard_claim_has_its_type() {
    let server = TestServer::start().await;
    let tokens = flow::tokens(&server, "openid profile email address phone", CUSTOMER).await;
    let (_, mut userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    let members = userinfo.as_object_mut().unwrap();
    let sub = members.remove("sub").unwrap();
    assert_eq!(sub, payload(text(&tokens, "id_token"))["sub"]);
    let updated_at = members.remove("updated_at").unwrap().as_i64().unwrap();
    assert!(updated_at > 1_700_000_000, "seconds: {updated_at}");
    let expected = json!({
        "name": "Camille Durand", "given_name": "Camille", "family_name": "Durand",
        "middle_name": "Lou", "nickname": "camille", "preferred_username": "camille",
        "profile": "https://booking.test/people/camille",
        "picture": "https://booking.test/people/camille.png",
        "website": "https://camille.booking.test/", "gender": "female",
        "birthdate": "1990-05-17", "zoneinfo": "Europe/Paris", "locale": "fr-FR",
        "email": CUSTOMER, "email_verified": true,
        "phone_number": "+33 1 23 45 67 89", "phone_number_verified": true,
        "address": {
            "formatted": "12 rue de la Paix\n75002 Paris\nFrance",
            "street_address": "12 rue de la Paix", "locality": "Paris",
            "region": "\u{ce}le-de-France", "postal_code": "75002", "country": "France",
        },
    });
    assert_eq!(userinfo, expected);
}

#[tokio::test]
async fn each_scope_gives_its_own_claims() {
    let server = TestServer::start().await;
    for (scope, expected) in [
        ("openid", &["sub"][..]),
        ("openid email", &["email", "email_verified", "sub"]),
        (
            "openid phone",
            &["phone_number", "phone_number_verified", "sub"],
        ),
        ("openid address", &["address", "sub"]),
        ("openid roles", &["permissions", "roles", "sub"]),
    ] {
        let tokens = flow::tokens(&server, scope, CUSTOMER).await;
        let (_, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
        let mut names: Vec<&String> = userinfo.as_object().unwrap().keys().collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{scope}");
    }
}

#[tokio::test]
async fn what_a_person_does_not_have_is_left_out() {
    let server = TestServer::start().await;
    let tokens = flow::tokens(&server, "openid profile email address phone", CUSTOMER).await;
    sql(
        &server,
        "UPDATE user_account SET name = NULL, given_name = NULL, family_name = NULL,
           middle_name = NULL, nickname = NULL, preferred_username = NULL, profile = NULL,
           picture = NULL, website = NULL, gender = NULL, birthdate = NULL, zoneinfo = NULL,
           locale = NULL, phone_number_verified = false, phone_number = NULL, address = NULL,
           email_verified = false",
    )
    .await;
    let (_, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    let mut names: Vec<&String> = userinfo.as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["email", "email_verified", "sub", "updated_at"]);
    assert_eq!(userinfo["email_verified"], false);
}

#[tokio::test]
async fn the_claims_parameter_asks_for_single_claims() {
    let server = TestServer::start().await;
    let request = Request::new("openid").with(
        "claims",
        r#"{"userinfo": {"nickname": null, "email": {"essential": true}, "made_up": null},
            "id_token": {"family_name": null, "auth_time": {"essential": true}}}"#,
    );
    let tokens = booking_app().tokens_of(&server, &request, CUSTOMER).await;
    let (_, userinfo) = server.userinfo(text(&tokens, "access_token")).await;
    let id_token = payload(text(&tokens, "id_token"));
    let expected = json!({"sub": id_token["sub"], "nickname": "camille", "email": CUSTOMER});
    assert_eq!(userinfo, expected);
    assert_eq!(id_token["family_name"], "Durand");
    assert!(id_token["auth_time"].is_i64());
    for absent in ["nickname", "email", "made_up", "name"] {
        assert_eq!(id_token.get(absent), None, "{absent}");
    }
}
