//! A browser without scripts: keeps cookies, sends forms, follows redirects only when told.

use reqwest::header::LOCATION;
use url::Url;

use super::server::TestServer;

/// A person's browser.
pub struct Browser {
    http: reqwest::Client,
    base: String,
}

/// What the browser shows.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub url: Url,
    pub body: String,
}

impl Browser {
    /// A new browser at a server.
    pub fn new(server: &TestServer) -> Self {
        Self::at(&server.base)
    }

    /// A new browser at a server's address.
    pub fn at(base: &str) -> Self {
        Self::built_by(reqwest::Client::builder(), base)
    }

    /// A new browser at a server, which tells it its name.
    pub fn named(server: &TestServer, user_agent: &str) -> Self {
        let builder = reqwest::Client::builder().user_agent(user_agent);
        Self::built_by(builder, &server.base)
    }

    /// A new browser at a server, of somebody who reads a language.
    pub fn speaking(server: &TestServer, language: &str) -> Self {
        let headers = [(reqwest::header::ACCEPT_LANGUAGE, language.parse().unwrap())];
        let builder = reqwest::Client::builder().default_headers(headers.into_iter().collect());
        Self::built_by(builder, &server.base)
    }

    /// One that is named, behind a proxy that the server trusts, which tells it an address.
    pub fn behind_proxy(server: &TestServer, user_agent: &str, ip: &str) -> Self {
        let headers = [("x-forwarded-for".parse().unwrap(), ip.parse().unwrap())];
        let builder = reqwest::Client::builder()
            .user_agent(user_agent)
            .default_headers(headers.into_iter().collect());
        Self::built_by(builder, &server.base)
    }

    fn built_by(builder: reqwest::ClientBuilder, base: &str) -> Self {
        let http = builder
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            http,
            base: base.to_owned(),
        }
    }

    /// Asks for a path or an address, without following redirects.
    pub async fn get(&self, address: &str) -> Page {
        self.show(self.http.get(self.absolute(address))).await
    }

    /// Asks for a path or an address, with parameters.
    pub async fn get_with(&self, address: &str, params: &[(&str, &str)]) -> Page {
        self.show(self.http.get(self.absolute(address)).query(params))
            .await
    }

    /// Asks, and follows redirects as long as they stay at the server.
    pub async fn visit(&self, address: &str) -> Page {
        let page = self.get(address).await;
        self.follow(page).await
    }

    /// Follows redirects as long as they stay at the server.
    pub async fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            match page.location() {
                Some(to) if to.as_str().starts_with(&self.base) => {
                    page = self.get(to.as_str()).await;
                }
                _ => return page,
            }
        }
        panic!("too many redirects, now at {}", page.url);
    }

    /// Posts a form as it is.
    pub async fn post(&self, address: &str, form: &[(&str, &str)]) -> Page {
        self.show(self.http.post(self.absolute(address)).form(form))
            .await
    }

    /// Fills in the page's first form and sends it, hidden fields included.
    pub async fn submit(&self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let (action, hidden) = page.form();
        let mut form: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        form.extend(fields);
        self.post(page.url.join(&action).unwrap().as_str(), &form)
            .await
    }

    /// Signs in on a sign-in page that is shown; follows on.
    pub async fn sign_in(&self, page: &Page, email: &str) -> Page {
        let password = auth_api::cli::demo::PASSWORD;
        let fields = [("username", email), ("password", password)];
        let next = self.submit(page, &fields).await;
        self.follow(next).await
    }

    fn absolute(&self, address: &str) -> String {
        if address.starts_with('/') {
            format!("{}{address}", self.base)
        } else {
            address.to_owned()
        }
    }

    async fn show(&self, request: reqwest::RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        Page {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            url: response.url().clone(),
            body: response.text().await.unwrap(),
        }
    }
}

impl Page {
    /// Where the page redirects to.
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(self.url.join(location).unwrap())
    }

    /// A parameter of the address that the page redirects to (query, else fragment).
    pub fn answer(&self, name: &str) -> Option<String> {
        let location = self.location()?;
        let encoded = location.fragment().or(location.query())?.to_owned();
        let found = url::form_urlencoded::parse(encoded.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// The action and the hidden fields of the first form that posts.
    pub fn form(&self) -> (String, Vec<(String, String)>) {
        let start = self
            .body
            .find("<form method=\"post\"")
            .unwrap_or_else(|| panic!("no form at {} ({}):\n{}", self.url, self.status, self.body));
        let form = &self.body[start..];
        let form = &form[..form.find("</form>").unwrap()];
        let action = attribute(form, "action").unwrap();
        let hidden = form
            .split("<input ")
            .skip(1)
            .filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
            .map(|input| {
                (
                    attribute(input, "name").unwrap(),
                    attribute(input, "value").unwrap(),
                )
            })
            .collect();
        (action, hidden)
    }

    /// The value of the first attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let start = self.body.find(&format!("{name}=\""))? + name.len() + 2;
        let value = &self.body[start..];
        Some(unescape(&value[..value.find('"')?]))
    }

    /// The text of the element with an id, without inner elements.
    pub fn text(&self, id: &str) -> Option<String> {
        let start = self.body.find(&format!("id=\"{id}\""))?;
        let rest = &self.body[start..];
        let rest = &rest[rest.find('>')? + 1..];
        Some(unescape(rest[..rest.find('<')?].trim()))
    }
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let element = &element[..element.find('>').unwrap_or(element.len())];
    let start = element.find(&format!("{name}=\""))? + name.len() + 2;
    let value = &element[start..];
    Some(unescape(&value[..value.find('"')?]))
}

fn unescape(text: &str) -> String {
    text.replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&#60;", "<")
        .replace("&lt;", "<")
        .replace("&#62;", ">")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
}
