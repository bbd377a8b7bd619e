//! The browser that tests drive: Chromium or Chrome, with its WebDriver.

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

/// Makes sure of a browser and its driver; installs Debian's packages where that can be done.
pub fn ensure() -> Outcome {
    if missing().is_none() {
        return Ok(());
    }
    if can_install() {
        step("installing chromium and chromium-driver (apt-get)");
        let apt = |arguments: &[&str]| {
            run(Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments))
        };
        apt(&["update", "-qq"])?;
        apt(&[
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "chromium",
            "chromium-driver",
            "fonts-dejavu-core",
        ])?;
    }
    match missing() {
        None => Ok(()),
        Some(what) => Err(format!("the browser tests need {what}.\n{}", advice()).into()),
    }
}

fn missing() -> Option<&'static str> {
    let app = Path::new("/Applications/Google Chrome.app");
    let browser = find(&BROWSERS).is_some() || app.is_dir();
    match (browser, find(&[DRIVER]).is_some()) {
        (true, true) => None,
        (true, false) => Some("chromedriver in PATH"),
        (false, true) => Some("Chromium or Chrome in PATH"),
        (false, false) => Some("Chromium (or Chrome) and chromedriver in PATH"),
    }
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
        "Install them: brew install --cask google-chrome chromedriver"
    } else if find(&["apt-get"]).is_some() {
        "Install them: sudo apt-get install chromium chromium-driver \
         (Ubuntu: sudo apt-get install chromium-browser chromium-chromedriver)"
    } else if find(&["dnf"]).is_some() {
        "Install them: sudo dnf install chromium chromedriver"
    } else if find(&["pacman"]).is_some() {
        "Install them: sudo pacman -S chromium"
    } else {
        "Install Chromium and the chromedriver of the same version with your system's packages."
    }
}
