//! Every dependency has a licence that `deny.toml` allows. cargo-deny checks the same and more
//! (advisories, sources) where it is installed; this check needs nothing and always runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::process::{cargo, output};
use crate::{Error, Outcome};

/// What `deny.toml` says in its section `[licenses]`.
#[derive(Default)]
struct Rules {
    allowed: BTreeSet<String>,
    /// By crate.
    exceptions: BTreeMap<String, BTreeSet<String>>,
}

/// Crates whose exceptions hold in tests alone.
const IN_TESTS_ONLY: [&str; 2] = ["webauthn-authenticator-rs", "webdriver"];

/// Compares the licence of each dependency with the list: first of what is built for use, then of
/// everything, with the exceptions for tests.
pub fn check() -> Outcome {
    let mut rules = Rules::read(&fs::read_to_string("deny.toml")?)?;
    let with_tests = rules.exceptions.clone();
    let built = |name: &String| !IN_TESTS_ONLY.contains(&name.as_str());
    rules.exceptions.retain(|name, _| built(name));
    refuse(&tree("normal,build")?, &rules)?;
    rules.exceptions = with_tests;
    refuse(&tree("all")?, &rules)
}

/// Lines of `licence|name|version`, as often as cargo comes by the package.
fn tree(edges: &str) -> Result<String, Error> {
    output(
        cargo()
            .args([
                "tree",
                "--locked",
                "--workspace",
                "--target=all",
                "--prefix=none",
            ])
            .args(["--format={l}|{p}", "--edges", edges]),
    )
}

fn refuse(tree: &str, rules: &Rules) -> Outcome {
    let mut refused = BTreeSet::new();
    for line in tree.lines() {
        let Some((licence, package)) = line.trim_end_matches(" (*)").split_once('|') else {
            continue;
        };
        let name = package.split(' ').next().unwrap_or_default();
        let excepted = rules
            .exceptions
            .get(name)
            .is_some_and(|extra| permits(licence, extra));
        if !excepted && !permits(licence, &rules.allowed) {
            refused.insert(format!(
                "{package}: `{licence}` is not allowed by deny.toml"
            ));
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(refused.into_iter().collect::<Vec<_>>().join("\n").into())
}

impl Rules {
    /// Reads the list `allow`, and each exception, which stands on a line of its own.
    fn read(deny: &str) -> Result<Self, Error> {
        let section = deny
            .split_once("[licenses]")
            .ok_or("deny.toml has no [licenses]")?
            .1;
        let mut rules = Self::default();
        for (number, list) in section.split("allow = [").enumerate().skip(1) {
            let licences = quoted(list.split(']').next().unwrap_or_default());
            if number == 1 {
                rules.allowed = licences;
                continue;
            }
            let before = section
                .split("allow = [")
                .nth(number - 1)
                .unwrap_or_default();
            let name = before
                .rsplit_once("crate = ")
                .and_then(|(_, name)| quoted(name).pop_first());
            let name = name.ok_or("deny.toml: an exception names no crate before its licences")?;
            rules.exceptions.insert(name, licences);
        }
        Ok(rules)
    }
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Whether an SPDX expression can be satisfied: `OR` is a choice, `AND` binds closer; the old form
/// `A/B` is a choice too.
fn permits(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let permitted = choice(&mut words, allowed);
    permitted && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn choice(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut permitted = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        permitted |= all(words, allowed);
    }
    permitted
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut permitted = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        permitted &= one(words, allowed);
    }
    permitted
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let permitted = choice(words, allowed);
        return words.next_if_eq(&")").is_some() && permitted;
    }
    let Some(licence) = words.next() else {
        return false;
    };
    // `Apache-2.0 WITH LLVM-exception` only permits more than the licence alone.
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    allowed.contains(licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = quoted("\"MIT\", # why\n  \"ISC\",");
        for good in [
            "MIT",
            "MIT OR GPL-2.0-only",
            "GPL-2.0/MIT",
            "ISC AND (MIT OR GPL-2.0)",
        ] {
            assert!(permits(good, &allowed), "{good}");
        }
        for bad in [
            "",
            "GPL-2.0-only",
            "MIT AND GPL-2.0",
            "(MIT OR ISC) AND GPL-2.0",
            "(MIT",
        ] {
            assert!(!permits(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn an_exception_is_for_its_crate_only() {
        let deny = "[licenses]\nallow = [\"MIT\"]\nexceptions = [\n  \
            { crate = \"webdriver\", allow = [\"MPL-2.0\"] },\n]\n[bans]\n";
        let rules = Rules::read(deny).unwrap();
        assert!(refuse("MIT|a v1.0.0\n\nMPL-2.0|webdriver v0.53.0 (*)\n", &rules).is_ok());
        assert!(refuse("MPL-2.0|webdrive v0.53.0\n", &rules).is_err());
    }
}
