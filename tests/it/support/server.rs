//! The whole server on a port of its own, over a database of its own with the demo data.

use std::sync::Arc;

use auth_api::app::App;
use auth_api::authn::password::Passwords;
use auth_api::cli::demo;
use auth_api::config::Config;
use auth_api::foundation::cipher::KeyEncryptionKey;
use auth_api::foundation::clock::Clock;
use auth_api::foundation::secret::Secret;
use auth_api::http::listen::{self, Limits, Shutdown};
use auth_api::routes;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::database::TestDatabase;

/// 32 zero bytes would do as well: it seals keys that live for one test run.
pub const KEK: &str = "dGVzdHMtb25seS1rZXktZW5jcnlwdGlvbi1rZXktISE";

/// A running server. It ends with its test.
pub struct TestServer {
    /// The issuer: `http://localhost:<port>`.
    pub issuer: String,
    /// Where this replica listens: equal to the issuer for the first one.
    pub base: String,
    pub app: Arc<App>,
    pub database: Arc<TestDatabase>,
    /// Without cookies and without redirects: for what clients call.
    pub http: reqwest::Client,
}

impl TestServer {
    /// A server with the development settings.
    pub async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// A server with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let database = Arc::new(TestDatabase::copy_of(demo_template().await).await);
        Self::on(database, None, Clock::default(), change).await
    }

    /// Another replica of this server: the same settings, issuer, database and clock.
    pub async fn replica(&self) -> Self {
        self.replica_with(|_| ()).await
    }

    /// One whose settings differ.
    pub async fn replica_with(&self, change: impl FnOnce(&mut Config)) -> Self {
        let (issuer, config) = (Some(self.issuer.clone()), self.app.config.clone());
        Self::on(
            Arc::clone(&self.database),
            issuer,
            self.app.clock.clone(),
            |own| {
                *own = config;
                change(own);
            },
        )
        .await
    }

    async fn on(
        database: Arc<TestDatabase>,
        issuer: Option<String>,
        clock: Clock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let listeners = listen::bind(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        let base = format!(
            "http://localhost:{}",
            listeners[0].local_addr().unwrap().port()
        );
        let mut config = Config::dev();
        config.server.issuer = issuer.unwrap_or_else(|| base.clone());
        config.database.url = Some(Secret::new(database.url.clone()));
        change(&mut config);
        let limits = Limits::of(&config.server);
        let shutdown = Shutdown::default();
        let issuer = config.server.issuer.clone();
        let app = App::start(
            config,
            database.pool.clone(),
            kek(),
            clock,
            shutdown.clone(),
        )
        .await
        .unwrap();
        let router = routes::router(&app);
        tokio::spawn(async move {
            listen::serve(router, listeners, None, &limits, shutdown)
                .await
                .unwrap();
        });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            issuer,
            base,
            app,
            database,
            http,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Posts a form with a client's secret in the header; the answer's status and JSON (`Null` for an
    /// empty body).
    pub async fn post_as(
        &self,
        client: (&str, &str),
        path: &str,
        form: &[(&str, &str)],
    ) -> (u16, Value) {
        let request = self
            .http
            .post(self.url(path))
            .basic_auth(client.0, Some(client.1));
        json(request.form(form)).await
    }

    /// Posts a form without an Authorization header.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        json(self.http.post(self.url(path)).form(form)).await
    }

    /// Calls UserInfo with an access token.
    pub async fn userinfo(&self, access_token: &str) -> (u16, Value) {
        json(
            self.http
                .get(self.url("/userinfo"))
                .bearer_auth(access_token),
        )
        .await
    }
}

/// Sends a request; the answer's status and JSON (`Null` for an empty body).
pub async fn json(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    let value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).unwrap()
    };
    (status, value)
}

/// The key-encryption key of every test server.
pub fn kek() -> KeyEncryptionKey {
    KeyEncryptionKey::from_secret(&Secret::new(KEK)).unwrap()
}

/// A database with signing keys and the demo data: made once, for RSA keys and Argon2 take time.
async fn demo_template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let database = TestDatabase::new().await;
            let clock = Clock::default();
            let config = Config::dev();
            let pool = database.pool.clone();
            App::start(
                config,
                pool.clone(),
                kek(),
                clock.clone(),
                Shutdown::default(),
            )
            .await
            .unwrap();
            demo::seed(&pool, &Passwords::new().unwrap(), clock.now())
                .await
                .unwrap();
            database.into_template().await
        })
        .await
}
