//! The code flow, from the authorization request to the tokens.

use auth_api::foundation::secret::Secret;
use auth_api::oauth::pkce;
use serde_json::Value;

use super::browser::{Browser, Page};
use super::server::TestServer;

/// The demo clients.
pub const BOOKING_APP: (&str, &str) = ("booking-app", "booking-app-secret");
pub const BOOKING_BATCH: (&str, &str) = ("booking-batch", "booking-batch-secret");
pub const CALLBACK: &str = "http://localhost:3002/callback";
pub const CUSTOMER: &str = "customer@booking.test";
pub const ADMIN: &str = "admin@booking.test";

/// An authorization request, to be changed before it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    pub params: Vec<(String, String)>,
    pub verifier: String,
}

/// What a client holds after the redirect.
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names)] // `code` is its name on the wire.
pub struct Code {
    pub code: String,
    pub verifier: String,
    pub redirect_uri: String,
}

impl Request {
    /// A request of `booking-app` with PKCE, `state` and `nonce`.
    pub fn new(scope: &str) -> Self {
        let verifier = Secret::generate().expose().to_owned();
        let challenge = pkce::challenge_of(&verifier).unwrap();
        let params = [
            ("client_id", BOOKING_APP.0),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", scope),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let params = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self { params, verifier }
    }

    /// Sets a parameter, or adds a `resource`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if name != "resource" {
            self.params.retain(|(known, _)| known != name);
        }
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.params.retain(|(known, _)| known != name);
        self
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The parameters as pairs.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// Sends the request and shows what it leads to at the server, or the redirect that leaves it.
    pub async fn send(&self, browser: &Browser) -> Page {
        let page = browser.get_with("/authorize", &self.pairs()).await;
        browser.follow(page).await
    }

    /// Sends the request, signs in where asked, allows where asked: to the code.
    pub async fn code(&self, browser: &Browser, email: &str) -> Code {
        let mut page = self.send(browser).await;
        if page.url.path() == "/login" {
            page = browser.sign_in(&page, email).await;
        }
        if page.url.path() == "/consent" {
            let next = browser.submit(&page, &[("decision", "allow")]).await;
            page = browser.follow(next).await;
        }
        let code = page.answer("code").unwrap_or_else(|| {
            panic!(
                "no code at {} {}: {:?}\n{}",
                page.url,
                page.status,
                page.location(),
                page.body
            )
        });
        Code {
            code,
            verifier: self.verifier.clone(),
            redirect_uri: self.get("redirect_uri").unwrap_or(CALLBACK).to_owned(),
        }
    }
}

impl Code {
    /// The form that redeems the code.
    pub fn form(&self) -> Vec<(&str, &str)> {
        vec![
            ("grant_type", "authorization_code"),
            ("code", &self.code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier),
        ]
    }

    /// Redeems the code as `booking-app`.
    pub async fn redeem(&self, server: &TestServer) -> (u16, Value) {
        server.post_as(BOOKING_APP, "/token", &self.form()).await
    }
}

/// Signs a new browser in and gets tokens of a scope for `booking-app`.
pub async fn tokens(server: &TestServer, scope: &str, email: &str) -> Value {
    let code = Request::new(scope).code(&Browser::new(server), email).await;
    let (status, tokens) = code.redeem(server).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// Presents a refresh token as `booking-app`.
pub async fn refresh(server: &TestServer, refresh_token: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    server.post_as(BOOKING_APP, "/token", &form).await
}

/// Parameters as a query or a form has them.
pub fn encoded(params: &[(&str, &str)]) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(params).finish()
}

/// A text member of a JSON object.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no text {name} in {value}"))
}

/// The payload of a JWT, unverified.
pub fn payload(jwt: &str) -> Value {
    part(jwt, 1)
}

/// The header of a JWT, unverified.
pub fn header(jwt: &str) -> Value {
    part(jwt, 0)
}

fn part(jwt: &str, index: usize) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = jwt.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
