//! Members in several languages: `client_name#fr` (RFC 7591, section 2.2; BCP 47 tags).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// The members that may carry a language tag.
const MEMBERS: [&str; 5] = [
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
];

/// The language-tagged members of a client's metadata, by their full name on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Localized(BTreeMap<String, String>);

impl Localized {
    /// The value of `member` for a reader of `language`: the tag itself, then its shorter forms
    /// (RFC 4647, section 3.4). `None` where only the plain member is left.
    pub fn get(&self, member: &str, language: &str) -> Option<&str> {
        let mut range = language;
        loop {
            let found = self
                .iter()
                .find(|(name, tag, _)| *name == member && tag.eq_ignore_ascii_case(range));
            if let Some((_, _, value)) = found {
                return Some(value);
            }
            range = range.rsplit_once('-')?.0;
        }
    }

    /// Member, tag and value of each entry.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().filter_map(|(name, value)| {
            let (member, tag) = split(name)?;
            Some((member, tag, value.as_str()))
        })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Splits `client_name#fr` into member and tag; `None` for anything else.
pub fn split(name: &str) -> Option<(&str, &str)> {
    let (member, tag) = name.split_once('#')?;
    (MEMBERS.contains(&member) && is_language_tag(tag)).then_some((member, tag))
}

/// The shape of a BCP 47 tag: subtags of one to eight letters or digits.
fn is_language_tag(tag: &str) -> bool {
    tag.len() <= 35
        && tag.split('-').all(|subtag| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

impl<'de> Deserialize<'de> for Localized {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = BTreeMap::<String, Value>::deserialize(deserializer)?;
        let localized = members.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) if split(&name).is_some() => Some((name, text)),
            _ => None,
        });
        Ok(Self(localized.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reader_gets_the_closest_tag() {
        let localized: Localized = serde_json::from_value(json!({
            "client_name#fr": "français", "client_name#pt-BR": "brasileiro",
            "redirect_uris#fr": "dropped", "client_name#": "dropped", "client_name#de": 1,
        }))
        .unwrap();
        assert_eq!(localized.len(), 2);
        assert_eq!(localized.get("client_name", "fr"), Some("français"));
        assert_eq!(localized.get("client_name", "FR-ca"), Some("français"));
        assert_eq!(localized.get("client_name", "pt-br"), Some("brasileiro"));
        assert_eq!(localized.get("client_name", "pt"), None);
        assert_eq!(localized.get("logo_uri", "fr"), None);
    }
}
