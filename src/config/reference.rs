//! The reference page and the example file, made from the declarations.

use std::fmt::Write as _;

use super::SECTIONS;
use super::section::{Spec, variable};

/// `docs/settings.md`.
pub fn settings_reference() -> String {
    let mut page = String::from(
        "# Settings\n\n\
        Made from `src/config/`; a test keeps it true. Settings come from a TOML file \
        (`--config`, or `AUTH_CONFIG`) and, over it, from the environment. An empty variable \
        counts as unset; a list is an array in TOML, and separated by commas in a variable. \
        Durations are whole numbers with a unit: `ms`, `s`, `m`, `h`, `d`, `w`, like `90d` or \
        `1h30m`. A secret can stand in a file instead: set `<key>_file` (or the variable with \
        `_FILE`) to its path, never both. A setting that does not exist is refused.\n",
    );
    for ((name, doc), specs) in SECTIONS {
        let _ = write!(page, "\n## `[{name}]`\n\n{}\n\n", words(doc));
        page.push_str("| key | type | default | variable | meaning |\n|---|---|---|---|---|\n");
        for spec in specs {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | `{}` | {} |",
                spec.key,
                type_of(spec),
                default_of(spec),
                variable(&spec.name()),
                words(spec.doc).replace('|', "\\|"),
            );
        }
    }
    page
}

/// `config.example.toml`: every setting with its default, commented out.
pub fn settings_example() -> String {
    let mut file = String::from(
        "# The settings of auth-api, with their defaults. Made from src/config/; see\n\
         # docs/settings.md. Uncomment what you change.\n",
    );
    for ((name, doc), specs) in SECTIONS {
        let _ = write!(file, "\n# {}\n[{name}]\n", words(doc));
        for spec in specs {
            for line in spec.doc.lines() {
                let _ = writeln!(file, "# {}", line.trim());
            }
            let _ = writeln!(file, "#{} = {}\n", spec.key, toml_value(spec));
        }
        file.truncate(file.trim_end().len());
        file.push('\n');
    }
    file
}

fn words(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn type_of(spec: &Spec) -> String {
    (spec.kind)()
}

fn default_of(spec: &Spec) -> String {
    match (spec.name().as_str(), spec.default) {
        ("server.issuer" | "database.url", _) => "required".to_owned(),
        (_, "") => "none".to_owned(),
        (_, default) => format!("`{default}`"),
    }
}

fn toml_value(spec: &Spec) -> String {
    let kind = type_of(spec);
    if kind.starts_with("list of") {
        let items = spec
            .default
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        return format!(
            "[{}]",
            items
                .map(|item| format!("\"{item}\""))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    match (spec.name().as_str(), kind.as_str()) {
        ("server.issuer", _) => "\"https://auth.example.com\"".to_owned(),
        ("database.url", _) => "\"postgres://auth@localhost/auth\"".to_owned(),
        (_, "whole number" | "true or false") => spec.default.to_owned(),
        _ => format!("\"{}\"", spec.default),
    }
}
