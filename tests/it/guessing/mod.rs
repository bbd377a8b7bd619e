//! Guessing: what holds it up, and that nothing is learned by it.

mod bcrypt;
mod device;
mod flood;
mod overload;
mod statistics;
mod throttle;
mod told;
mod uniform;

use reqwest::RequestBuilder;
use reqwest::header::{COOKIE, SET_COOKIE};

use crate::support::server::TestServer;

/// A server that believes the caller's `X-Forwarded-For`, as behind a reverse proxy on this machine.
async fn behind_a_proxy() -> TestServer {
    TestServer::with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await
}

/// A page's form that was fetched once and is sent many times, as an attacker's program would.
struct Form {
    path: String,
    cookies: String,
    hidden: Vec<(String, String)>,
}

impl Form {
    /// The sign-in form, in a browser that nobody knows.
    async fn login(server: &TestServer) -> Self {
        Self::of(server, "/login").await
    }

    async fn of(server: &TestServer, path: &str) -> Self {
        let answer = server.http.get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let cookies = answer.headers().get_all(SET_COOKIE).iter();
        let cookies = cookies.map(|one| one.to_str().unwrap().split(';').next().unwrap());
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let page = crate::support::browser::Page {
            status: 200,
            headers: answer.headers().clone(),
            url: answer.url().clone(),
            body: answer.text().await.unwrap(),
        };
        let (action, hidden) = page.form();
        let path = page.url.join(&action).unwrap().path().to_owned();
        Self {
            path,
            cookies,
            hidden,
        }
    }

    /// The form, filled in.
    fn request(&self, server: &TestServer, fields: &[(&str, &str)]) -> RequestBuilder {
        let hidden = self
            .hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        let request = server.http.post(server.url(&self.path));
        request.header(COOKIE, &self.cookies).form(&form)
    }
}
