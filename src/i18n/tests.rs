//! The texts against each other and against what uses them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Messages and attributes of a language with their raw text.
fn texts(locale: Locale) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for file in files(&root().join("locales").join(locale.tag()), "ftl") {
        let (mut message, mut entry) = (String::new(), String::new());
        for line in fs::read_to_string(&file).unwrap().lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let value = if let Some(attribute) = line.trim_start().strip_prefix('.') {
                let (name, value) = attribute.split_once(" = ").unwrap();
                entry = format!("{message}.{name}");
                value
            } else if line.starts_with([' ', '}']) {
                line
            } else {
                let (name, value) = line.split_once(" = ").unwrap();
                assert!(
                    !texts.contains_key(name),
                    "{name} stands twice in {}",
                    locale.tag()
                );
                name.clone_into(&mut message);
                entry.clone_from(&message);
                value
            };
            texts
                .entry(entry.clone())
                .or_insert_with(String::new)
                .push_str(value);
        }
    }
    assert!(!texts.is_empty());
    texts
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// Every quoted string of the templates and sources but this file's.
fn quoted() -> BTreeSet<String> {
    let mut all = files(&root().join("templates"), "html");
    all.extend(files(&root().join("templates"), "txt"));
    all.extend(
        files(&root().join("src"), "rs")
            .into_iter()
            .filter(|path| !path.ends_with("i18n/tests.rs")),
    );
    let words: Vec<String> = all
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    words
        .iter()
        .flat_map(|text| text.split('"'))
        .map(str::to_owned)
        .collect()
}

/// The keys that templates and sources ask for in the call itself: `t("…`, `t1("…`,
/// `t_args(locale, "…`.
fn asked() -> BTreeSet<String> {
    let mut all = files(&root().join("templates"), "html");
    all.extend(files(&root().join("src"), "rs"));
    let mut asked = BTreeSet::new();
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        for call in [
            "t(\"",
            "t1(\"",
            "t(locale, \"",
            "t_args(locale, \"",
            "t_args(ctx.locale, \"",
        ] {
            for (at, _) in text.match_indices(call) {
                let before = text[..at].chars().next_back().unwrap_or(' ');
                let key = text[at + call.len()..].split('"').next().unwrap();
                let is_key = key
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || b"-.0123456789".contains(&byte));
                if !before.is_alphanumeric() && before != '_' && is_key {
                    asked.insert(key.to_owned());
                }
            }
        }
    }
    asked.remove("no-such-key");
    asked
}

fn variables(text: &str) -> BTreeSet<&str> {
    let names = text.split('$').skip(1);
    names
        .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap())
        .collect()
}

#[test]
fn languages_have_the_same_texts_with_the_same_variables() {
    let (english, french) = (texts(Locale::En), texts(Locale::Fr));
    let keys = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&english), keys(&french));
    for (key, text) in &english {
        assert_eq!(variables(text), variables(&french[key]), "{key}");
    }
}

#[test]
fn no_text_is_missing() {
    let texts = texts(Locale::En);
    let missing: Vec<_> = asked()
        .into_iter()
        .filter(|key| !texts.contains_key(key))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_text_is_unused() {
    let quoted = quoted();
    let message = |key: &str| key.split('.').next().unwrap().to_owned();
    let unused: Vec<_> = texts(Locale::En)
        .into_keys()
        .filter(|key| !quoted.contains(&message(key)))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_text_can_be_formatted() {
    for locale in Locale::ALL {
        for (key, text) in texts(locale) {
            let names = [
                "all", "api", "app", "brand", "browser", "choices", "date", "email", "ip", "label",
                "list", "method", "role", "system", "text", "time", "title", "wait", "why",
            ];
            let mut args: Vec<(&'static str, FluentValue<'_>)> = names
                .iter()
                .map(|name| (*name, FluentValue::from("x")))
                .collect();
            args.push(("n", 2.into()));
            let formatted = t_args(locale, &key, &args);
            assert_ne!(formatted, key, "{}: {text}", locale.tag());
            assert!(!formatted.contains('{'), "{key}: {formatted}");
        }
    }
}

#[test]
fn typography_is_that_of_the_language() {
    for locale in Locale::ALL {
        for (key, text) in texts(locale) {
            assert!(!text.contains('\''), "{key}: a typewriter apostrophe");
            if locale == Locale::Fr {
                let prose = text.replace("{ $n ->", "");
                let chars: Vec<char> = prose.chars().collect();
                for pair in chars.windows(2) {
                    let glued = matches!(pair[0], '\u{a0}' | '\u{202f}');
                    assert!(!";:!?»".contains(pair[1]) || glued, "{key}: {text}");
                    assert!(
                        pair[0] != '«' || matches!(pair[1], '\u{a0}' | '\u{202f}'),
                        "{key}"
                    );
                }
                let tutoie = text
                    .to_lowercase()
                    .split(|c: char| !c.is_alphabetic())
                    .any(|word| ["tu", "toi", "ton", "ta", "tes"].contains(&word));
                assert!(!tutoie, "{key}: {text}");
            }
        }
    }
}

#[test]
fn a_missing_text_shows_its_key() {
    assert_eq!(t(Locale::Fr, "no-such-key"), "no-such-key");
}

#[test]
fn locales_are_their_tags_on_the_wire() {
    assert_eq!(
        serde_json::to_string(&Locale::ALL).unwrap(),
        r#"["en","fr"]"#
    );
    assert_eq!(
        serde_json::from_str::<Locale>("\"fr\"").unwrap(),
        Locale::Fr
    );
    assert_eq!(Locale::from_tag("FR-ca"), Some(Locale::Fr));
    assert_eq!(Locale::from_tag("frr"), None);
}
