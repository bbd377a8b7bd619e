//! The languages of the server: which one a person gets, the texts in it, dates and numbers.
//! The texts stand in `locales/<tag>/*.ftl`; a test finds missing and unused ones.

mod format;
mod negotiate;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

pub use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, langid};
use serde::{Deserialize, Serialize};

pub use format::{date, date_time, duration, number};
pub use negotiate::Preferences;

fluent_templates::static_loader! {
    static TEXTS = {
        locales: "./locales",
        fallback_language: "en",
        // The isolates are for bidirectional text; names of strangers get them where they need
        // them (`pages::text`), and nothing else we insert is right-to-left.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static ENGLISH: LanguageIdentifier = langid!("en");
static FRENCH: LanguageIdentifier = langid!("fr");

/// A language that the server speaks. On the wire: its BCP 47 tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Locale {
    /// Every language, in the order in which a menu shows them.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The BCP 47 tag, as in `lang` attributes, `Content-Language` and `ui_locales_supported`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language's name in itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Fr => "Français",
        }
    }

    /// The language that serves a tag: `fr-CA` and `FR` are served by French. `None` for a language
    /// that we don't speak and for text that is no tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        // OpenID Connect Core 1.0, section 5.1: some write an underscore for the hyphen.
        let language = tag.trim().split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|locale| locale.tag().eq_ignore_ascii_case(language))
    }

    fn identifier(self) -> &'static LanguageIdentifier {
        match self {
            Self::En => &ENGLISH,
            Self::Fr => &FRENCH,
        }
    }
}

/// The text of a key that takes no argument. A message's attribute is `message.attribute`.
pub fn t(locale: Locale, key: &str) -> String {
    t_args(locale, key, &[])
}

/// The text of a key, with its arguments.
pub fn t_args(locale: Locale, key: &str, args: &[(&'static str, FluentValue<'_>)]) -> String {
    let args: HashMap<Cow<'static, str>, FluentValue<'_>> = args
        .iter()
        .map(|(name, value)| (Cow::Borrowed(*name), value.clone()))
        .collect();
    let found = [locale, Locale::En].into_iter().find_map(|locale| {
        TEXTS
            .lookup_single_language(locale.identifier(), key, Some(&args))
            .ok()
    });
    found.unwrap_or_else(|| {
        tracing::error!(key, locale = locale.tag(), "no such text");
        key.to_owned()
    })
}
