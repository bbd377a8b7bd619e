//! A security key, or a phone's own, without hardware: the virtual authenticators of Web
//! Authentication Level 3, section 11 (User Agent Automation).

use axum::http::Method;
use serde_json::{Value, json};

use crate::chromium::Chromium;

/// An authenticator that is plugged in to one browser.
pub struct Authenticator<'a> {
    chromium: &'a Chromium,
    id: String,
}

impl Chromium {
    /// What is built in to phones and laptops: keeps passkeys and checks who is there.
    pub async fn platform_authenticator(&self) -> Authenticator<'_> {
        Authenticator::plug_in(
            self,
            json!({
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": true,
                "hasUserVerification": true,
                "isUserConsenting": true,
                "isUserVerified": true,
            }),
        )
        .await
    }

    /// A plain security key, which keeps no passkeys; with a PIN it knows its owner, else it opens
    /// for whoever touches it.
    pub async fn security_key(&self, with_pin: bool) -> Authenticator<'_> {
        Authenticator::plug_in(
            self,
            json!({
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": false,
                "hasUserVerification": with_pin,
                "isUserConsenting": true,
                "isUserVerified": with_pin,
            }),
        )
        .await
    }
}

impl<'a> Authenticator<'a> {
    async fn plug_in(chromium: &'a Chromium, options: Value) -> Self {
        let id = chromium
            .extension(Method::POST, "webauthn/authenticator", Some(options))
            .await;
        let id = id.as_str().unwrap().to_owned();
        Self { chromium, id }
    }

    /// Takes it away, with all that it keeps.
    pub async fn unplug(self) {
        self.ask(Method::DELETE, "", None).await;
    }

    /// The credentials that were made with it (section 11.5).
    pub async fn credentials(&self) -> Vec<Value> {
        let found = self.ask(Method::GET, "/credentials", None).await;
        found.as_array().unwrap().clone()
    }

    /// Whether the person touches it when they are asked next; else nothing comes of it.
    pub async fn touch(&self, touched: bool) {
        let presence = json!({ "authenticatorId": self.id, "enabled": touched });
        self.chromium
            .devtools("WebAuthn.setAutomaticPresenceSimulation", presence)
            .await;
    }

    async fn ask(&self, method: Method, what: &str, body: Option<Value>) -> Value {
        let path = format!("webauthn/authenticator/{}{what}", self.id);
        self.chromium.extension(method, &path, body).await
    }
}

/// The ceremonies of a page that knows nothing else: that the authenticators work as told.
const MAKE: &str = r"
const done = arguments[arguments.length - 1];
navigator.credentials.create({ publicKey: {
  rp: { name: 'Test' },
  user: { id: new Uint8Array([7]), name: 'camille', displayName: 'Camille' },
  challenge: new Uint8Array(16),
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: arguments[0], userVerification: 'preferred' },
} }).then(it => done(it.type), error => done(String(error)))";
const CONDITIONAL: &str = r"
const done = arguments[arguments.length - 1];
PublicKeyCredential.isConditionalMediationAvailable().then(available => available
  ? navigator.credentials.get({ mediation: 'conditional', publicKey: {
      challenge: new Uint8Array(16), userVerification: 'preferred' } })
    .then(it => done(new Uint8Array(it.response.userHandle)[0]))
  : done('unavailable')).catch(error => done(String(error)))";

#[tokio::test]
async fn passkeys_are_made_and_fill_in_by_themselves() {
    let platform = crate::platform::Platform::start().await;
    crate::chromium::browse(crate::chromium::Settings::default(), async |chromium| {
        // No page that asks for passkeys itself: a browser has one request at a time.
        chromium
            .open(&platform.server.url("/forgot-password"))
            .await;
        let key = chromium.security_key(false).await;
        let make = |kind: &str| chromium.client.execute_async(MAKE, vec![json!(kind)]);
        assert_eq!(make("discouraged").await.unwrap(), "public-key");
        let refused = make("required").await.unwrap();
        assert!(
            refused.as_str().unwrap().starts_with("NotAllowedError"),
            "{refused}"
        );
        assert_eq!(key.credentials().await.len(), 1);
        key.unplug().await;

        let phone = chromium.platform_authenticator().await;
        assert_eq!(make("required").await.unwrap(), "public-key");
        assert_eq!(phone.credentials().await[0]["isResidentCredential"], true);
        let filled = chromium.client.execute_async(CONDITIONAL, Vec::new()).await;
        assert_eq!(filled.unwrap(), 7);
    })
    .await;
}
