//! The documentation says what is: links lead somewhere, and the README's map knows every URL.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders without documentation of ours.
const SKIPPED: &[&str] = &["target", "node_modules", ".git", ".dev"];

/// How paths of this repository begin.
const ROOTS: &[&str] = &[
    "src/",
    "tests/it",
    "tests/browser",
    "crates/",
    "docs/",
    "migrations/",
    "deploy/",
];

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            if let Err(why) = check(&page, &link) {
                broken.push(format!("{}: {link}: {why}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn paths_in_the_text_exist() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for path in paths(&text) {
            if !Path::new(&path).exists() {
                wrong.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_every_route_and_an_existing_file() {
    let mut served = routes(&fs::read_to_string("src/routes.rs").unwrap());
    for file in fs::read_dir("src/routes").unwrap() {
        let file = file.unwrap().path();
        // The JSON API is nested below this path.
        let is_call = |route: &str| file.ends_with("api.rs") || route.starts_with("/me/");
        for route in routes(&fs::read_to_string(&file).unwrap()) {
            let nested = if is_call(&route) { "/api/auth" } else { "" };
            served.push(format!("{nested}{route}"));
        }
    }
    assert!(served.len() > 80, "{served:?}");
    let map = map(&fs::read_to_string("docs/urls.md").unwrap());
    for route in &served {
        assert!(map.contains_key(route), "docs/urls.md does not map {route}");
    }
    for (route, files) in &map {
        assert!(
            served.contains(route),
            "docs/urls.md maps {route}, which is no route"
        );
        assert!(!files.is_empty(), "docs/urls.md names no file for {route}");
        for file in files {
            let path = Path::new(file);
            assert!(path.is_file(), "docs/urls.md maps {route} to {file}");
        }
    }
}

#[test]
fn the_readme_names_the_two_commands() {
    for readme in ["README.md", "README.fr.md"] {
        let text = fs::read_to_string(readme).unwrap();
        for command in [
            "cargo run -- dev",
            "cargo xtask test",
            "docker compose up --build",
        ] {
            assert!(text.contains(command), "{readme} lacks {command}");
        }
    }
}

#[test]
fn the_checks_see_what_they_must() {
    let text = "[a](b.md#c) ![d](e.png) `[no](x)`\n```\n[no](y)\n```\n[f](<g h.md> \"t\")";
    assert_eq!(links(text), ["b.md#c", "e.png", "g h.md"]);
    let heading = "## `POST /token`: what *it* does, é\n```\n# no\n```\n## Twice\n## Twice";
    assert_eq!(
        anchors(heading),
        ["post-token-what-it-does-é", "twice", "twice-1"]
    );
    let source = ".route(\n  \"/a/{id}\",\n get(x)).route(\"/b\", y).route(&metadata, z)";
    assert_eq!(routes(source), ["/a/{id}", "/b"]);
    let row = "| `GET` `POST /a` | x | [`src/a.rs`](src/a.rs) |\n| `/b` | `src/b.rs`, `src/c.rs` |";
    let map = map(row);
    assert_eq!(map["/a"], ["src/a.rs"]);
    assert_eq!(map["/b"], ["src/b.rs", "src/c.rs"]);
    let text = "`src/a.rs` and `cargo run`\n```\n`src/b.rs`\n```\n`docs/<x>.md` `tests/it/c.rs`";
    assert_eq!(paths(text), ["src/a.rs", "tests/it/c.rs"]);
    assert!(check(Path::new("README.md"), "no-such-file.md").is_err());
    assert!(check(Path::new("README.md"), "#no-such-heading").is_err());
}

/// Every Markdown file of the repository.
fn pages() -> Vec<PathBuf> {
    // Cargo runs a package's tests in the package's directory.
    let mut pages = Vec::new();
    let mut folders = vec![PathBuf::from(".")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    folders.push(entry.path());
                }
            } else if is_a(&entry.path(), "md") {
                pages.push(entry.path());
            }
        }
    }
    pages.sort();
    pages
}

fn check(page: &Path, link: &str) -> Result<(), &'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() {
        page.to_owned()
    } else {
        page.parent().unwrap().join(file)
    };
    if !target.exists() {
        return Err("there is no such file");
    }
    if anchor.is_empty() || !is_a(&target, "md") {
        return Ok(());
    }
    let text = fs::read_to_string(target).unwrap();
    if anchors(&text).iter().any(|known| known == anchor) {
        Ok(())
    } else {
        Err("there is no such heading")
    }
}

fn is_a(path: &Path, kind: &str) -> bool {
    path.extension().is_some_and(|extension| extension == kind)
}

/// The text without code blocks and inline code.
fn prose(text: &str) -> String {
    let mut code = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            // Outside of backticks: every other piece. A link's text may be code, its target not.
            let pieces = line.split('`').enumerate();
            prose.extend(pieces.map(|(at, piece)| if at % 2 == 0 { piece } else { "" }));
            prose.push('\n');
        }
    }
    prose
}

/// What stands in backticks, outside of code blocks.
fn inline_code(text: &str) -> Vec<String> {
    let mut code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            let pieces = line.split('`').enumerate();
            let inside = pieces.filter(|(at, _)| at % 2 == 1);
            found.extend(inside.map(|(_, piece)| piece.to_owned()));
        }
    }
    found
}

/// The paths of this repository, from its root, that a text names in backticks.
fn paths(text: &str) -> Vec<String> {
    let ours = |text: &String| {
        ROOTS.iter().any(|root| text.starts_with(root)) && !text.contains([' ', '*', '<', '{', '…'])
    };
    inline_code(text).into_iter().filter(ours).collect()
}

/// The targets of `[text](target)` and `![text](target "title")`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut links = Vec::new();
    for (at, _) in prose.match_indices("](") {
        let rest = &prose[at + 2..];
        let end = rest.find([')', '\n']).unwrap_or(rest.len());
        let target = rest[..end].split(" \"").next().unwrap().trim();
        links.push(target.trim_matches(['<', '>']).to_owned());
    }
    links
}

/// The anchors that a forge makes of headings.
fn anchors(text: &str) -> Vec<String> {
    let mut code = false;
    let mut anchors: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        let Some((marks, title)) = line.split_once(' ') else {
            continue;
        };
        if code || marks.is_empty() || !marks.bytes().all(|byte| byte == b'#') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let slug: String = title.trim().to_lowercase().chars().filter(kept).collect();
        let slug = slug.replace(' ', "-");
        let same = |known: &&String| {
            let number = known.strip_prefix(&slug).map(|rest| rest.strip_prefix('-'));
            **known == slug
                || number
                    .flatten()
                    .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match anchors.iter().filter(same).count() {
            0 => anchors.push(slug),
            more => anchors.push(format!("{slug}-{more}")),
        }
    }
    anchors
}

/// The paths of the `.route("…"` calls.
fn routes(source: &str) -> Vec<String> {
    source
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"'))
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

/// The rows of tables whose first cell has paths in backticks: path to the files in the other
/// cells.
fn map(readme: &str) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in readme.lines().filter(|line| line.starts_with('|')) {
        let Some((first, others)) = line[1..].split_once('|') else {
            continue;
        };
        let code = |cell: &str| -> Vec<String> {
            let pieces = cell.split('`').enumerate();
            pieces
                .filter(|(at, _)| at % 2 == 1)
                .map(|(_, piece)| piece.to_owned())
                .collect()
        };
        let paths: Vec<String> = code(first)
            .iter()
            .filter_map(|text| text.split(' ').find(|word| word.starts_with('/')))
            .map(str::to_owned)
            .collect();
        let files: Vec<String> = code(others)
            .into_iter()
            .filter(|text| text.starts_with("src/") && is_a(Path::new(text), "rs"))
            .collect();
        for path in paths {
            map.entry(path).or_default().extend(files.clone());
        }
    }
    map
}
