//! A real browser with an empty profile.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use auth_api::foundation::secret::Secret;
use axum::http::Method;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

use crate::driver::driver;

/// How long a page may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What the browser's owner has chosen.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub language: &'static str,
    pub scripts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            language: "en",
            scripts: true,
        }
    }
}

/// One running browser.
pub struct Chromium {
    pub client: Client,
    profile: PathBuf,
}

/// Goes through `act` in a new browser. No page may break a content security policy on the way.
pub async fn browse(settings: Settings, act: impl AsyncFnOnce(&Chromium)) {
    let chromium = Chromium::start(settings).await;
    act(&chromium).await;
    let complaints = chromium.complaints("Content Security Policy").await;
    chromium.client.clone().close().await.unwrap();
    // A browser that still writes while it ends must not fail the test.
    let _ = std::fs::remove_dir_all(&chromium.profile);
    assert_eq!(complaints, Vec::<String>::new());
}

impl Chromium {
    async fn start(settings: Settings) -> Self {
        let driver = driver();
        let name = format!("auth-api-browser-{}", Secret::generate().expose());
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut options = json!({
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                // Nothing outside of this machine is asked, whatever a page says.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
                format!("--lang={}", settings.language),
                format!("--user-data-dir={}", profile.display()),
            ],
            "prefs": {
                "intl.accept_languages": settings.language,
                "credentials_enable_service": false,
                "profile.password_manager_leak_detection": false,
            },
        });
        if !settings.scripts {
            options["prefs"]["profile.managed_default_content_settings.javascript"] = json!(2);
        }
        if let Some(browser) = &driver.browser {
            options["binary"] = json!(browser);
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&driver.url)
            .await
            .unwrap();
        Self { client, profile }
    }

    pub async fn open(&self, address: &str) {
        self.client.goto(address).await.unwrap();
    }

    pub async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    /// The element, as soon as it is there.
    pub async fn find(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE);
        let Ok(element) = wait.for_element(Locator::Css(css)).await else {
            let source = self.client.source().await.unwrap_or_default();
            panic!("no {css} at {}:\n{source}", self.url().await);
        };
        element
    }

    /// The element's visible text.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap()
    }

    /// Waits for a page with that text in the element; another page may still be shown at first.
    pub async fn see(&self, css: &str, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // An element of a page that is just being left has no text any more.
            let seen = self.find(css).await.text().await.unwrap_or_default();
            if seen == text {
                return;
            }
            let url = self.url().await;
            assert!(Instant::now() < deadline, "{css} at {url} is {seen:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many elements there are now.
    pub async fn count(&self, css: &str) -> usize {
        let found = self.client.find_all(Locator::Css(css)).await;
        found.unwrap().len()
    }

    /// An element of a page that is just being left is looked for again on the next.
    pub async fn click(&self, css: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.find(css).await.click().await {
                Err(error) if error.is_stale_element_reference() && Instant::now() < deadline => {}
                done => return done.unwrap(),
            }
        }
    }

    /// Clicks, and waits until that page is left: the next may look the same.
    pub async fn leave_by(&self, css: &str) {
        let left = self.find(css).await;
        left.click().await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        while left.tag_name().await.is_ok() {
            assert!(Instant::now() < deadline, "{css} leads nowhere");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Replaces a field's value.
    pub async fn fill(&self, css: &str, value: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let field = self.find(css).await;
            match field.clear().await {
                Err(error) if error.is_stale_element_reference() && Instant::now() < deadline => {}
                cleared => {
                    cleared.unwrap();
                    return field.send_keys(value).await.unwrap();
                }
            }
        }
    }

    /// Presses keys, wherever the focus is.
    pub async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// Runs a function's body in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        let body = json!({ "cmd": command, "params": params });
        self.extension(Method::POST, "goog/cdp/execute", Some(body))
            .await
    }

    /// A command that fantoccini does not know.
    pub async fn extension(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let command = Extension {
            method,
            path: path.to_owned(),
            body,
        };
        self.client.issue_cmd(command).await.unwrap()
    }

    /// A window of that size; below 600 px it is a phone's.
    pub async fn resize(&self, width: u32, height: u32) {
        let phone = width < 600;
        let metrics = json!({
            "width": width,
            "height": height,
            "deviceScaleFactor": 1.0,
            "mobile": phone,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// Whether the person prefers dark pages.
    pub async fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    /// What the console said since it was last asked, if it holds `part`.
    pub async fn complaints(&self, part: &str) -> Vec<String> {
        let kind = json!({ "type": "browser" });
        let entries = self.extension(Method::POST, "se/log", Some(kind)).await;
        entries
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|entry| entry["message"].as_str())
            .filter(|message| message.contains(part))
            .map(str::to_owned)
            .collect()
    }
}

/// A command that only this driver knows, or only a newer standard.
#[derive(Debug)]
struct Extension {
    method: Method,
    path: String,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = self.body.as_ref().map(Value::to_string);
        (self.method.clone(), body)
    }
}
