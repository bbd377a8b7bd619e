//! One mutation of a valid request, or several.

use super::chance::Chance;
use super::forge::token;
use super::hostile::{HEADERS, HOSTILE, KINDS, METHODS};
use super::json;
use super::valid::{Body, Valid};

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
        json::member(value, chance, 0);
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
                .repeat(1 + chance.below(6000));
        }
        6 => all[at].0 = hostile(chance),
        7 => all.push((hostile(chance), hostile(chance))),
        _ => all[at].1 = hostile(chance),
    }
}

/// A hostile value.
pub fn hostile(chance: &mut Chance) -> String {
    (*chance.pick(HOSTILE)).to_owned()
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
        0 => (*chance.pick(METHODS)).clone_into(&mut valid.method),
        1 => {
            let more = [
                "/", "//", "/..", "/%2e%2e/", ";a", "%00", "%FF", "%0d%0a", "\u{e9}",
            ];
            valid.path.push_str(chance.pick::<&str>(&more));
        }
        _ => {
            let query = valid.query.clone();
            let form = parameters(valid);
            form.extend(query);
        }
    }
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
