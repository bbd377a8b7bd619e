//! Signed tokens that were altered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::json::value;
use super::mutate::hostile;
use super::valid::{Body, Valid};

/// Alters a signed token, wherever the request has one.
pub fn token(valid: &mut Valid, chance: &mut Chance) -> bool {
    let form = match &mut valid.body {
        Body::Form(form) => form.as_mut_slice(),
        _ => &mut [],
    };
    let places = valid
        .headers
        .iter_mut()
        .chain(valid.query.iter_mut())
        .chain(form);
    let mut found: Vec<&mut String> = places
        .map(|(_, value)| value)
        .filter(|value| value.matches('.').count() == 2 && value.contains("eyJ"))
        .collect();
    if found.is_empty() {
        return false;
    }
    let at = chance.below(found.len());
    let place = &mut *found[at];
    let (before, jwt) = place.split_at(place.find("eyJ").unwrap());
    let altered = forge(jwt, chance);
    let changed = altered != jwt;
    *place = format!("{before}{altered}");
    changed
}

fn forge(jwt: &str, chance: &mut Chance) -> String {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [head, claims, signature] = parts.as_slice() else {
        return "..".to_owned();
    };
    let read = |part: &str| -> Map<String, Value> {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    };
    let write = |members: &Map<String, Value>| {
        URL_SAFE_NO_PAD.encode(Value::Object(members.clone()).to_string())
    };
    let (mut header, mut payload) = (read(head), read(claims));
    match chance.below(9) {
        0 => {
            header.insert(
                "alg".into(),
                json!(chance.pick(&["none", "HS256", "ES256", "RS512", ""])),
            );
            return format!("{}.{claims}.{signature}", write(&header));
        }
        1 => {
            header.insert("alg".into(), json!("none"));
            return format!("{}.{claims}.", write(&header));
        }
        2 => {
            let name = *chance.pick(&["kid", "typ", "crit", "jku", "jwk", "x5c", "cty", "zip"]);
            let value = value(&json!(hostile(chance)), chance);
            header.insert(name.into(), value);
            return format!("{}.{claims}.{signature}", write(&header));
        }
        3 | 4 => {
            let names = [
                "exp",
                "iat",
                "nbf",
                "sub",
                "aud",
                "iss",
                "jti",
                "scope",
                "client_id",
                "sid",
            ];
            let name = *chance.pick(&names);
            let value = value(&json!(i64::MAX), chance);
            payload.insert(name.into(), value);
            return format!("{head}.{}.{signature}", write(&payload));
        }
        5 => return format!("{head}.{claims}.{head}"),
        6 => return format!("{claims}.{head}.{signature}"),
        7 => return format!("{jwt}.{signature}"),
        _ => {}
    }
    let mut bytes = jwt.as_bytes().to_vec();
    let at = chance.below(bytes.len());
    bytes[at] = *chance.pick(b"AbZ09-_.=+/");
    String::from_utf8(bytes).unwrap()
}
