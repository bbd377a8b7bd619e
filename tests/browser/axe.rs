//! axe-core, run in a page: what it finds keeps somebody from using the page.
//!
//! The library is not part of the repository: npm fetches it into the target directory, once, and
//! refuses it unless it is the one that `axe/package-lock.json` names by version and hash.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use auth_api::foundation::secret::Secret;
use serde_json::{Value, json};

use crate::chromium::Chromium;

/// What says which library it must be.
const PACKAGE: [(&str, &str); 2] = [
    ("package.json", include_str!("axe/package.json")),
    ("package-lock.json", include_str!("axe/package-lock.json")),
];
const SCRIPT: &str = "node_modules/axe-core/axe.min.js";

/// Everything that axe can tell, but for what it must ask a person.
const RUN: &str = r"
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] })
  .then(({ violations }) => done({ violations }), error => done({ error: String(error) }))";

/// A rule that a page breaks.
#[derive(Debug)]
pub struct Violation {
    pub rule: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// What is wrong, where, and where to read about it: for a person.
    pub words: String,
}

impl Chromium {
    /// All that axe finds wrong with the page as it is now.
    pub async fn violations(&self) -> Vec<Violation> {
        // It stays in a page: a second run needs no second copy.
        if self.run("return typeof axe").await == "undefined" {
            self.run(&format!("{}\nreturn true", script())).await;
        }
        let result = self.client.execute_async(RUN, Vec::new()).await.unwrap();
        let violations = result["violations"].as_array();
        let violations = violations.unwrap_or_else(|| panic!("axe did not run: {result}"));
        violations.iter().map(Violation::read).collect()
    }

    /// Fails where axe finds anything: not only what is serious or critical.
    pub async fn check_accessibility(&self) {
        let found = self.violations().await;
        let words: Vec<&str> = found.iter().map(|it| it.words.as_str()).collect();
        let url = self.url().await;
        assert!(
            found.is_empty(),
            "axe finds at {url}:\n{}",
            words.join("\n")
        );
    }
}

impl Violation {
    fn read(it: &Value) -> Self {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        let (rule, impact) = (text("id"), text("impact"));
        let mut words = format!("{impact}: {rule}: {} ({})", text("help"), text("helpUrl"));
        for node in it["nodes"].as_array().into_iter().flatten() {
            let line = |name: &str| node[name].as_str().unwrap_or_default().replace('\n', " ");
            words += "\n    ";
            words += &line("html");
            words += "\n      ";
            words += &line("failureSummary");
        }
        Self {
            rule,
            impact,
            words,
        }
    }
}

/// The library's text, fetched with the first page that is looked at.
fn script() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let installed = target.join("axe-core");
        if !is_current(&installed) {
            fetch(target, &installed);
        }
        std::fs::read_to_string(installed.join(SCRIPT)).unwrap()
    })
}

/// Whether that directory holds what is asked for today.
fn is_current(directory: &Path) -> bool {
    let same = |&(name, text): &(&str, &str)| {
        std::fs::read_to_string(directory.join(name)).is_ok_and(|found| found == text)
    };
    PACKAGE.iter().all(same) && directory.join(SCRIPT).is_file()
}

/// In a directory of its own until it is whole: another run may do the same.
fn fetch(target: &Path, installed: &Path) {
    let fresh: PathBuf = target.join(format!("axe-core-{}", Secret::generate().expose()));
    std::fs::create_dir_all(&fresh).unwrap();
    for (name, text) in PACKAGE {
        std::fs::write(fresh.join(name), text).unwrap();
    }
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&fresh)
        .stdin(Stdio::null())
        .output();
    let output = output.unwrap_or_else(|error| {
        panic!(
            "the browser tests fetch axe-core with npm, which cannot be started ({error}). \
             Debian: apt-get install npm; macOS: brew install node"
        )
    });
    assert!(
        output.status.success(),
        "npm cannot fetch axe-core:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let _ = std::fs::remove_dir_all(installed);
    if std::fs::rename(&fresh, installed).is_err() {
        assert!(is_current(installed), "{} is whole", installed.display());
        let _ = std::fs::remove_dir_all(&fresh);
    }
}

#[tokio::test]
async fn it_finds_what_is_wrong_with_a_broken_page() {
    const BROKEN: &str = "data:text/html,<!doctype html><html lang=en><title>Broken</title>\
        <body style='background:white'><main><h1>Broken</h1><p style='color:silver'>Hard to read</p>\
        <input name=unlabelled><img src='data:,'></main>";
    crate::chromium::browse(crate::chromium::Settings::default(), async |chromium| {
        chromium.open(BROKEN).await;
        let found = chromium.violations().await;
        let grave = |rule: &str| {
            let it = found.iter().find(|it| it.rule == rule);
            let it = it.unwrap_or_else(|| panic!("{rule} is not among {found:#?}"));
            json!([it.impact, it.words.contains("https://")])
        };
        assert_eq!(grave("color-contrast"), json!(["serious", true]));
        assert_eq!(grave("label"), json!(["critical", true]));
        assert_eq!(grave("image-alt"), json!(["critical", true]));
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "critical: label: ")]
async fn a_page_that_cannot_be_used_fails_the_test() {
    crate::chromium::browse(crate::chromium::Settings::default(), async |chromium| {
        let page = "data:text/html,<!doctype html><html lang=en><title>No label</title>\
            <main><h1>No label</h1><input name=unlabelled></main>";
        chromium.open(page).await;
        chromium.check_accessibility().await;
    })
    .await;
}
