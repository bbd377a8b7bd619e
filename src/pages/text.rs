//! Text and addresses that strangers chose (a client's name, a link in its metadata), made fit to
//! be shown. HTML escaping is the templates' work; this is about what escaping leaves through.

use unicode_normalization::char::is_combining_mark;
use url::Url;

const MAX_NAME_CHARS: usize = 80;
const MAX_PATH_BYTES: usize = 2048;
/// More marks than any writing system puts on a letter: the text would run over its neighbours.
const MAX_MARKS: usize = 3;

/// A name on one line, without characters that hide, reorder or pile up: a client may not call
/// itself something that reads as another. A right-to-left name is isolated from the words around.
pub fn display_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut marks = 0;
    for char in name.chars() {
        let char = if char.is_whitespace() { ' ' } else { char };
        marks = if is_combining_mark(char) {
            marks + 1
        } else {
            0
        };
        let spare = char == ' ' && (out.is_empty() || out.ends_with(' '));
        if !spare && !is_invisible(char) && marks <= MAX_MARKS {
            out.push(char);
        }
    }
    let out = out.trim_end();
    let mut short: String = out.chars().take(MAX_NAME_CHARS).collect();
    if short.len() < out.len() {
        short.push('…');
    }
    if short.chars().any(is_right_to_left) {
        format!("\u{2068}{short}\u{2069}")
    } else {
        short
    }
}

/// Controls, direction overrides, zero-width characters, blank letters, tags. The joiners U+200C
/// and U+200D stay: Persian and Indic words, and many emoji, are written with them.
fn is_invisible(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_right_to_left(char: char) -> bool {
    matches!(char, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// A link that may stand in a page: absolute, `https` or `http`, without user information.
/// Anything else, `javascript:` above all, is `None`.
pub fn web_link(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let web = matches!(url.scheme(), "https" | "http");
    let plain = url.username().is_empty() && url.password().is_none();
    (web && plain).then(|| url.to_string())
}

/// A path of this server with its query, that no browser reads as another host's address: it
/// starts with exactly one slash and holds neither backslash, blank, control nor fragment.
pub fn local_path(path: &str) -> Option<&str> {
    let mut bytes = path.bytes();
    let rooted = bytes.next() == Some(b'/') && bytes.next() != Some(b'/');
    let clean = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\\#\"<>".contains(&byte));
    (rooted && clean && path.len() <= MAX_PATH_BYTES).then_some(path)
}

/// What a Content-Security-Policy must name so that a form may lead to `uri`: its scheme. Not its
/// origin, for Chromium holds every redirect that follows a form's post against `form-action`, and a
/// client's redirect URI may lead on to another origin: the person would be left on a page where
/// nothing happens. `None` for what is no address, or a scheme that runs script.
pub fn form_action_source(uri: &str) -> Option<String> {
    harmless(uri).map(|url| format!("{}:", url.scheme()))
}

/// What a Content-Security-Policy must name so that a page may frame `uri`: its origin, or its
/// scheme alone for one that has none.
///
/// The grammar of host sources has no IPv6 address, and matches no IPv4 one but 127.0.0.1 (CSP
/// Level 3, section 6.7.2.9): those too are named by their scheme.
pub(super) fn frame_source(uri: &str) -> Option<String> {
    let url = harmless(uri)?;
    let scheme = format!("{}:", url.scheme());
    if !matches!(url.scheme(), "https" | "http") {
        return Some(scheme);
    }
    let source = match url.host()? {
        url::Host::Ipv6(_) => scheme,
        url::Host::Ipv4(address) if address != std::net::Ipv4Addr::LOCALHOST => scheme,
        _ => url.origin().ascii_serialization(),
    };
    // A host may hold characters that end a directive: a policy is not to be written by a client.
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b":/.-_+".contains(&byte);
    source.bytes().all(safe).then_some(source)
}

/// An absolute address whose scheme runs no script and reads no file.
fn harmless(uri: &str) -> Option<Url> {
    let url = Url::parse(uri).ok()?;
    let bad = ["javascript", "data", "blob", "about", "file", "vbscript"];
    (!bad.contains(&url.scheme())).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_hides_or_reorders() {
        assert_eq!(
            display_name("Good \u{202e}knab\u{202c} App"),
            "Good knab App"
        );
        assert_eq!(
            display_name("  Pay\u{200b}Pal\u{feff}\r\n\tApp \u{2066} "),
            "PayPal App"
        );
        assert_eq!(
            display_name("a\u{301}\u{301}\u{301}\u{301}\u{301}b"),
            "a\u{301}\u{301}\u{301}b"
        );
        assert_eq!(display_name("\u{e0041}\u{e0042}\u{3164}"), "");
        assert_eq!(display_name(&"x".repeat(200)).chars().count(), 81);
        assert_eq!(display_name("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(display_name("👩\u{200d}💻 Café"), "👩\u{200d}💻 Café");
    }

    #[test]
    fn links_are_web_links() {
        assert_eq!(
            web_link("https://a.example/tos").as_deref(),
            Some("https://a.example/tos")
        );
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/tos",
            "https://u:p@a.example/",
            "",
        ] {
            assert_eq!(web_link(bad), None, "{bad}");
        }
    }

    #[test]
    fn local_paths_stay_here() {
        for good in [
            "/",
            "/login?c=1&x=%2F%2F",
            "/a//b",
            "/?return=https://e.example",
        ] {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "login",
            "//evil.example",
            "/\\evil.example",
            "/a\\b",
            "https://evil.example",
            "/\t/evil.example",
            "/ x",
            "/a#b",
            "/\u{e9}",
            "\\\\evil.example",
            "/a\r\nX: y",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
        assert_eq!(local_path(&format!("/{}", "a".repeat(2048))), None);
    }

    #[test]
    fn form_action_names_the_scheme() {
        let source = |uri| form_action_source(uri);
        assert_eq!(source("https://App.example/cb").as_deref(), Some("https:"));
        assert_eq!(source("http://localhost:8080/").as_deref(), Some("http:"));
        assert_eq!(
            source("com.example.app:/cb").as_deref(),
            Some("com.example.app:")
        );
        assert_eq!(source("javascript:alert(1)"), None);
        assert_eq!(source("'unsafe-inline'"), None);
    }

    #[test]
    fn frames_are_named_by_origin_or_scheme() {
        let source = |uri| frame_source(uri);
        assert_eq!(
            source("https://App.example/cb?x=1").as_deref(),
            Some("https://app.example")
        );
        assert_eq!(
            source("http://localhost:8080/cb").as_deref(),
            Some("http://localhost:8080")
        );
        assert_eq!(
            source("http://127.0.0.1:4567/").as_deref(),
            Some("http://127.0.0.1:4567")
        );
        assert_eq!(source("http://[::1]:4567/cb").as_deref(), Some("http:"));
        assert_eq!(source("http://10.0.0.1/cb").as_deref(), Some("http:"));
        assert_eq!(
            source("com.example.app:/cb").as_deref(),
            Some("com.example.app:")
        );
        assert_eq!(source("https://a;script-src *.example/"), None);
        assert_eq!(source("javascript:alert(1)"), None);
        assert_eq!(source("'unsafe-inline'"), None);
    }
}
