//! What the OpenAPI document says, and whether an answer is so.

use std::sync::LazyLock;

use auth_api::ops::openapi::generate;
use serde_json::Value;

/// The document of a development server.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(&generate().unwrap()).unwrap());
    &DOCUMENT
}

/// Checks an answer of the JSON API against the document: its status is told of, and its body is of
/// the schema. `path` as it was called.
pub fn check_call(method: &str, path: &str, status: u16, body: &Value) {
    let document = document();
    let method = method.to_lowercase();
    let Some(pattern) = pattern(document, &method, path) else {
        // No such call: the router's own refusals.
        assert!(
            [404, 405].contains(&status),
            "{method} {path}: {status} {body}"
        );
        return;
    };
    if body.is_null() {
        let told = response(document, pattern, &method, status);
        assert!(
            told["content"].is_null(),
            "{method} {path} {status} without a body"
        );
    } else {
        check(document, pattern, &method, status, body);
    }
}

/// The path of the document that a path fits; one without parameters goes first.
fn pattern<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a str> {
    let path: Vec<&str> = path.split('?').next()?.split('/').collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let same = |(pattern, is): (&&str, &&str)| pattern.starts_with('{') || pattern == is;
        pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
    };
    let paths = document["paths"].as_object()?.iter();
    let mut fitting: Vec<&str> = paths
        .filter(|(pattern, item)| fits(pattern) && item.get(method).is_some())
        .map(|(pattern, _)| pattern.as_str())
        .collect();
    fitting.sort_by_key(|pattern| pattern.contains('{'));
    fitting.first().copied()
}

/// What an operation says about one status, references followed.
pub fn response<'a>(document: &'a Value, path: &str, method: &str, status: u16) -> &'a Value {
    let found = &document["paths"][path][method]["responses"][status.to_string()];
    assert!(
        !found.is_null(),
        "{method} {path} does not tell of {status}"
    );
    followed(document, found)
}

fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => value,
    }
}

/// Checks an answer's JSON against the schema that the document gives it.
pub fn check(document: &Value, path: &str, method: &str, status: u16, body: &Value) {
    let response = response(document, path, method, status);
    let content = &response["content"];
    let kinds = [
        "application/json",
        "application/problem+json",
        "application/jwk-set+json",
    ];
    let schema = kinds.map(|kind| &content[kind]["schema"]);
    let schema = schema.into_iter().find(|schema| !schema.is_null());
    let schema = schema.unwrap_or_else(|| panic!("{method} {path} {status} has no schema"));
    let place = format!("{method} {path} {status}");
    check_schema(document, followed(document, schema), body, &place);
}

fn check_schema(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = followed(document, schema);
    if let Some(values) = schema["enum"].as_array() {
        assert!(
            values.contains(value),
            "{place}: {value} is none of {values:?}"
        );
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    assert!(fits, "{place}: {value} is not of {schema}");
    for item in value.as_array().into_iter().flatten() {
        check_schema(document, &schema["items"], item, place);
    }
    let (Some(members), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        assert!(members.contains_key(name), "{place}: {name} is missing");
    }
    for (name, member) in members {
        let property = properties.get(name);
        let property = property.unwrap_or_else(|| panic!("{place}: {name} is not described"));
        check_schema(document, property, member, &format!("{place}, {name}"));
    }
}
