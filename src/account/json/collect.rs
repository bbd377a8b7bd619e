//! All that is wrong with a body, field by field. Serde stops at the first error: what it complains
//! about is noted and replaced by something else of another type, until it is content.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::Segment;

use super::FieldError;
use crate::i18n::{Locale, t, t_args};

/// Errors told at once; also what ends the search in any case.
const MOST: usize = 32;

/// What stands in for a value of each type.
fn stand_ins() -> [Value; 7] {
    [
        Value::Null,
        json!(""),
        json!(0),
        json!(false),
        json!([]),
        json!({}),
        json!("00000000-0000-0000-0000-000000000000"),
    ]
}

/// A member that is there twice.
pub(super) fn repeated(field: String, locale: Locale) -> FieldError {
    FieldError::new(field, "repeated", t(locale, "problem-field-repeated"))
}

/// The errors of `value`, which is not a `T`.
pub(super) fn errors_of<T: DeserializeOwned>(mut value: Value, locale: Locale) -> Vec<FieldError> {
    let mut errors: Vec<FieldError> = Vec::new();
    // How many stand-ins the field that was noted last has had.
    let mut tried = 0;
    for _ in 0..MOST * 8 {
        let Err(error) = serde_path_to_error::deserialize::<_, T>(&value) else {
            break;
        };
        let text = error.inner().to_string();
        let mut path: Vec<String> = error.path().iter().filter_map(name_of).collect();
        let missing = text.starts_with("missing field");
        let unknown = text.starts_with("unknown field");
        if let Some(name) = named(&text)
            && (missing || (unknown && path.last().map(String::as_str) != Some(name)))
        {
            path.push(name.to_owned());
        }
        let field = path.join(".");
        if errors.last().is_some_and(|last| last.field == field) {
            tried += 1;
        } else if errors.len() == MOST || errors.iter().any(|known| known.field == field) {
            break;
        } else {
            errors.push(told(field, &text, locale));
            tried = 0;
        }
        if unknown {
            remove(&mut value, &path);
            continue;
        }
        let stand_in = match choices(&text).first() {
            Some(choice) => json!(choice),
            _ => match stand_ins().into_iter().nth(tried) {
                Some(stand_in) => stand_in,
                None => break,
            },
        };
        if !put(&mut value, &path, stand_in) {
            break;
        }
    }
    errors
}

fn told(field: String, text: &str, locale: Locale) -> FieldError {
    let (code, detail) = if text.starts_with("missing field") {
        ("missing", t(locale, "problem-field-missing"))
    } else if text.starts_with("unknown field") {
        ("unknown", t(locale, "problem-field-unknown"))
    } else if text.starts_with("unknown variant") {
        let choices = choices(text).join(", ");
        let args = [("choices", choices.into())];
        ("invalid", t_args(locale, "problem-field-choice", &args))
    } else if text.starts_with("invalid type") {
        ("invalid_type", t(locale, "problem-field-type"))
    } else {
        ("invalid", t(locale, "problem-field-invalid"))
    };
    FieldError::new(field, code, detail)
}

fn name_of(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// The name that serde put between the first pair of backticks.
fn named(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}

/// What serde says that it expected instead of an unknown variant.
fn choices(text: &str) -> Vec<&str> {
    match text.split_once(", expected ") {
        Some((start, expected)) if start.starts_with("unknown variant") => {
            expected.split('`').skip(1).step_by(2).collect()
        }
        _ => Vec::new(),
    }
}

fn parent<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    let (_, above) = path.split_last()?;
    above.iter().try_fold(value, |value, name| match value {
        Value::Object(members) => members.get_mut(name),
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    })
}

fn put(value: &mut Value, path: &[String], stand_in: Value) -> bool {
    let Some(name) = path.last() else {
        return false;
    };
    match parent(value, path) {
        Some(Value::Object(members)) => {
            members.insert(name.clone(), stand_in);
            true
        }
        Some(Value::Array(items)) => {
            let item = name.parse::<usize>().ok().and_then(|at| items.get_mut(at));
            item.map(|item| *item = stand_in).is_some()
        }
        _ => false,
    }
}

fn remove(value: &mut Value, path: &[String]) {
    if let (Some(Value::Object(members)), Some(name)) = (parent(value, path), path.last()) {
        members.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Method {
        Totp,
        Email,
    }

    #[derive(Debug, Deserialize)]
    struct Place {
        #[serde(rename = "country")]
        _country: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[serde(rename = "token")]
        _token: String,
        #[serde(rename = "method")]
        _method: Method,
        #[serde(rename = "id")]
        _id: uuid::Uuid,
        #[serde(rename = "count")]
        _count: u32,
        #[serde(rename = "place", default)]
        _place: Option<Place>,
        #[serde(rename = "name")]
        _name: String,
    }

    fn codes(text: &str) -> Vec<(String, &'static str)> {
        let value = serde_json::from_str(text).unwrap();
        let mut errors: Vec<_> = errors_of::<Asked>(value, Locale::En)
            .into_iter()
            .map(|error| (error.field, error.code))
            .collect();
        errors.sort();
        errors
    }

    fn expected(list: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        list.iter()
            .map(|(field, code)| ((*field).to_owned(), *code))
            .collect()
    }

    #[test]
    fn every_wrong_field_is_told_once() {
        assert_eq!(
            codes(r#"{"token":1,"method":"sms","id":"x","count":"1","place":{},"more":1}"#),
            expected(&[
                ("count", "invalid_type"),
                ("id", "invalid"),
                ("method", "invalid"),
                ("more", "unknown"),
                ("name", "missing"),
                ("place.country", "missing"),
                ("token", "invalid_type"),
            ])
        );
        assert_eq!(
            codes("{}"),
            expected(&[
                ("count", "missing"),
                ("id", "missing"),
                ("method", "missing"),
                ("name", "missing"),
                ("token", "missing"),
            ])
        );
    }

    #[test]
    fn choices_are_named() {
        let text = r#"{"method":"sms"}"#;
        let value = serde_json::from_str(text).unwrap();
        let errors = errors_of::<Asked>(value, Locale::En);
        let method = errors.iter().find(|error| error.field == "method").unwrap();
        assert_eq!(method.detail, "Choose one of: totp, email.");
    }
}
