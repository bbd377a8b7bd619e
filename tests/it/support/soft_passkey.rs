//! An authenticator in software, and what a browser would make of its answers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use webauthn_authenticator_rs::WebauthnAuthenticator as _;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

use super::server::TestServer;

/// An authenticator that verifies whoever holds it, with at most one credential.
pub struct Key {
    inner: SoftPasskey,
    origin: Url,
    /// The credential's id and its user handle, as base64url.
    made: Option<(String, String)>,
}

impl Key {
    /// An authenticator in a browser at a server.
    pub fn new(server: &TestServer) -> Self {
        Self {
            inner: SoftPasskey::new(true),
            origin: server.issuer.parse().unwrap(),
            made: None,
        }
    }

    /// From here on the browser shows a page of another origin.
    pub fn visit(&mut self, origin: &str) {
        self.origin = origin.parse().unwrap();
    }

    /// `navigator.credentials.create`: a `RegistrationResponseJSON`.
    pub fn create(&mut self, public_key: &Value) -> Value {
        let options = serde_json::from_value(json!({ "publicKey": public_key })).unwrap();
        let made = self.inner.do_registration(self.origin.clone(), options);
        let made = serde_json::to_value(made.unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.made = Some((text(&made["rawId"]), text(&public_key["user"]["id"])));
        made
    }

    /// `navigator.credentials.get`: an `AuthenticationResponseJSON`. Where no credential is named,
    /// the one that there is answers and says whose it is.
    pub fn get(&mut self, public_key: &Value) -> Value {
        let (id, user) = self.made.clone().unwrap();
        let mut public_key = public_key.clone();
        let discoverable = public_key["allowCredentials"] == json!([]);
        if discoverable {
            public_key["allowCredentials"] = json!([{ "type": "public-key", "id": id }]);
        }
        let options = serde_json::from_value(json!({ "publicKey": public_key })).unwrap();
        let answer = self.inner.do_authentication(self.origin.clone(), options);
        let mut answer = serde_json::to_value(answer.unwrap()).unwrap();
        if discoverable {
            answer["response"]["userHandle"] = json!(user);
        }
        answer
    }

    /// The credential's id.
    pub fn id(&self) -> Vec<u8> {
        let (id, _) = self.made.as_ref().unwrap();
        URL_SAFE_NO_PAD.decode(id).unwrap()
    }
}
