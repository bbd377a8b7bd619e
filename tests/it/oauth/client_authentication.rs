//! Client authentication by secret, or by none (RFC 6749, section 2.3.1).

use auth_api::foundation::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::client::{add, assert_refused};
use crate::support::flow::{BOOKING_APP, BOOKING_BATCH, CUSTOMER};
use crate::support::server::{TestServer, json as send};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn machine(method: &str) -> Value {
    json!({"redirect_uris": null, "response_types": null, "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": method, "scope": "artists:read"})
}

async fn with_header(
    server: &TestServer,
    credentials: &str,
    form: &[(&str, &str)],
) -> reqwest::Response {
    let header = format!("Basic {}", STANDARD.encode(credentials));
    let request = server.http.post(server.url("/token"));
    request
        .header(AUTHORIZATION, header)
        .form(form)
        .send()
        .await
        .unwrap()
}

async fn secret_is(server: &TestServer, id: &str, secret: &str) {
    sqlx::query("UPDATE client SET client_secret_hash = $2 WHERE client_id = $1")
        .bind(id)
        .bind(Secret::new(secret).hash().to_vec())
        .execute(&server.database.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn both_halves_of_basic_are_form_decoded() {
    let server = TestServer::start().await;
    add(&server, "a:b%c+d", machine("client_secret_basic")).await;
    let secret = "s p+a&c=e%2F:\u{e9}\u{20ac}\"\\";
    secret_is(&server, "a:b%c+d", secret).await;
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let id = encode("a:b%c+d");
    let good = format!("{id}:{}", encode(secret));
    assert_eq!(with_header(&server, &good, &[GRANT]).await.status(), 200);
    // Encoded with %20 for the space, as many libraries do, and in lower case.
    let other = good.replace('+', "%20").replace("%3A", "%3a");
    assert_eq!(with_header(&server, &other, &[GRANT]).await.status(), 200);
    let raw = format!("{id}:{secret}");
    assert_eq!(with_header(&server, &raw, &[GRANT]).await.status(), 401);
}

#[tokio::test]
async fn a_secret_is_taken_only_where_it_was_registered_to_be_sent() {
    let server = TestServer::start().await;
    let post = add(&server, "post", machine("client_secret_post")).await;
    let secret = post.secret.clone().unwrap();
    let body = [GRANT, ("client_id", "post"), ("client_secret", &secret)];
    let (status, tokens) = server.post("/token", &body).await;
    assert_eq!(status, 200, "{tokens}");
    assert_refused(
        &server.post_as(("post", &secret), "/token", &[GRANT]).await,
        401,
        "invalid_client",
    );
    let (id, secret) = BOOKING_BATCH;
    let body = [GRANT, ("client_id", id), ("client_secret", secret)];
    assert_refused(&server.post("/token", &body).await, 401, "invalid_client");
    // A confidential client is no public one.
    let alone = [GRANT, ("client_id", id)];
    assert_refused(&server.post("/token", &alone).await, 401, "invalid_client");
}

#[tokio::test]
async fn a_public_client_only_says_who_it_is() {
    let server = TestServer::start().await;
    let public = add(
        &server,
        "spa",
        json!({"token_endpoint_auth_method": "none"}),
    )
    .await;
    let tokens = public.tokens(&server, "openid", CUSTOMER).await;
    assert_eq!(
        server
            .userinfo(tokens["access_token"].as_str().unwrap())
            .await
            .0,
        200
    );
    let unknown = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("client_id", "nobody"),
    ];
    assert_refused(
        &server.post("/token", &unknown).await,
        401,
        "invalid_client",
    );
    let secret = [
        unknown[0],
        unknown[1],
        ("client_id", "spa"),
        ("client_secret", "x"),
    ];
    assert_refused(&server.post("/token", &secret).await, 401, "invalid_client");
    assert_refused(
        &server.post_as(("spa", ""), "/token", &unknown[..2]).await,
        401,
        "invalid_client",
    );
}

#[tokio::test]
async fn a_failed_basic_authentication_is_challenged() {
    let server = TestServer::start().await;
    for credentials in [
        "booking-batch:wrong",
        "nobody:booking-batch-secret",
        "booking-batch:",
        ":",
        "booking-batch",
        "booking-batch:%zz",
    ] {
        let response = with_header(&server, credentials, &[GRANT]).await;
        assert_eq!(response.status(), 401, "{credentials}");
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Basic realm="), "{challenge}");
        let body: Value = response.json().await.unwrap();
        assert_refused(&(401, body), 401, "invalid_client");
    }
    // Another scheme was tried, so it is challenged too.
    let request = server.http.post(server.url("/token")).bearer_auth("x");
    let response = request.form(&[GRANT]).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers().contains_key(WWW_AUTHENTICATE));
}

#[tokio::test]
async fn a_request_authenticates_in_one_way() {
    let server = TestServer::start().await;
    let (id, secret) = BOOKING_BATCH;
    let assertion = [
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("client_assertion", "a.b.c"),
    ];
    for more in [
        &[("client_secret", secret)][..],
        &assertion[..],
        &[("client_id", id), ("client_secret", secret)][..],
    ] {
        let form = [&[GRANT], more].concat();
        let refused = server.post_as(BOOKING_BATCH, "/token", &form).await;
        assert_refused(&refused, 400, "invalid_request");
    }
    let twice = server.http.post(server.url("/token")).form(&[GRANT]);
    let twice = twice
        .basic_auth(id, Some(secret))
        .basic_auth(id, Some(secret));
    let (status, body) = send(twice).await;
    // Two headers that are equal, or one joined: refused in either form.
    assert!(status == 400 || status == 401, "{body}");
    // The same identity beside the header is no second method; another one is refused.
    let same = server
        .post_as(BOOKING_BATCH, "/token", &[GRANT, ("client_id", id)])
        .await;
    assert_eq!(same.0, 200);
    let other = [GRANT, ("client_id", BOOKING_APP.0)];
    let other = server.post_as(BOOKING_BATCH, "/token", &other).await;
    assert_refused(&other, 401, "invalid_client");
}

#[tokio::test]
async fn who_is_not_authenticated_learns_nothing_about_grants() {
    let server = TestServer::start().await;
    for grant_type in ["authorization_code", "made_up", "client_credentials"] {
        let refused = server.post("/token", &[("grant_type", grant_type)]).await;
        assert_refused(&refused, 401, "invalid_client");
    }
    let missing = server.post_as(BOOKING_APP, "/token", &[]).await;
    assert_refused(&missing, 400, "invalid_request");
    let unknown = server
        .post_as(BOOKING_APP, "/token", &[("grant_type", "password")])
        .await;
    assert_refused(&unknown, 400, "unsupported_grant_type");
    let unregistered = server.post_as(BOOKING_APP, "/token", &[GRANT]).await;
    assert_refused(&unregistered, 400, "unauthorized_client");
    let form = [GRANT, ("scope", "artists:read"), ("scope", "artists:read")];
    let repeated = server.post_as(BOOKING_BATCH, "/token", &form).await;
    assert_refused(&repeated, 400, "invalid_request");
}

#[tokio::test]
async fn parameters_in_the_address_count_for_nothing() {
    let server = TestServer::start().await;
    let post = add(&server, "post", machine("client_secret_post")).await;
    let secret = post.secret.unwrap();
    let query = [GRANT, ("client_id", "post"), ("client_secret", &secret)];
    let request = server.http.post(server.url("/token")).query(&query);
    let refused = send(request.form(&[GRANT])).await;
    assert_refused(&refused, 401, "invalid_client");
}

#[tokio::test]
async fn introspection_and_revocation_take_a_secret_in_the_form_too() {
    let server = TestServer::start().await;
    let post = add(&server, "post", machine("client_secret_post")).await;
    let secret = post.secret.unwrap();
    let identity = [("client_id", "post"), ("client_secret", secret.as_str())];
    let form = [&identity[..], &[GRANT]].concat();
    let (_, tokens) = server.post("/token", &form).await;
    let form = [
        &identity[..],
        &[("token", tokens["access_token"].as_str().unwrap())],
    ]
    .concat();
    assert_eq!(server.post("/introspect", &form).await.1["active"], true);
    assert_eq!(server.post("/revoke", &form).await, (200, Value::Null));
    let (_, after) = server.post("/introspect", &form).await;
    assert_eq!(after, json!({"active": false}));
}
