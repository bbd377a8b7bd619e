//! Checks of the files themselves: nothing that should not be committed, nothing missing.

use std::env;
use std::fs;
use std::path::Path;

use crate::{Error, Outcome, sources};

/// Without these the repository is not whole.
const REQUIRED: [&str; 10] = [
    ".ci/run",
    "Cargo.lock",
    "Dockerfile",
    "LICENSE",
    "README.fr.md",
    "README.md",
    "deny.toml",
    "docker-compose.yml",
    "docs/auth-api.md",
    "docs/openapi.json",
];

/// Beginnings of secrets, and of paths that are of one machine. Each is put together so that this
/// file does not hold it.
const FORBIDDEN: [(&str, &str); 8] = [
    (concat!("-----BEGIN ", "PRIVATE KEY"), "a private key"),
    (concat!("-----BEGIN RSA ", "PRIVATE KEY"), "a private key"),
    (concat!("-----BEGIN EC ", "PRIVATE KEY"), "a private key"),
    (
        concat!("-----BEGIN ENCRYPTED ", "PRIVATE KEY"),
        "a private key",
    ),
    (
        concat!("-----BEGIN OPENSSH ", "PRIVATE KEY"),
        "a private key",
    ),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/Us", "ers/"), "a path of one machine"),
];

/// Files that may hold one of these, each with its reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// Reads every tracked file.
pub fn check() -> Outcome {
    let mut problems = Vec::new();
    for name in REQUIRED {
        if !Path::new(name).is_file() {
            problems.push(format!("{name} is missing"));
        }
    }
    migrations(&mut problems)?;
    mails(&mut problems)?;
    contents(&mut problems)?;
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

/// `0001_name.sql`, `0002_name.sql`, …: no gap and no number twice, or two branches that were
/// merged would apply in another order than either was tested in.
fn migrations(problems: &mut Vec<String>) -> Result<(), Error> {
    for (number, path) in (1..).zip(sources::migrations(Path::new("migrations"))?) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(&format!("{number:04}_")) {
            problems.push(format!("migrations/{name}: number {number:04} is due here"));
        }
    }
    Ok(())
}

/// Every mail is whole: a subject, a text and the same as HTML.
fn mails(problems: &mut Vec<String>) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir("templates/emails") else {
        return Ok(());
    };
    for entry in entries {
        let mail = entry?.path();
        if !mail.is_dir() {
            continue;
        }
        for part in ["subject.txt", "body.txt", "body.html"] {
            if !mail.join(part).is_file() {
                problems.push(format!("{} is missing", mail.join(part).display()));
            }
        }
    }
    Ok(())
}

fn contents(problems: &mut Vec<String>) -> Result<(), Error> {
    let here = format!("{}/", env::current_dir()?.display());
    for path in sources::tracked_and_new(".")? {
        let name = path.to_string_lossy();
        if EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
            continue;
        }
        // Pictures and other binary files hold no text.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(what) = forbidden(line, &here) {
                problems.push(format!("{name}:{number}: {what}"));
            }
        }
    }
    Ok(())
}

fn forbidden(line: &str, here: &str) -> Option<&'static str> {
    if line.contains(here) {
        return Some("a path of one machine");
    }
    FORBIDDEN
        .iter()
        .find_map(|(text, what)| line.contains(text).then_some(*what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_machine_paths_are_seen() {
        let key = format!("-----BEGIN {}-----", "PRIVATE KEY");
        assert_eq!(forbidden(&key, "/a/b/"), Some("a private key"));
        assert_eq!(
            forbidden("see /a/b/c.rs", "/a/b/"),
            Some("a path of one machine")
        );
        assert_eq!(forbidden("-----BEGIN PUBLIC KEY-----", "/a/b/"), None);
    }
}
