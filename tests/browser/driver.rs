//! The WebDriver of this test process: started with the first browser, gone with the process.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Where chromedriver looks by itself on macOS.
const MACOS_APP: &str = "/Applications/Google Chrome.app";

/// A running chromedriver.
pub struct Driver {
    /// Where it listens.
    pub url: String,
    /// The browser, where chromedriver would not find it.
    pub browser: Option<PathBuf>,
    _child: Child,
    /// Closed by the system when this process ends, however it ends: that stops the rest.
    _leash: ChildStdin,
}

/// The driver that all tests share.
pub fn driver() -> &'static Driver {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    DRIVER.get_or_init(start)
}

fn start() -> Driver {
    let browser = BROWSERS.iter().find_map(|name| find(name));
    let driver = find("chromedriver");
    let (true, Some(driver)) = (
        browser.is_some() || Path::new(MACOS_APP).is_dir(),
        driver.as_ref(),
    ) else {
        panic!(
            "the browser tests need Chromium (or Chrome) and chromedriver in PATH. \
             Debian: apt-get install chromium chromium-driver; \
             macOS: brew install --cask google-chrome chromedriver"
        );
    };
    // In a process group of their own, chromedriver and its browsers end together, as soon as the
    // shell reads the end of its input.
    let mut child = Command::new("sh")
        .args(["-c", "\"$@\" & read -r _; kill 0", "sh"])
        .arg(driver)
        .args(["--port=0"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell starts chromedriver");
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let port: u16 = output
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        })
        .expect("chromedriver says its port");
    // Whatever it says later is not to block it.
    std::thread::spawn(move || output.for_each(drop));
    Driver {
        url: format!("http://127.0.0.1:{port}"),
        browser,
        _leash: child.stdin.take().unwrap(),
        _child: child,
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
