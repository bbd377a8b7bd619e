//! A client that does what RFC 9700 expects of one while servers die: it repeats a request whose
//! answer it did not get, with the same token, at the other server.

use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;

use crate::support::flow::{BOOKING_APP, Code, text};

/// How long a client tries to get an answer, well within the retry window.
const PATIENCE: Duration = Duration::from_secs(5);

/// The addresses of two servers, of which a client uses the one that answers.
#[derive(Clone)]
pub struct Servers {
    http: Client,
    bases: Arc<RwLock<[String; 2]>>,
}

impl Servers {
    pub fn new(bases: [String; 2]) -> Self {
        Self {
            http: Client::builder().no_proxy().build().unwrap(),
            bases: Arc::new(RwLock::new(bases)),
        }
    }

    /// Notes where a server that was started again listens.
    pub fn moved(&self, number: usize, base: String) {
        self.bases.write().unwrap()[number] = base;
    }

    /// Posts a form to a server; an error when the answer got lost.
    pub async fn post(
        &self,
        number: usize,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<(u16, Value), reqwest::Error> {
        let url = format!("{}{path}", self.bases.read().unwrap()[number % 2]);
        let request = self.http.post(url).form(form);
        let request = request.basic_auth(BOOKING_APP.0, Some(BOOKING_APP.1));
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Posts a form until there is an answer, to the servers in turn.
    pub async fn post_until_answered(
        &self,
        first: usize,
        path: &str,
        form: &[(&str, &str)],
    ) -> (u16, Value) {
        let began = Instant::now();
        let mut number = first;
        loop {
            match self.post(number, path, form).await {
                Ok(answer) => return answer,
                Err(error) => assert!(began.elapsed() < PATIENCE, "{path}: {error}"),
            }
            number += 1;
            tokio::task::yield_now().await;
        }
    }

    /// Refreshes, and goes on until there is a new token.
    pub async fn refresh(&self, number: usize, token: &str) -> String {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let (status, body) = self.post_until_answered(number, "/token", &form).await;
        assert_eq!(status, 200, "the client's newest token was refused: {body}");
        text(&body, "refresh_token").to_owned()
    }

    /// Presents a refresh token that may be refused.
    pub async fn try_refresh(&self, number: usize, token: &str) -> (u16, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post_until_answered(number, "/token", &form).await
    }

    /// Redeems a code once, without a second try.
    pub async fn redeem(&self, number: usize, code: &Code) -> Option<(u16, Value)> {
        self.post(number, "/token", &code.form()).await.ok()
    }

    /// Revokes a token, and goes on until that is confirmed.
    pub async fn revoke(&self, number: usize, token: &str) {
        let form = [("token", token)];
        let (status, _) = self.post_until_answered(number, "/revoke", &form).await;
        assert_eq!(status, 200);
    }

    /// Whether a server calls a token active.
    pub async fn is_active(&self, number: usize, token: &str) -> bool {
        let form = [("token", token)];
        let (status, told) = self.post_until_answered(number, "/introspect", &form).await;
        assert_eq!(status, 200, "{told}");
        told["active"] == true
    }
}
