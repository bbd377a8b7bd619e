//! The browser that tests drive: Chromium or Chrome, with its WebDriver; and npm, by which the
//! tests fetch the library that looks for faults of accessibility.

use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::process::{find, output, run, step};

const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
const DRIVER: &str = "chromedriver";

/// A program that the browser tests need.
struct Need {
    /// In words.
    what: &'static str,
    is_there: fn() -> bool,
    /// Debian's packages of it.
    debian: &'static [&'static str],
}

const NEEDS: [Need; 3] = [
    Need {
        what: "Chromium or Chrome in PATH",
        is_there: has_browser,
        debian: &["chromium", "fonts-dejavu-core"],
    },
    Need {
        what: "chromedriver in PATH",
        is_there: || find(&[DRIVER]).is_some(),
        debian: &["chromium-driver"],
    },
    Need {
        what: "npm in PATH",
        is_there: || find(&["npm"]).is_some(),
        debian: &["npm"],
    },
];

/// Makes sure of a browser, its driver and npm; installs Debian's packages where that can be done.
pub fn ensure() -> Outcome {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    if can_install() {
        let packages: Vec<&str> = missing.iter().flat_map(|it| it.debian).copied().collect();
        step(&format!("installing {} (apt-get)", packages.join(" ")));
        let apt = |arguments: &[&str]| {
            run(Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments))
        };
        apt(&["update", "-qq"])?;
        let install = ["install", "-y", "-qq", "--no-install-recommends"];
        apt(&[&install, packages.as_slice()].concat())?;
    }
    let missing: Vec<&str> = self::missing().iter().map(|it| it.what).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(format!("the browser tests need {missing}.\n{}", advice()).into())
}

fn missing() -> Vec<&'static Need> {
    let missing = |it: &&Need| !(it.is_there)();
    NEEDS.iter().filter(missing).collect()
}

fn has_browser() -> bool {
    find(&BROWSERS).is_some() || Path::new("/Applications/Google Chrome.app").is_dir()
}

/// Debian's own packages, as root. Ubuntu's package is a snap, which a container cannot run.
fn can_install() -> bool {
    let debian = std::fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=debian"));
    let root = || output(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0");
    debian && find(&["apt-get"]).is_some() && root()
}

fn advice() -> &'static str {
    if cfg!(target_os = "macos") {
        "Install them: brew install --cask google-chrome chromedriver; brew install node"
    } else if find(&["apt-get"]).is_some() {
        "Install them: sudo apt-get install chromium chromium-driver npm \
         (Ubuntu: sudo apt-get install chromium-browser chromium-chromedriver npm)"
    } else if find(&["dnf"]).is_some() {
        "Install them: sudo dnf install chromium chromedriver npm"
    } else if find(&["pacman"]).is_some() {
        "Install them: sudo pacman -S chromium npm"
    } else {
        "Install Chromium, the chromedriver of the same version and npm with your system's packages."
    }
}
