//! An authenticator app (RFC 6238), and its enrolment without the pages.

use std::time::Duration;

use auth_api::authn::ceremony::Bound;
use auth_api::authn::factors::totp::{self, Confirmation};
use auth_api::foundation::secret::Secret;
use auth_api::users::store::find_by_email;
use totp_rs::{Builder, Secret as Key, Totp};
use uuid::Uuid;

use super::server::TestServer;

/// An app that holds one key, on the server's clock.
pub struct AuthenticatorApp {
    totp: Totp,
}

impl AuthenticatorApp {
    /// The app of a key as pages and JSON show it.
    pub fn with_key(shown: &str) -> Self {
        let plain: String = shown.split_whitespace().collect();
        let key = Key::try_from_base32(plain.to_uppercase()).unwrap();
        let builder = Builder::new().with_secret(key).with_digits(6);
        Self {
            totp: builder.build().unwrap(),
        }
    }

    /// Enrols an app for a person. The code that confirmed it is used up.
    pub async fn enrolled(server: &TestServer, email: &str) -> Self {
        let app = &server.app;
        let user = find_by_email(&app.pool, email).await.unwrap().unwrap().user;
        let kek = app.keys.key_encryption_key();
        let bound = Bound::session(Uuid::nil());
        let now = app.clock.now();
        let begun = totp::begin(&app.pool, kek, &user, "test", &bound, now)
            .await
            .unwrap();
        let enrolled = Self::with_key(begun.key.expose());
        let code = Secret::new(enrolled.code(server));
        let mut conn = app.pool.acquire().await.unwrap();
        let confirmed = totp::confirm(
            &mut conn,
            kek,
            user.id_user,
            (begun.ceremony, &bound),
            &code,
            "App",
            now,
        );
        assert!(matches!(confirmed.await.unwrap(), Confirmation::Added(_)));
        enrolled
    }

    /// What the app shows now.
    pub fn code(&self, server: &TestServer) -> String {
        let now = server.app.clock.now().unix_timestamp();
        self.totp.generate(now.unsigned_abs()).to_string()
    }

    /// What the app shows when the present code is over.
    pub fn next_code(&self, server: &TestServer) -> String {
        server.app.clock.advance(Duration::from_secs(30));
        self.code(server)
    }
}
