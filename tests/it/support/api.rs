//! The JSON API as an outside client calls it.

use auth_api::cli::demo::PASSWORD;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::openapi::check_call;
use super::server::TestServer;

/// The platform's own app.
pub const MOBILE: &str = "booking-mobile";

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// `Null` for an empty body.
    pub body: Value,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A text member of the body.
    pub fn text(&self, name: &str) -> &str {
        let text = self.body[name].as_str();
        text.unwrap_or_else(|| panic!("{name} in {:#}", self.body))
    }

    /// Sees that it is a success.
    #[track_caller]
    pub fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:#}", self.body);
        let stored = self.header("cache-control").unwrap_or_default();
        assert_eq!(stored, "no-store");
        self
    }

    /// Sees that it is a problem of a kind, as RFC 9457 has it.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        let body = &self.body;
        assert_eq!(self.status, status, "{body:#}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let kind = self.text("type");
        assert!(kind.ends_with(&format!("/docs/problems#{code}")), "{kind}");
        assert_eq!(body["status"], status);
        assert!(!self.text("title").is_empty() && !self.text("detail").is_empty());
        assert_eq!(self.header("x-request-id"), body["request_id"].as_str());
        assert!(["en", "fr"].contains(&self.header("content-language").unwrap()));
        if status == 401 {
            // RFC 9110, section 15.5.2.
            assert!(self.header("www-authenticate").is_some());
        }
        self
    }

    /// The fields that are told to be wrong, each with its code, in order.
    pub fn errors(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut errors: Vec<_> = errors
            .iter()
            .map(|error| {
                assert!(!error["detail"].as_str().unwrap().is_empty());
                let text = |name: &str| error[name].as_str().unwrap().to_owned();
                (text("field"), text("code"))
            })
            .collect();
        errors.sort();
        errors
    }
}

/// A client of the API: without cookies.
pub struct Api<'a> {
    pub server: &'a TestServer,
    pub access_token: Option<String>,
    language: Option<&'static str>,
}

impl<'a> Api<'a> {
    /// Nobody is signed in.
    pub fn new(server: &'a TestServer) -> Self {
        Self {
            server,
            access_token: None,
            language: None,
        }
    }

    /// Somebody is, by a password alone.
    pub async fn signed_in(server: &'a TestServer, email: &str) -> Self {
        let api = Self::new(server);
        let tokens = api.login(email, PASSWORD).await.ok(200);
        api.with_token(tokens.text("access_token"))
    }

    /// The same with an access token.
    #[must_use]
    pub fn with_token(mut self, access_token: &str) -> Self {
        self.access_token = Some(access_token.to_owned());
        self
    }

    /// The same with `Accept-Language`.
    #[must_use]
    pub fn speaking(mut self, language: &'static str) -> Self {
        self.language = Some(language);
        self
    }

    /// A request to a path below `/api/auth`.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = self.server.url(&format!("/api/auth{path}"));
        let mut request = self.server.http.request(method, url);
        if let Some(token) = &self.access_token {
            request = request.bearer_auth(token);
        }
        if let Some(language) = self.language {
            request = request.header("accept-language", language);
        }
        request
    }

    /// Sends a request. Whatever is answered is as the OpenAPI document says.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let method = request.method().clone();
        let response = self.server.http.execute(request).await.unwrap();
        let path = response.url().path().to_owned();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)
                .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&body)))
        };
        // CORS answers a preflight before there is a call.
        if method != Method::OPTIONS {
            check_call(method.as_str(), &path, status, &body);
        }
        Answer {
            status,
            headers,
            body,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST /api/auth/login`, of the configured client.
    pub async fn login(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        self.post("/login", body).await
    }
}
