//! The `id_token_hint` of a sign-out request.

use serde_json::Value;

use crate::app::{App, Visitor};
use crate::http::form::Params;
use crate::oauth::token::issue::ID_TOKEN_TYPE;

/// `sub` and `sid` of the person, and the client.
pub(super) type Hint = (Option<(String, Option<String>)>, Option<String>);

/// The person and the client of an ID token of ours; an expired one is fine (section 4). One that
/// cannot be verified counts as none: the person is asked.
pub(super) async fn hint(app: &App, visitor: &Visitor, params: &Params) -> Hint {
    let Some(token) = params.get("id_token_hint") else {
        return (None, None);
    };
    let now = visitor.context.now;
    let Ok(verified) = app.keys.verify_hint(token, &[ID_TOKEN_TYPE], now).await else {
        return (None, None);
    };
    let text = |name: &str| {
        verified
            .claims
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    if text("iss").as_deref() != Some(app.issuer.as_str()) {
        return (None, None);
    }
    (text("sub").map(|sub| (sub, text("sid"))), text("aud"))
}
