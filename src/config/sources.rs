//! The layers that a configuration is merged from: development values, the file, the environment.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use config::{Environment, File, FileFormat, Value, ValueKind};

use super::errors::ConfigErrors;
use super::section::{Entry, Spec, label, variable};
use super::value::Raw;

pub(super) type Layer = BTreeMap<String, Entry>;

/// Values that are fixed in the program, as `section.key` and text.
pub(super) fn fixed(values: &[(&str, &str)]) -> Layer {
    let entry = |text: &str| Entry {
        raw: Raw::One(text.to_owned()),
        variable: None,
    };
    values
        .iter()
        .map(|(name, text)| ((*name).to_owned(), entry(text)))
        .collect()
}

/// The settings of a TOML file.
pub(super) fn file(path: &Path, errors: &mut ConfigErrors) -> Layer {
    let shown = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            errors.push(shown, format!("cannot be read: {error}"));
            return Layer::new();
        }
    };
    let source = File::from_str(&text, FileFormat::Toml);
    match config::Config::builder().add_source(source).build() {
        Ok(tree) => flatten(tree.cache, errors),
        Err(error) => {
            errors.push(shown, without_source_lines(&error.to_string()));
            Layer::new()
        }
    }
}

/// A syntax error quotes the line it is about, which may hold a secret: keep place and reason.
fn without_source_lines(message: &str) -> String {
    let lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let kept: Vec<_> = lines.filter(|line| !line.contains('|')).collect();
    kept.join(": ")
}

/// The settings of the environment: `AUTH_<SECTION>__<KEY>`, and `DATABASE_URL` as the usual name
/// of `database.url`. An empty variable counts as unset, as compose files write it.
pub(super) fn environment(
    variables: impl IntoIterator<Item = (String, String)>,
    specs: &[Spec],
    errors: &mut ConfigErrors,
) -> Layer {
    let mut ours = HashMap::new();
    let mut database_url = None;
    for (name, value) in variables {
        if name == "DATABASE_URL" && !value.is_empty() {
            database_url = Some(value);
        } else if name.starts_with("AUTH_") && name.contains("__") {
            ours.insert(name, value);
        } else if let Some(spec) = specs
            .iter()
            .find(|s| variable(&s.name()).replace("__", "_") == name)
        {
            // Other single-underscore names are not ours: Kubernetes makes AUTH_PORT and the like
            // for a service that is called `auth`.
            let right = variable(&spec.name());
            errors.push(
                &name,
                format!("write {right}, with two underscores after the section"),
            );
        }
    }
    let names: BTreeMap<_, _> = ours
        .keys()
        .filter_map(|name| {
            let key = name
                .to_lowercase()
                .strip_prefix("auth_")?
                .replace("__", ".");
            Some((key, name.clone()))
        })
        .collect();
    let source = Environment::with_prefix("AUTH")
        .prefix_separator("_")
        .separator("__")
        .ignore_empty(true)
        .source(Some(ours));
    let mut layer = match config::Config::builder().add_source(source).build() {
        Ok(tree) => flatten(tree.cache, errors),
        Err(error) => {
            errors.push("environment", error.to_string());
            Layer::new()
        }
    };
    for (name, entry) in &mut layer {
        entry.variable = Some(names.get(name).cloned().unwrap_or_else(|| variable(name)));
    }
    if let Some(url) = database_url
        && !layer.contains_key("database.url")
        && !layer.contains_key("database.url_file")
    {
        let entry = Entry {
            raw: Raw::One(url),
            variable: Some("DATABASE_URL".to_owned()),
        };
        layer.insert("database.url".to_owned(), entry);
    }
    layer
}

/// Lays `upper` over `lower`. A secret's two forms replace each other: the upper layer's value is
/// not in conflict with the lower layer's file.
pub(super) fn merge(lower: &mut Layer, upper: Layer, specs: &[Spec]) {
    for spec in specs.iter().filter(|spec| spec.secret) {
        let (value, file) = (spec.name(), spec.file_name());
        if upper.contains_key(&value) {
            lower.remove(&file);
        }
        if upper.contains_key(&file) {
            lower.remove(&value);
        }
    }
    lower.extend(upper);
}

fn flatten(root: Value, errors: &mut ConfigErrors) -> Layer {
    let mut layer = Layer::new();
    let mut stack = vec![(String::new(), root)];
    while let Some((name, value)) = stack.pop() {
        match value.kind {
            ValueKind::Table(table) => stack.extend(table.into_iter().map(|(key, value)| {
                let name = if name.is_empty() {
                    key
                } else {
                    format!("{name}.{key}")
                };
                (name, value)
            })),
            ValueKind::Nil => {}
            ValueKind::Array(items) => {
                match items
                    .into_iter()
                    .map(Value::into_string)
                    .collect::<Result<Vec<_>, _>>()
                {
                    Ok(items) => insert(&mut layer, name, Raw::Many(items)),
                    Err(_) => errors.push(name, "is not a list of plain values"),
                }
            }
            _ => match value.into_string() {
                Ok(text) => insert(&mut layer, name, Raw::One(text)),
                Err(_) => errors.push(name, "is not a plain value"),
            },
        }
    }
    layer
}

fn insert(layer: &mut Layer, name: String, raw: Raw) {
    layer.insert(
        name,
        Entry {
            raw,
            variable: None,
        },
    );
}

/// Notes every setting that does not exist, with the one that was probably meant.
pub(super) fn refuse_unknown(values: &Layer, specs: &[Spec], errors: &mut ConfigErrors) {
    let mut known: Vec<String> = Vec::new();
    for spec in specs {
        known.push(spec.name());
        if spec.secret {
            known.push(spec.file_name());
        }
    }
    for (name, entry) in values {
        if known.contains(name) {
            continue;
        }
        let message = match nearest(name, &known) {
            Some(near) => format!("there is no such setting; did you mean {near}?"),
            None => "there is no such setting".to_owned(),
        };
        errors.push(label(name, entry), message);
    }
}

fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let same_key = |candidate: &&String| candidate.rsplit('.').next() == name.rsplit('.').next();
    let close = known
        .iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .min();
    match close {
        Some((steps, candidate)) if steps <= 3 => Some(candidate),
        _ => known.iter().find(same_key).map(String::as_str),
    }
}

/// The number of single-character edits between two names (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        if let Some(first) = row.first_mut() {
            *first = last;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(right.bytes()) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *cell;
            last = substituted.min(*cell + 1).min(last + 1);
            *cell = last;
        }
    }
    row.last().copied().unwrap_or(0)
}
