//! A `User-Agent` in a person's words.

use crate::i18n::{Locale, t, t_args};

/// More telling names first: nearly every browser also claims to be Chrome and Safari.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`; what is not known is left out.
pub fn device(locale: Locale, user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => t_args(
            locale,
            "device",
            &[("browser", browser.into()), ("system", system.into())],
        ),
        (Some(known), None) | (None, Some(known)) => known.to_owned(),
        (None, None) => t(locale, "device-unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                      Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(device(Locale::En, chrome), "Chrome on Windows");
        assert_eq!(
            device(Locale::En, &format!("{chrome} Edg/140.0")),
            "Edge on Windows"
        );
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604.1";
        assert_eq!(device(Locale::Fr, phone), "Safari sur iPhone");
        assert_eq!(device(Locale::En, "curl/8.0"), "Unknown device");
    }
}
