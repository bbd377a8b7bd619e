//! `[branding]`: what the hosted pages look like.

use std::path::PathBuf;

use super::Checks;
use super::section::section;
use super::value::choice;

choice! {
    /// A language that the pages and mails are written in.
    pub enum Locale {
        /// French.
        Fr = "fr",
        /// English.
        En = "en",
    }
}

section! {
    /// What the hosted pages look like.
    pub struct Branding in "branding" {
        /// The name above the forms and in mails.
        name: String = "Booking Platform",
        /// The logo's file (SVG, PNG or WebP); none if unset.
        logo: Option<PathBuf> = "",
        /// The colour of buttons and links on a light page, as `#rrggbb`.
        accent: String = "#1d4ed8",
        /// The same on a dark page.
        accent_dark: String = "#93b4ff",
        /// How round corners are, as a CSS length in px or rem.
        radius: String = "8px",
        /// The language for those whose browser asks for none that we have.
        default_locale: Locale = "fr",
    }
}

impl Branding {
    /// The values go into a style sheet as they are, so their grammar is checked here.
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        if self.name.trim().is_empty() || self.name.chars().any(char::is_control) {
            checks.fail("branding.name", "must be a name on one line");
        }
        for (setting, colour) in [
            ("branding.accent", &self.accent),
            ("branding.accent_dark", &self.accent_dark),
        ] {
            if !is_colour(colour) {
                checks.fail(setting, format!("`{colour}` is not a colour like #1d4ed8"));
            }
        }
        if !is_length(&self.radius) {
            let message = format!("`{}` is not a length like 8px or 0.5rem", self.radius);
            checks.fail("branding.radius", message);
        }
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_length(text: &str) -> bool {
    let number = text.strip_suffix("px").or_else(|| text.strip_suffix("rem"));
    number.is_some_and(|number| {
        number.starts_with(|c: char| c.is_ascii_digit())
            && number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
            && number.parse::<f32>().is_ok()
    })
}
