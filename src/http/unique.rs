//! JSON in which no object names a member twice. What such an object means is left open (RFC 8259,
//! section 4): whoever looked at it on the way may have read the other one.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use serde_path_to_error::Segment;

/// Why a text is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("the text is not JSON")]
    Malformed,
    /// With the member's path, like `address.country`.
    #[error("{0} is there twice")]
    Repeated(String),
}

/// Reads a text. Nesting is bounded by the parser (128 levels).
///
/// # Errors
/// See [`JsonError`].
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let Unique(value) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let message = error.inner().to_string();
        match message.split_once(TWICE) {
            Some((name, _)) => JsonError::Repeated(path_of(error.path(), name)),
            None => JsonError::Malformed,
        }
    })?;
    deserializer.end().map_err(|_| JsonError::Malformed)?;
    Ok(value)
}

/// Ends the message that says so; no message of the parser's has it.
const TWICE: &str = "\0twice";

fn path_of(parent: &serde_path_to_error::Path, name: &str) -> String {
    let above = parent.iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    let all: Vec<String> = above.chain([name.to_owned()]).collect();
    all.join(".")
}

struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if read.contains_key(&name) {
                return Err(A::Error::custom(format!("{name}{TWICE}")));
            }
            let Unique(value) = members.next_value()?;
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_serde_json_reads_it() {
        for text in [
            "null",
            " [1, -1, 1.5, 18446744073709551615, 1e300, true, \"\\u00e9\\n\"] ",
            r#"{"a":{"b":[{"c":null},{"c":{}}]},"b":"","":0}"#,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        for text in [
            "",
            "{",
            "{}{}",
            "{}x",
            "1e999",
            "\"\\ud800\"",
            "[1,]",
            &deep,
        ] {
            assert_eq!(
                parse(text.as_bytes()),
                Err(JsonError::Malformed),
                "{text:.20}"
            );
        }
        assert_eq!(parse(b"\"\xff\""), Err(JsonError::Malformed));
    }

    #[test]
    fn a_member_that_is_there_twice_is_named() {
        for (text, path) in [
            (r#"{"a":1,"b":2,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2}"#, "a"),
            (r#"{"keys":[{"x":1},{"n":{"e":1,"e":2}}]}"#, "keys.1.n.e"),
            (r#"[{"":0,"":0}]"#, "0."),
        ] {
            let repeated = JsonError::Repeated(path.to_owned());
            assert_eq!(parse(text.as_bytes()), Err(repeated), "{text}");
        }
    }
}
