//! `POST login`: who may, what comes of it, what is told when it does not.

use auth_api::authn::password::Passwords;
use auth_api::cli::demo::PASSWORD;
use auth_api::clients::metadata::TokenEndpointAuthMethod;
use auth_api::foundation::secret::Secret;
use reqwest::Method;
use serde_json::json;
use token_guard::TokenGuard;

use crate::support::api::{Answer, Api, MOBILE};
use crate::support::browser::Browser;
use crate::support::flow::{ADMIN, BOOKING_APP, CUSTOMER, payload};
use crate::support::server::TestServer;

#[tokio::test]
async fn email_and_password_get_tokens_that_an_api_accepts() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let tokens = api
        .login(&format!(" {} ", CUSTOMER.to_uppercase()), PASSWORD)
        .await
        .ok(200);
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert_eq!(tokens.body["expires_in"], 600);
    let scope = tokens.text("scope");
    for value in ["openid", "account", "offline_access", "bookings:read"] {
        assert!(scope.split(' ').any(|one| one == value), "{value}: {scope}");
    }
    assert!(
        !scope.contains("bookings:write"),
        "not a customer's: {scope}"
    );
    let access_token = tokens.text("access_token");
    let claims = payload(access_token);
    assert_eq!(claims["client_id"], MOBILE);
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_eq!(claims["acr"], "pwd");
    let audience = json!([
        server.issuer,
        "http://localhost:3003",
        "http://localhost:3004"
    ]);
    assert_eq!(claims["aud"], audience);
    // As any API of the platform checks it, by the published keys.
    let guard = TokenGuard::builder(&server.issuer, "http://localhost:3004").build();
    let token = guard.unwrap().validate(access_token).await.unwrap();
    assert_eq!(token.roles, ["customer"]);
    assert!(token.permissions.contains(&"bookings:read".to_owned()));

    let id_token = payload(tokens.text("id_token"));
    assert_eq!(id_token["aud"], MOBILE);
    assert_eq!(id_token["email"], json!(null), "at /userinfo");
    let (status, person) = server.userinfo(access_token).await;
    assert_eq!((status, &person["email"]), (200, &json!(CUSTOMER)));
    assert_eq!(person["sub"], claims["sub"]);
    // The session that it began is the client's own: it has no cookie.
    let cookies = tokens.headers.get_all("set-cookie").iter();
    let cookies: Vec<&str> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(
        cookies
            .iter()
            .all(|cookie| cookie.starts_with("auth_device=")),
        "{cookies:?}"
    );
    let row =
        sqlx::query_as::<_, (String, Option<String>)>("SELECT sid::text, client_id FROM session");
    let (sid, client_id) = row.fetch_one(&server.app.pool).await.unwrap();
    assert_eq!(
        (id_token["sid"].as_str(), client_id.as_deref()),
        (Some(&*sid), Some(MOBILE))
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_are_told_alike() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let told = |mut answer: Answer| {
        answer.body["request_id"] = json!(null);
        answer.body
    };
    let wrong = api
        .login(CUSTOMER, "wrong")
        .await
        .problem(401, "invalid_credentials");
    let unknown = api.login("nobody@booking.test", "wrong").await;
    assert_eq!(
        told(wrong),
        told(unknown.problem(401, "invalid_credentials"))
    );
    sqlx::query("UPDATE user_account SET disabled_at = now()")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let disabled = api.login(CUSTOMER, PASSWORD).await;
    disabled.problem(401, "invalid_credentials");
}

#[tokio::test]
async fn problems_are_told_in_the_callers_language_and_field_by_field() {
    let server = TestServer::start().await;
    let english = Api::new(&server);
    let wrong = json!({"email": 7, "scope": []});
    let answer = english
        .post("/login", wrong)
        .await
        .problem(422, "invalid_input");
    let expected = [
        ("email", "invalid_type"),
        ("password", "missing"),
        ("scope", "invalid_type"),
    ];
    let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(answer.errors(), expected);
    let empty = english.login(" ", "").await.problem(422, "invalid_input");
    assert_eq!(empty.errors().len(), 2);

    let french = Api::new(&server).speaking("fr-CA, en;q=0.5");
    let answer = french
        .login(CUSTOMER, "faux")
        .await
        .problem(401, "invalid_credentials");
    assert_eq!(answer.header("content-language"), Some("fr"));
    assert_eq!(
        answer.text("title"),
        "L’adresse e-mail ou le mot de passe est incorrect"
    );
    // Where its type leads.
    let kind = url::Url::parse(answer.text("type")).unwrap();
    let page = Browser::new(&server).get(kind.path()).await;
    assert_eq!(page.status, 200);
    let anchor = format!("id=\"{}\"", kind.fragment().unwrap());
    assert!(page.body.contains(&anchor), "{anchor}");
}

#[tokio::test]
async fn only_the_platforms_own_clients_may() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let login =
        |client_id: &str| json!({"email": CUSTOMER, "password": PASSWORD, "client_id": client_id});
    api.post("/login", login(MOBILE)).await.ok(200);
    for other in ["booking-spa", "booking-app", "unknown", "\u{e9}"] {
        let answer = api.post("/login", login(other)).await;
        answer.problem(403, "unauthorized_client");
    }
    // A third party that proves who it is stays one.
    let request = api.request(Method::POST, "/login");
    let request = request.basic_auth(BOOKING_APP.0, Some(BOOKING_APP.1));
    let answer = api.send(request.json(&login(BOOKING_APP.0))).await;
    answer.problem(403, "unauthorized_client");
    let none = TestServer::with(|config| config.account.first_party_client = None).await;
    let answer = Api::new(&none).login(CUSTOMER, PASSWORD).await;
    answer.problem(403, "unauthorized_client");
}

#[tokio::test]
async fn a_confidential_client_of_the_platform_authenticates() {
    let server = TestServer::start().await;
    let mut client = (*server
        .app
        .clients
        .get(BOOKING_APP.0)
        .await
        .unwrap()
        .unwrap())
    .clone();
    assert_eq!(
        client.metadata.token_endpoint_auth_method,
        TokenEndpointAuthMethod::ClientSecretBasic
    );
    client.first_party = true;
    auth_api::clients::store::client::upsert(&server.app.pool, &client)
        .await
        .unwrap();
    server.app.clients.invalidate(BOOKING_APP.0);
    let api = Api::new(&server);
    let login = json!({"email": CUSTOMER, "password": PASSWORD, "client_id": BOOKING_APP.0});
    let answer = api.post("/login", login.clone()).await;
    let answer = answer.problem(401, "invalid_client");
    assert!(
        answer
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic ")
    );
    let with = |secret: &'static str| {
        let request = api.request(Method::POST, "/login");
        api.send(request.basic_auth(BOOKING_APP.0, Some(secret)).json(&login))
    };
    with("wrong").await.problem(401, "invalid_client");
    let tokens = with(BOOKING_APP.1).await.ok(200);
    assert_eq!(
        payload(tokens.text("access_token"))["client_id"],
        BOOKING_APP.0
    );
}

#[tokio::test]
async fn an_address_that_is_not_proved_is_told_after_the_right_password_only() {
    let server = TestServer::start().await;
    sqlx::query("UPDATE user_account SET unverified_since = now(), email_verified = false")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let api = Api::new(&server);
    api.login(CUSTOMER, "wrong")
        .await
        .problem(401, "invalid_credentials");
    api.login(CUSTOMER, PASSWORD)
        .await
        .problem(403, "email_unverified");
}

#[tokio::test]
async fn a_role_that_demands_a_second_factor_leads_to_the_pages_that_set_one_up() {
    let server = TestServer::start().await;
    sqlx::query("INSERT INTO role_policy SELECT id_role, true FROM role WHERE name = 'admin'")
        .execute(&server.app.pool)
        .await
        .unwrap();
    let api = Api::new(&server);
    let answer = api.login(ADMIN, PASSWORD).await;
    let answer = answer.problem(403, "factor_enrolment_required");
    let page = answer.text("sign_in");
    assert!(
        page.starts_with(&format!("{}/account/", server.issuer)),
        "{page}"
    );
    api.login(CUSTOMER, PASSWORD).await.ok(200);
}

#[tokio::test]
async fn guesses_are_held_off_and_the_answer_says_how_long() {
    let server = TestServer::start().await;
    let api = Api::new(&server);
    let mut held_off = None;
    for _ in 0..100 {
        let answer = api.login(CUSTOMER, "wrong").await;
        if answer.status == 429 {
            held_off = Some(answer.problem(429, "too_many_requests"));
            break;
        }
        answer.problem(401, "invalid_credentials");
    }
    let held_off = held_off.expect("a hundred guesses are too many");
    let seconds = held_off.header("retry-after").unwrap();
    assert_eq!(
        held_off.body["retry_after"],
        seconds.parse::<u64>().unwrap()
    );
    // The right password is not even looked at meanwhile.
    api.login(CUSTOMER, PASSWORD)
        .await
        .problem(429, "too_many_requests");
}

#[tokio::test]
async fn a_seed_password_is_rehashed() {
    let server = TestServer::start().await;
    // `Demo-booking-2026` by bcrypt.
    let passwords = Passwords::new().unwrap();
    let old = bcrypt::hash(PASSWORD, 4).unwrap();
    sqlx::query("UPDATE users SET password_hash = $1 WHERE email = $2")
        .bind(&old)
        .bind(CUSTOMER)
        .execute(&server.app.pool)
        .await
        .unwrap();
    Api::new(&server).login(CUSTOMER, PASSWORD).await.ok(200);
    let new: String = sqlx::query_scalar("SELECT password_hash FROM users WHERE email = $1")
        .bind(CUSTOMER)
        .fetch_one(&server.app.pool)
        .await
        .unwrap();
    assert!(new.starts_with("$argon2id$"), "{new:.10}");
    let verified = passwords.verify(Secret::new(PASSWORD), Some(Secret::new(new)));
    assert!(verified.await.is_ok());
}
