//! Clients of these tests' own, and what a client asks about a token.

use std::collections::BTreeSet;

use auth_api::clients::model::NewClient;
use auth_api::clients::store;
use auth_api::clients::validation::{Registrant, validate};
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::flow::{BOOKING_APP, Request};
use crate::support::server::TestServer;

/// Where they are redirected to. Nothing listens there.
pub const CALLBACK: &str = "https://app.example/cb";

/// Every scope value of the demo platform.
pub const EVERYTHING: &str = "openid profile email address phone roles offline_access \
                              artists:read artists:write bookings:read bookings:write";

/// The demo APIs.
pub const PUBLIC_API: &str = "http://localhost:3003";
pub const ADMIN_API: &str = "http://localhost:3004";

/// A client and its secret, if its method has one.
pub struct TestClient {
    pub id: String,
    pub secret: Option<String>,
}

/// Adds a client as an administrator would, with `members` over a web application's metadata.
pub async fn add(server: &TestServer, id: &str, members: Value) -> TestClient {
    let mut body = json!({"redirect_uris": [CALLBACK], "scope": EVERYTHING,
        "grant_types": ["authorization_code", "refresh_token"]});
    let (Value::Object(object), Value::Object(members)) = (&mut body, members) else {
        panic!("metadata is an object")
    };
    object.extend(members);
    let permissions = EVERYTHING.split(' ').filter(|scope| scope.contains(':'));
    let permissions: BTreeSet<String> = permissions.map(str::to_owned).collect();
    let registrant = Registrant::Administrator {
        permissions: &permissions,
    };
    let valid = validate(object.clone(), registrant).unwrap();
    let new = NewClient::with_id(id.to_owned(), valid, server.app.clock.now());
    store::client::insert(&server.database.pool, &new.client)
        .await
        .unwrap();
    TestClient {
        id: id.to_owned(),
        secret: new.client_secret.map(|secret| secret.expose().to_owned()),
    }
}

impl TestClient {
    /// An authorization request.
    pub fn request(&self, scope: &str) -> Request {
        Request::new(scope)
            .with("client_id", &self.id)
            .with("redirect_uri", CALLBACK)
    }

    /// Posts a form, authenticated by Basic, or as the public client that it is.
    pub async fn post(
        &self,
        server: &TestServer,
        path: &str,
        form: &[(&str, &str)],
    ) -> (u16, Value) {
        if let Some(secret) = &self.secret {
            server.post_as((&self.id, secret), path, form).await
        } else {
            let mut form = form.to_vec();
            form.push(("client_id", &self.id));
            server.post(path, &form).await
        }
    }

    /// Goes through the flow with a new browser.
    pub async fn tokens(&self, server: &TestServer, scope: &str, email: &str) -> Value {
        self.tokens_of(server, &self.request(scope), email).await
    }

    /// Goes through the flow with a request of its own.
    pub async fn tokens_of(&self, server: &TestServer, request: &Request, email: &str) -> Value {
        let code = request.code(&Browser::new(server), email).await;
        let (status, tokens) = self.post(server, "/token", &code.form()).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    /// Presents a refresh token, with more parameters.
    pub async fn refresh(
        &self,
        server: &TestServer,
        token: &str,
        more: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend(more);
        self.post(server, "/token", &form).await
    }
}

/// `booking-app` of the demo data.
pub fn booking_app() -> TestClient {
    TestClient {
        id: BOOKING_APP.0.to_owned(),
        secret: Some(BOOKING_APP.1.to_owned()),
    }
}

/// What introspection tells a client about a token.
pub async fn introspect(server: &TestServer, client: &TestClient, token: &str) -> Value {
    let (status, body) = client
        .post(server, "/introspect", &[("token", token)])
        .await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Whether introspection calls a token active; where not, that it tells nothing else.
pub async fn is_active(server: &TestServer, client: &TestClient, token: &str) -> bool {
    let body = introspect(server, client, token).await;
    let active = body["active"].as_bool().unwrap();
    assert!(active || body == json!({"active": false}), "{body}");
    active
}

/// Runs a statement, as an administrator would.
pub async fn sql(server: &TestServer, statement: &'static str) {
    sqlx::raw_sql(statement)
        .execute(&server.database.pool)
        .await
        .unwrap();
}

/// Asserts a refusal of an endpoint that speaks JSON: the status, the code, and the form of RFC 6749,
/// section 5.2.
#[track_caller]
pub fn assert_refused((status, body): &(u16, Value), expected: u16, code: &str) {
    assert_eq!(
        (*status, &body["error"]),
        (expected, &code.into()),
        "{body}"
    );
    let members = body.as_object().unwrap();
    let allowed = ["error", "error_description", "error_uri"];
    assert!(members.keys().all(|name| allowed.contains(&name.as_str())));
    let description = body["error_description"].as_str().unwrap();
    let plain = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    assert!(description.chars().all(plain), "{description}");
}
