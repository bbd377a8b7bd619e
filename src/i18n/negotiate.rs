//! Which language a request gets.

use super::Locale;

/// A browser sends a handful of languages; more is noise or an attack.
const MAX_RANGES: usize = 32;
const MAX_LENGTH: usize = 1024;

/// What is known of a person's language, all of it optional, none of it trusted: unknown and
/// malformed tags are passed over and never fail (OpenID Connect Core 1.0, section 3.1.2.1).
#[derive(Clone, Copy, Debug, Default)]
pub struct Preferences<'a> {
    /// The person's own choice in the footer, kept in a cookie. It stands above `ui_locales`, or
    /// the switch would do nothing on a request whose client sent one.
    pub chosen: Option<&'a str>,
    /// The `ui_locales` parameter: tags separated by spaces, most wanted first.
    pub ui_locales: Option<&'a str>,
    /// The `locale` claim of the person, once it is known who they are.
    pub user: Option<&'a str>,
    /// The `Accept-Language` header.
    pub accept_language: Option<&'a str>,
}

impl Preferences<'_> {
    /// The first preference that names a language we speak, else `default`.
    pub fn negotiate(&self, default: Locale) -> Locale {
        self.chosen
            .and_then(Locale::from_tag)
            .or_else(|| self.ui_locales.and_then(from_tags))
            .or_else(|| self.user.and_then(Locale::from_tag))
            .or_else(|| {
                self.accept_language
                    .and_then(|header| from_header(header, default))
            })
            .unwrap_or(default)
    }
}

fn from_tags(tags: &str) -> Option<Locale> {
    tags.split(' ').take(MAX_RANGES).find_map(Locale::from_tag)
}

/// RFC 9110, section 12.5.4: ranges with weights; among equal weights the first wins.
fn from_header(header: &str, default: Locale) -> Option<Locale> {
    let mut refused = Vec::new();
    let mut best: Option<(u16, Locale)> = None;
    let mut wildcard: Option<u16> = None;
    for range in header
        .get(..header.len().min(MAX_LENGTH))?
        .split(',')
        .take(MAX_RANGES)
    {
        let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
        let Some(weight) = quality(weight) else {
            continue;
        };
        if tag.trim() == "*" {
            wildcard = wildcard.max((weight > 0).then_some(weight));
        } else if let Some(locale) = Locale::from_tag(tag) {
            if weight == 0 {
                refused.push(locale);
            } else if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, locale));
            }
        }
    }
    let any_other = || {
        [default]
            .into_iter()
            .chain(Locale::ALL)
            .find(|locale| !refused.contains(locale))
    };
    match (best, wildcard) {
        (Some((weight, _)), Some(any)) if any > weight => any_other(),
        (Some((_, locale)), _) => Some(locale),
        (None, Some(_)) => any_other(),
        (None, None) => None,
    }
}

/// The weight in thousandths: 1000 when there is none, `None` when it is malformed.
fn quality(parameter: &str) -> Option<u16> {
    let parameter = parameter.trim();
    if parameter.is_empty() {
        return Some(1000);
    }
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> Locale {
        Preferences {
            accept_language: Some(value),
            ..Preferences::default()
        }
        .negotiate(Locale::En)
    }

    #[test]
    fn the_nearest_preference_wins() {
        let all = Preferences {
            chosen: Some("fr"),
            ui_locales: Some("en"),
            user: Some("en"),
            accept_language: Some("en"),
        };
        assert_eq!(all.negotiate(Locale::En), Locale::Fr);
        let client = Preferences {
            chosen: None,
            ui_locales: Some("xx fr-CA en"),
            ..all
        };
        assert_eq!(client.negotiate(Locale::En), Locale::Fr);
        let user = Preferences {
            ui_locales: Some("xx"),
            user: Some("fr_FR"),
            ..client
        };
        assert_eq!(user.negotiate(Locale::En), Locale::Fr);
        let browser = Preferences {
            user: Some("xx"),
            accept_language: Some("fr"),
            ..user
        };
        assert_eq!(browser.negotiate(Locale::En), Locale::Fr);
        assert_eq!(Preferences::default().negotiate(Locale::Fr), Locale::Fr);
    }

    #[test]
    fn unknown_tags_never_fail() {
        for odd in ["", " ", "tlh", "\u{0}", "fr\u{e9}", "*", "français"] {
            let preferences = Preferences {
                chosen: Some(odd),
                ui_locales: Some(odd),
                user: Some(odd),
                accept_language: Some(odd),
            };
            assert_eq!(preferences.negotiate(Locale::En), Locale::En, "{odd}");
        }
    }

    #[test]
    fn header_weights_count() {
        assert_eq!(header("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5"), Locale::Fr);
        assert_eq!(header("en;q=0.5,fr;q=0.7"), Locale::Fr);
        assert_eq!(header("de, fr;q=0.001"), Locale::Fr);
        assert_eq!(header("fr;q=0, de"), Locale::En);
        assert_eq!(header("en;q=0, *"), Locale::Fr);
        assert_eq!(header("fr;q=0.2, *;q=0.9"), Locale::En);
        assert_eq!(header("fr;q=2, fr;q=0.1234, fr;q=x"), Locale::En);
        assert_eq!(header("en ; q=0.3 , FR ; Q=1.0"), Locale::Fr);
    }

    #[test]
    fn the_header_is_bounded() {
        assert_eq!(header(&format!("{}fr", "de,".repeat(40))), Locale::En);
        assert_eq!(header(&format!("{},fr", "x".repeat(5000))), Locale::En);
        assert_eq!(header(&"é".repeat(2000)), Locale::En);
    }
}
