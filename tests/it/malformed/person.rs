//! A person's browser over the raw connection: its cookies can be seen and misused.

use std::cell::RefCell;

use super::raw::{Answer, exchange, request, with_body};
use crate::support::flow::{CUSTOMER, Request};
use crate::support::server::TestServer;

/// A browser with its cookies.
pub struct Person<'a> {
    server: &'a TestServer,
    cookies: RefCell<Vec<(String, String)>>,
}

impl<'a> Person<'a> {
    /// Nobody yet.
    pub fn new(server: &'a TestServer) -> Self {
        Self {
            server,
            cookies: RefCell::default(),
        }
    }

    /// The demo customer.
    pub async fn signed_in(server: &'a TestServer) -> Self {
        let person = Self::new(server);
        person.get("/login").await;
        let page = person.get("/login").await;
        let password = auth_api::cli::demo::PASSWORD;
        let form = [
            ("csrf", Self::csrf_of(&page)),
            ("username", CUSTOMER.to_owned()),
            ("password", password.to_owned()),
        ];
        let answer = person.post("/login", &form).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        person
    }

    /// The Cookie header.
    pub fn cookies(&self) -> String {
        let pairs = self.cookies.borrow();
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Begins an authorization request: its continuation, and the token of the page's form.
    pub async fn waiting(&self, asked: &Request) -> (String, String) {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(asked.pairs())
            .finish();
        let mut answer = self.get(&format!("/authorize?{query}")).await;
        let mut id = String::new();
        while let Some(location) = answer.header("location").map(str::to_owned) {
            assert!(location.starts_with('/'), "{location}");
            id = location.split("continuation=").nth(1).unwrap().to_owned();
            answer = self.get(&location).await;
        }
        (id, Self::csrf_of(&answer))
    }

    pub async fn get(&self, target: &str) -> Answer {
        let cookies = self.cookies();
        self.keep(request("GET", target, &[("cookie", &cookies)]))
            .await
    }

    pub async fn post(&self, target: &str, form: &[(&str, String)]) -> Answer {
        let cookies = self.cookies();
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        let headers = [("cookie", cookies.as_str()), ("content-type", kind)];
        self.keep(with_body("POST", target, &headers, Some(body.as_bytes())))
            .await
    }

    async fn keep(&self, bytes: Vec<u8>) -> Answer {
        let answer = exchange(&self.server.base, &bytes).await.unwrap();
        for (name, value) in &answer.headers {
            if name == "set-cookie" {
                let pair = value.split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                let mut cookies = self.cookies.borrow_mut();
                cookies.retain(|(known, _)| known != name);
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    /// The token of the first form of a page.
    pub fn csrf_of(page: &Answer) -> String {
        let text = page.text();
        let start = text
            .find("name=\"csrf\"")
            .unwrap_or_else(|| panic!("no form: {}\n{text}", page.head));
        let value = text[start..].split("value=\"").nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    }
}
