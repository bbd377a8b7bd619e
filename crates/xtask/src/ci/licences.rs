//! Every dependency has a licence that `deny.toml` allows. cargo-deny checks the same and more
//! (advisories, sources) where it is installed; this check needs nothing and always runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::process::{cargo, output};
use crate::{Error, Outcome};

/// Compares the licence of each dependency with the list.
pub fn check() -> Outcome {
    let allowed = allowed(&fs::read_to_string("deny.toml")?)?;
    let tree = output(cargo().args([
        "tree",
        "--locked",
        "--workspace",
        "--edges=all",
        "--target=all",
        "--prefix=none",
        "--format={l}|{p}",
    ]))?;
    // cargo shows a package once in full and then with a mark.
    let packages: BTreeMap<&str, &str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter_map(|line| line.split_once('|'))
        .map(|(licence, package)| (package, licence))
        .collect();
    let refused: Vec<String> = packages
        .iter()
        .filter(|(_, licence)| !permits(licence, &allowed))
        .map(|(package, licence)| format!("{package}: `{licence}` is not allowed by deny.toml"))
        .collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(refused.join("\n").into())
    }
}

/// The list `allow` of the section `[licenses]`.
fn allowed(deny: &str) -> Result<BTreeSet<String>, Error> {
    let list = deny
        .split_once("[licenses]")
        .and_then(|(_, section)| section.split_once("allow = ["))
        .and_then(|(_, list)| list.split_once(']'))
        .ok_or("deny.toml has no list `allow` in [licenses]")?
        .0;
    Ok(list
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect())
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
        let allowed = allowed("[licenses]\nallow = [\n  \"MIT\", # why\n  \"ISC\",\n]").unwrap();
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
}
