//! The shape of `src/`: imports run downwards only, files stay readable.
#![allow(clippy::unwrap_used, reason = "all of it is a test, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src/`, the highest first. A module imports from the layers below its own, and
/// from its own layer as long as no circle comes of it.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    // Two ways in: a request and a due job.
    &["routes", "jobs"],
    &["ops", "oauth", "account", "admin"],
    // `app` is what handlers share; it holds the caches of clients and keys.
    &["authn", "app", "clients"],
    &["users"],
    &["keys", "mail", "audit"],
    &["pages", "i18n"],
    &["http", "config", "foundation"],
];

/// Pairs of one layer that must not know each other at all.
const STRANGERS: &[(&str, &str)] = &[("routes", "jobs")];

/// The most lines of a file.
const LONGEST: usize = 400;
/// Longer files, each with the reason why it is not cut.
const LONGER: &[(&str, &str)] = &[];

#[test]
fn imports_run_downwards_only() {
    let mut wrong = Vec::new();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let Some(module) = module_of(&path) else {
            continue;
        };
        let Some(from) = layer(&module) else {
            wrong.push(format!("{module}: has no layer in LAYERS"));
            continue;
        };
        for target in imports(&code(&text), depth(&path)) {
            let Some(to) = layer(&target).filter(|_| target != module) else {
                continue;
            };
            let strangers = STRANGERS
                .iter()
                .any(|pair| *pair == (&module, &target) || *pair == (&target, &module));
            if to < from || strangers {
                wrong.push(format!("{}: imports {target}", path.display()));
            }
            graph.entry(module.clone()).or_default().insert(target);
        }
    }
    for module in graph.keys() {
        if let Some(circle) = circle(&graph, module) {
            wrong.push(format!("a circle: {}", circle.join(" → ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_can_be_read_in_one_go() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        let name = path.to_string_lossy().replace('\\', "/");
        let listed = LONGER.iter().any(|(file, _)| *file == name);
        if lines > LONGEST && !listed {
            wrong.push(format!(
                "{name}: {lines} lines, {LONGEST} at most: cut it in two"
            ));
        }
        if lines <= LONGEST && listed {
            wrong.push(format!("{name}: is short enough now: take it off the list"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_what_it_must() {
    let text = "use crate::{foundation::{clock::Clock}, keys, http::page as p};\n\
        fn a() { crate::oauth::run(); let s = \"crate::admin::x\"; } // crate::cli::y\n\
        /* crate::jobs */ use super::super::users::model;";
    let found = imports(&code(text), 2);
    let expected = ["foundation", "http", "keys", "oauth", "users"];
    assert_eq!(
        found.iter().map(String::as_str).collect::<Vec<_>>(),
        expected
    );

    let edge = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    let graph = BTreeMap::from([
        edge("a", "b"),
        edge("b", "c"),
        edge("c", "a"),
        edge("d", "a"),
    ]);
    assert_eq!(circle(&graph, "a").unwrap().join(""), "abca");
    assert_eq!(circle(&graph, "d"), None);
}

/// Every file of `src/`, by its path in the repository.
fn sources() -> Vec<(PathBuf, String)> {
    // Cargo runs a package's tests in the package's directory.
    let mut files = Vec::new();
    let mut directories = vec![PathBuf::from("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}

/// The module of the first level that a file belongs to; none for the two roots.
fn module_of(path: &Path) -> Option<String> {
    let first = path
        .components()
        .nth(1)
        .unwrap()
        .as_os_str()
        .to_string_lossy();
    let module = first.trim_end_matches(".rs");
    (!matches!(module, "lib" | "main")).then(|| module.to_owned())
}

/// How many `super` lead from a file to the root of the crate.
fn depth(path: &Path) -> usize {
    let names = path.components().count() - 1;
    if path.ends_with("mod.rs") {
        names - 1
    } else {
        names
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The source without comments and the contents of strings.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest).filter(|_| !ends_in_name(&code)) {
            length
        } else if c == '"' {
            string(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest.chars().skip(1).position(|c| c == '\'').unwrap() + 2
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

fn ends_in_name(code: &str) -> bool {
    code.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let quoted = after.trim_start_matches('#');
    let hashes = after.len() - quoted.len();
    let contents = quoted.strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = contents
        .find(&closing)
        .map_or(contents.len(), |end| end + closing.len());
    Some(text.len() - contents.len() + end)
}

/// The modules of the first level that a source names after `crate::`, or after `depth` times
/// `super::`.
fn imports(code: &str, depth: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let to_root = "super::".repeat(depth);
    for root in ["crate::", "auth_api::", to_root.as_str()] {
        for (at, _) in code.match_indices(root) {
            if !ends_in_name(&code[..at]) {
                found.extend(first_names(&code[at + root.len()..]));
            }
        }
    }
    found
}

/// `a::b` gives `a`; `{a::b, c::{d, e}}` gives `a` and `c`.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else {
        return name(path).into_iter().collect();
    };
    let mut names = Vec::new();
    let (mut level, mut first) = (0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => break,
            '}' => level -= 1,
            ',' if level == 0 => first = true,
            _ if first && !c.is_whitespace() => {
                names.extend(name(&group[at..]));
                first = false;
            }
            _ => {}
        }
    }
    names
}

fn name(path: &str) -> Option<String> {
    let end = path
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(path.len());
    (end > 0).then(|| path[..end].to_owned())
}

/// A way from a module back to itself.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>, start: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start.to_owned()]];
    while let Some(way) = ways.pop() {
        for next in graph.get(way.last()?).into_iter().flatten() {
            let longer = [way.as_slice(), std::slice::from_ref(next)].concat();
            if next == start {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                ways.push(longer);
            }
        }
    }
    None
}
